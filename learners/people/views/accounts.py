"""The pages of one's own account: settings, connecting another account, deleting it."""

from allauth.account import views as library
from allauth.account.adapter import get_adapter
from allauth.account.utils import get_next_redirect_url, perform_login
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from learners.people.actions import accounts as actions
from learners.people.forms.accounts import AddEmailForm
from learners.people.forms.settings import ConnectForm, EraseForm, MailForm, NameForm, RemoveAddressForm
from learners.people.queries import accounts as queries
from learners.people.views.joining import signed_in
from orgs.access import public_view
from orgs.errors import ActionError
from orgs.models import User


@public_view("One's own account")
@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def account_settings(request: HttpRequest) -> HttpResponse:
    """Name, addresses, password, mails, and the ways to connect another account and to delete this one."""
    user = signed_in(request)
    step = request.POST.get("step")
    names = NameForm(request.POST if step == "name" else None, initial={"name": user.name})
    wanted = {"course": user.wants_course_mail, "program": user.wants_program_mail}
    mails = MailForm(request.POST if step == "mail" else None, initial=wanted)
    if names.is_bound and names.is_valid() and _renamed(request, user, names):
        return redirect("account_settings")
    if mails.is_bound and mails.is_valid():
        actions.choose_mail(user=user, by=user, **mails.cleaned_data)
        messages.success(request, _("Your choice of mails is saved."))
        return redirect("account_settings")
    addresses = [(row, RemoveAddressForm(address=row.email)) for row in queries.addresses(user)]
    context = {"name_form": names, "mail_form": mails, "addresses": addresses}
    context |= {"add_form": AddEmailForm(user=user), **_brand(user)}
    context |= {"learner_nav": [{"label": _("My programs"), "url": reverse("my_programs")}]}
    return render(request, "learners/account_settings.html", context)


@public_view("One's own addresses")
@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def account_email(request: HttpRequest) -> HttpResponse:
    """The account library acts on the addresses; they are shown among the other settings."""
    if request.method != "POST":
        return redirect(f"{reverse('account_settings')}#addresses")
    return library.email(request)


@public_view("One's own account")
@login_required
@sensitive_post_parameters("password", "own_password")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def account_connect(request: HttpRequest) -> HttpResponse:
    """Connect another account, proven by its password; one goes on in the account that stays."""
    user, back = signed_in(request), get_next_redirect_url(request) or reverse("account_settings")
    posted = request.POST if request.method == "POST" else None
    form = ConnectForm(posted, initial={"email": request.GET.get("email", "")})
    other = _proven(request, user, form) if form.is_bound and form.is_valid() else None
    if other is not None:
        try:
            kept = actions.connect(one=user, other=other, by=user)
        except ActionError as error:
            form.add_error(None, error.text)
        else:
            return _go_on(request, user, kept, back)
    context = {"form": form, "back": back, **_brand(user)}
    return render(request, "learners/account_connect.html", context)


@public_view("One's own account")
@login_required
@sensitive_post_parameters("password")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def account_delete(request: HttpRequest) -> HttpResponse:
    """Say what is lost and what is kept; delete the account when address and password are given."""
    user = signed_in(request)
    form = EraseForm(request.POST if request.method == "POST" else None, address=user.email)
    if form.is_bound and form.is_valid() and _is_own(user, form, "password"):
        try:
            actions.erase(user=user, by=user)
        except ActionError as error:
            form.add_error(None, error.text)
        else:
            logout(request)
            messages.success(request, _("Your account is deleted."))
            return redirect("account_login")
    context = {"form": form, "parting": queries.parting(user), **_brand(user)}
    return render(request, "learners/account_delete.html", context)


def _brand(user: User) -> dict[str, object]:
    """The one organization of the account; with none the page wears what its way back says."""
    organization = queries.brand(user)
    return {"organization": organization} if organization else {}


def _renamed(request: HttpRequest, user: User, form: NameForm) -> bool:
    try:
        actions.rename(user=user, by=user, **form.cleaned_data)
    except ActionError as error:
        form.add_error(error.field, error.text)
        return False
    messages.success(request, _("Your name is saved."))
    return True


def _proven(request: HttpRequest, user: User, form: Form) -> User | None:
    """The other account, when both passwords are right; wrong ones are counted like those of signing in."""
    if not _is_own(user, form, "own_password"):
        return None
    given = {name: form.cleaned_data[name] for name in ("email", "password")}
    try:
        other = get_adapter().authenticate(request, **given)
        if not isinstance(other, User):
            raise get_adapter().validation_error("email_password_mismatch")
    except ValidationError as error:
        form.add_error("password", error)
        return None
    return other


def _is_own(user: User, form: Form, field: str) -> bool:
    """Whether the field holds the password of this account; says so on the form when it does not."""
    try:
        if get_adapter().reauthenticate(user, form.cleaned_data[field]):
            return True
        raise ValidationError(_("That is not the password of this account."))
    except ValidationError as error:
        form.add_error(field, error)
    return False


def _go_on(request: HttpRequest, user: User, kept: User, back: str) -> HttpResponse:
    if kept != user:
        perform_login(request, kept)
    text = _("Your accounts are one now. You are signed in as %(email)s, with the password of that account.")
    messages.success(request, text % {"email": kept.email})
    return redirect(back)
