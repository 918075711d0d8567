"""The invitation message: a program's own, and the default of the organization."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from learners.people import emails, wording
from learners.people.actions import invitation_messages
from learners.people.forms.wording import WordingForm
from orgs import mailing
from orgs.access import Access, org_view
from orgs.errors import ActionError
from orgs.models import Organization
from orgs.pages import settings_context
from orgs.permissions import Permission
from programs import queries as offers
from programs.models import Program
from programs.pages import program_context

METHODS = ["GET", "HEAD", "POST"]


@org_view(Permission.LEARNERS_INVITE, program=True)
@require_http_methods(METHODS)
def invitation_message(request: HttpRequest, access: Access, program: Program) -> HttpResponse:
    """The words of this program's invitations; until it has its own, those of the organization hold."""
    form = _form(request, program)
    if _is_done(request, access, program, program, form):
        return redirect("invitation_message", access.organization.slug, program.slug)
    context = program_context(access, program, tab="") | _shown(request, access, program, program, form)
    return render(request, "learners/invitation_message.html", context)


@org_view(Permission.SETTINGS_EDIT)
@require_http_methods(METHODS)
def invitation_default(request: HttpRequest, access: Access) -> HttpResponse:
    """The words of every program of the organization that has none of its own."""
    organization = access.organization
    program = offers.programs(organization).first() or emails.unnamed_program(organization)
    form = _form(request, organization)
    if _is_done(request, access, organization, program, form):
        return redirect("invitation_default", organization.slug)
    context = settings_context(access, tab="invitation_default")
    return render(
        request,
        "learners/invitation_default.html",
        context | _shown(request, access, organization, program, form),
    )


def _form(request: HttpRequest, place: Organization | Program) -> WordingForm:
    words = wording.own(place) or wording.inherited(place)
    initial = {"subject": words.subject, "message": words.message}
    return WordingForm(request.POST if request.method == "POST" else None, initial=initial)


def _is_done(
    request: HttpRequest,
    access: Access,
    place: Organization | Program,
    program: Program,
    form: WordingForm,
) -> bool:
    """Do what the pressed button says. False when the page is shown again: to look at, to mend, or to go on
    with what was typed."""
    go = request.POST.get("go", "save")
    if request.method != "POST" or go == "preview":
        return False
    if go == "reset":
        invitation_messages.reset(place=place, by=access.user)
        messages.success(request, _("The message is reset."))
        return True
    if not form.is_valid():
        return False
    try:
        return _act(request, access, place, program, form.cleaned_data, is_test=go == "test")
    except ActionError as refusal:
        form.add_error(refusal.field, refusal.text)
        return False


def _act(
    request: HttpRequest,
    access: Access,
    place: Organization | Program,
    program: Program,
    given: dict[str, str],
    *,
    is_test: bool,
) -> bool:
    if is_test:
        invitation_messages.send_test(program=program, by=access.user, **given)
        messages.success(request, _("A test is on its way to %(email)s.") % {"email": access.user.email})
        return False
    if invitation_messages.save(place=place, by=access.user, **given):
        messages.success(request, _("The message is saved. Invitations say this from the next mail on."))
    else:
        messages.info(request, _("Nothing was changed."))
    return True


def _shown(
    request: HttpRequest,
    access: Access,
    place: Organization | Program,
    program: Program,
    form: WordingForm,
) -> dict[str, object]:
    words, user = form.words, access.user
    return {
        "program": program,
        "form": form,
        "own": wording.own(place),
        "above": wording.own(access.organization),
        "sender": mailing.sender(access.organization),
        "address": user.email,
        "draft": words and emails.invitation_draft(program, name=user.name, address=user.email, words=words),
    }
