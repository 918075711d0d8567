"""The page behind the link of an invitation. Looking at it changes nothing: mail scanners follow links."""

from collections.abc import Callable

from allauth.account.adapter import get_adapter
from allauth.account.utils import perform_login
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from config.lib import tokens
from learners.people.actions import joining as actions
from learners.people.forms.joining import NewAccountForm, PasswordForm, SignInForm
from learners.people.models import TurnedAway
from learners.people.queries import joining as queries
from learners.people.queries.joining import Caller, Link, LinkState, Offer
from orgs.access import public_view
from orgs.errors import ActionError
from orgs.models import User
from programs.models import Program


@public_view("The link of an invitation: its signed token says for whom it is")
@sensitive_post_parameters("password")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Say what the invitation is worth to this visitor; a POST takes the step that the page offers."""
    link = queries.link(token)
    if link is None:
        return render(
            request, "learners/join_unknown.html", {"genuine": tokens.read("invitation", token)}, status=404
        )
    if request.method != "POST":
        return _page(request, token, link)
    caller, step = STEPS.get(request.POST.get("step", ""), (None, None))
    if (
        step is None
        or link.state != LinkState.OPEN
        or caller not in (None, queries.caller(link, request.user))
    ):
        return redirect("invitation", token)
    return step(request, token, link)


def signed_in(request: HttpRequest) -> User:
    """The account of a request that is known to have one."""
    assert isinstance(request.user, User)
    return request.user


def arrived(
    request: HttpRequest, program: Program, result: actions.JoinResult, back: HttpResponse
) -> HttpResponse:
    """Lead someone who is in to the program, anyone else back to the page that says why not."""
    if not result.is_in:
        return back
    if result.outcome == actions.Outcome.JOINED:
        messages.success(request, _("You are a member of %(program)s now.") % {"program": program})
    return redirect(program)


def closed_page(request: HttpRequest, offer: Offer, reason: TurnedAway.Reason) -> HttpResponse:
    """Why nobody can join at the moment, and a way to let the administrators know that one wanted to."""
    program = offer.program
    context = {
        "organization": program.organization,
        "program": program,
        "contract": offer.contract,
        "reason": reason,
        "asked": queries.turned_away(program, offer.email),
    }
    with timezone.override(program.organization.zone):
        return render(request, "learners/join_closed.html", context)


def _create(request: HttpRequest, token: str, link: Link) -> HttpResponse:
    form = NewAccountForm(request.POST, email=link.person.email)
    if not form.is_valid():
        return _page(request, token, link, form)
    try:
        user, result = actions.accept_as_new(link=link, by=None, **form.cleaned_data)
    except ActionError:
        # Someone was faster, a double click perhaps; the page says how things stand.
        return redirect("invitation", token)
    perform_login(request, user)
    return arrived(request, link.program, result, redirect("invitation", token))


def _sign_in(request: HttpRequest, token: str, link: Link) -> HttpResponse:
    form = PasswordForm(request.POST)
    if not form.is_valid():
        return _page(request, token, link, form)
    owner = queries.account_of(link.person)
    email = (owner or link.person).email
    try:
        user = get_adapter().authenticate(request, email=email, password=form.cleaned_data["password"])
        if user is None or user != owner:
            raise ValidationError(_("That is not the password of this account."))
    except ValidationError as error:
        form.add_error("password", error)
        return _page(request, token, link, form)
    response = perform_login(request, user, redirect_url=request.path)
    return _join(request, token, link) if request.user == user else response


def _connect_existing(request: HttpRequest, token: str, link: Link) -> HttpResponse:
    """The link proves the invited address, the password the account it is added to."""
    form = SignInForm(request.POST)
    if not form.is_valid():
        return _page(request, token, link, form)
    try:
        user = get_adapter().authenticate(request, **form.cleaned_data)
        if user is None:
            raise get_adapter().validation_error("email_password_mismatch")
    except ValidationError as error:
        form.add_error("password", error)
        return _page(request, token, link, form)
    response = perform_login(request, user, redirect_url=request.path)
    return _join(request, token, link, actions.connect) if request.user == user else response


def _join(
    request: HttpRequest,
    token: str,
    link: Link,
    act: Callable[..., actions.JoinResult] = actions.accept,
) -> HttpResponse:
    try:
        result = act(link=link, user=signed_in(request), by=signed_in(request))
    except ActionError as error:
        messages.error(request, error.text)
        return redirect("invitation", token)
    return arrived(request, link.program, result, redirect("invitation", token))


def _connect(request: HttpRequest, token: str, link: Link) -> HttpResponse:
    form = PasswordForm(request.POST)
    if not form.is_valid():
        return _page(request, token, link, form)
    try:
        if not get_adapter().reauthenticate(request.user, form.cleaned_data["password"]):
            raise ValidationError(_("That is not the password of this account."))
    except ValidationError as error:
        form.add_error("password", error)
        return _page(request, token, link, form)
    return _join(request, token, link, actions.connect)


def _ask(request: HttpRequest, token: str, link: Link) -> HttpResponse:
    by = signed_in(request) if request.user.is_authenticated else None
    actions.ask_for_seat(offer=Offer.of(link.membership), by=by)
    return redirect("invitation", token)


STEPS: dict[str, tuple[Caller | None, Callable[[HttpRequest, str, Link], HttpResponse]]] = {
    "create": (Caller.NEW, _create),
    "connect_existing": (Caller.NEW, _connect_existing),
    "sign_in": (Caller.OWNER_AWAY, _sign_in),
    "join": (Caller.OWNER, _join),
    "connect": (Caller.OTHER, _connect),
    "ask": (None, _ask),
}


def _page(request: HttpRequest, token: str, link: Link, form: Form | None = None) -> HttpResponse:
    program = link.program
    context: dict[str, object] = {
        "organization": program.organization,
        "program": program,
        "person": link.person,
        "form": form,
        "here": request.path,
        "state": link.state,
    }
    with timezone.override(program.organization.zone):
        if link.state != LinkState.OPEN:
            used = link.state == LinkState.USED
            is_in = used and link.person.user is not None and link.person.user == request.user
            template = "learners/join_used.html" if used else "learners/join_void.html"
            return render(request, template, context | {"is_in": is_in}, status=200 if used else 410)
        if closed := queries.why_closed(link.membership.contract):
            return closed_page(request, Offer.of(link.membership), closed)
        return render(request, *_open_page(request, link, context))


def _open_page(request: HttpRequest, link: Link, context: dict[str, object]) -> tuple[str, dict[str, object]]:
    """The template of an open invitation for this visitor, and its context."""
    caller = queries.caller(link, request.user)
    if caller == Caller.NEW and request.GET.get("with") == "account":
        return "learners/join_connect.html", context | {"form": context["form"] or SignInForm()}
    if caller == Caller.NEW:
        form = NewAccountForm(email=link.person.email, initial={"name": link.person.name})
        return "learners/join_new.html", context | {"form": context["form"] or form}
    context = context | {"form": context["form"] or PasswordForm()}
    if caller == Caller.OWNER_AWAY:
        return "learners/join_sign_in.html", context
    if caller == Caller.OWNER:
        return "learners/join_confirm.html", context
    conflict = queries.conflict(link.person, signed_in(request))
    return "learners/join_other.html", context | {"refusal": actions.REFUSALS[conflict] if conflict else ""}
