"""What one does with selected people: a question that says what will happen, then the act.

The question is a page of its own, or with htmx a dialog over the list; the answer is a plain POST.
"""

from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods
from django_htmx.http import HttpResponseClientRedirect

from learners.people.actions import bulk, invitations
from learners.people.actions.invitations import GUARD, Resent
from learners.people.actions.memberships import Removed
from learners.people.forms.managing import (
    InvitationRemovalForm,
    LinkForm,
    ListForm,
    RemovalForm,
    ResendForm,
    SelectionForm,
)
from learners.people.models import Membership
from learners.people.queries import selections
from learners.people.queries.selections import Selection
from learners.people.views.managing import list_url
from orgs.access import Access, org_view
from orgs.errors import ActionError
from orgs.permissions import Permission
from programs.models import Program
from programs.pages import program_context

State = Membership.State
METHODS = ["GET", "HEAD", "POST"]
ANSWER = "answer"


@org_view(Permission.LEARNERS_REMOVE, program=True)
@require_http_methods(METHODS)
def membership_remove(request: HttpRequest, access: Access, program: Program) -> HttpResponse:
    """Ask whether to remove the selected members or invitations, then do it."""
    selection = _selection(request, program, State.MEMBER, State.INVITED)
    is_member = selection.state == State.MEMBER
    form = (RemovalForm if is_member else InvitationRemovalForm)(_answer(request), initial=_hidden(selection))
    if form.is_bound and form.is_valid():
        allow_return = form.cleaned_data.get("allow_return", False)
        done = bulk.remove(selection=selection, allow_return=allow_return, by=access.user)
        if isinstance(done, Removed):
            _say_removed(request, done)
            return redirect(list_url(access, program, selection.which))
        return redirect("membership_removal", access.organization.slug, program.slug, done.pk)
    outlook = selections.outlook(selection)
    if not outlook.people:
        return _nobody(request, access, selection)
    more = {"outlook": outlook, "is_member": is_member}
    return _ask(request, access, selection, "membership_remove", form, more)


@org_view(Permission.LEARNERS_INVITE, program=True)
@require_http_methods(METHODS)
def invitation_resend(request: HttpRequest, access: Access, program: Program) -> HttpResponse:
    """Ask whether to send the selected invitees their mail again, then do it."""
    selection = _selection(request, program, State.INVITED)
    outlook = selections.outlook(selection)
    recent = selections.mailed_since(selection.rows(), GUARD).count()
    form = ResendForm(_answer(request), people=outlook.people, recent=recent, initial=_hidden(selection))
    if form.is_bound and form.is_valid():
        try:
            done = bulk.resend(selection=selection, spare_recent=form.spares_recent, by=access.user)
        except ActionError as refusal:
            messages.error(request, refusal.text)
            return redirect(list_url(access, program, selection.which))
        if isinstance(done, Resent):
            _say_resent(request, done)
            return redirect(list_url(access, program, selection.which))
        return redirect("resend_progress", access.organization.slug, program.slug, done.pk)
    if not outlook.people:
        return _nobody(request, access, selection)
    more = {"outlook": outlook, "recent": recent}
    return _ask(request, access, selection, "invitation_resend", form, more)


@org_view(Permission.LEARNERS_INVITE, program=True)
@require_http_methods(METHODS)
def invitation_link(request: HttpRequest, access: Access, program: Program) -> HttpResponse:
    """Ask whether to make the link of one invitation void and give it a new one, then do it."""
    selection = _selection(request, program, State.INVITED)
    outlook = selections.outlook(selection)
    if outlook.people != 1:
        return _nobody(request, access, selection)
    form = LinkForm(_answer(request), initial=_hidden(selection))
    if form.is_bound and form.is_valid():
        membership, mail = outlook.first[0], form.cleaned_data["mail"]
        try:
            invitations.replace_link(membership=membership, mail=mail, by=access.user)
        except ActionError as refusal:
            messages.error(request, refusal.text)
        else:
            _say_replaced(request, membership.person.name, mail=mail)
        return redirect(list_url(access, program, selection.which))
    return _ask(request, access, selection, "invitation_link", form, {"outlook": outlook})


def _selection(request: HttpRequest, program: Program, *states: str) -> Selection:
    """What is selected; nobody when the list shows people in another state than the act is for."""
    which = ListForm(request.GET).which
    if which.status.state not in states:
        return Selection(program, which, ())
    return SelectionForm(request.POST if request.method == "POST" else request.GET).selection(program, which)


def _answer(request: HttpRequest) -> Any:
    """What was answered; None while the question is still to be asked."""
    return request.POST if ANSWER in request.POST else None


def _hidden(selection: Selection) -> dict[str, object]:
    return {"ids": selection.ids or (), "all_matching": "1" if selection.ids is None else ""}


def _ask(
    request: HttpRequest, access: Access, selection: Selection, name: str, form: Form, more: dict[str, Any]
) -> HttpResponse:
    context = program_context(access, selection.program, tab="manage_learners") | more
    context |= {
        "form": form,
        "answer": ANSWER,
        "in_background": more["outlook"].people > bulk.AT_ONCE,
        "list_url": list_url(access, selection.program, selection.which),
    }
    template = f"learners/{name}.html" + ("#dialog" if request.htmx else "")  # type: ignore[attr-defined]
    return render(request, template, context, status=422 if form.errors else 200)


def _nobody(request: HttpRequest, access: Access, selection: Selection) -> HttpResponse:
    messages.warning(
        request,
        _("Nobody was selected, or those who were are no longer in this list. Select people and try again."),
    )
    url = list_url(access, selection.program, selection.which)
    return HttpResponseClientRedirect(url) if request.htmx else redirect(url)  # type: ignore[attr-defined]


def _say_removed(request: HttpRequest, done: Removed) -> None:
    if done.members:
        gone = ngettext(
            "%(n)s learner was removed and gets a mail.",
            "%(n)s learners were removed, each gets a mail.",
            done.members,
        )
        free = ngettext("%(n)s licence is free again.", "%(n)s licences are free again.", done.seats)
        messages.success(request, f"{_counted(gone, done.members)} {_counted(free, done.seats)}")
    if done.invitations:
        text = ngettext(
            "%(n)s invitation was removed. Its link no longer works.",
            "%(n)s invitations were removed. Their links no longer work.",
            done.invitations,
        )
        messages.success(request, _counted(text, done.invitations))
    if done.left_alone:
        text = ngettext(
            "%(n)s person was left alone, having left this list in the meantime.",
            "%(n)s people were left alone, having left this list in the meantime.",
            done.left_alone,
        )
        messages.warning(request, _counted(text, done.left_alone))


def _say_resent(request: HttpRequest, done: Resent) -> None:
    if done.queued:
        text = ngettext(
            "%(n)s invitation is sent again, with the same link.",
            "%(n)s invitations are sent again, with the same links.",
            done.queued,
        )
        messages.success(request, _counted(text, done.queued))
    if done.left_out:
        text = ngettext("%(n)s person was left out.", "%(n)s people were left out.", done.left_out)
        why = _(
            "That is so when a mail is still on its way or went out within 24 hours, the contract has ended, "
            "or the person is no longer invited."
        )
        messages.warning(request, f"{_counted(text, done.left_out)} {why}")


def _say_replaced(request: HttpRequest, name: str, *, mail: bool) -> None:
    text = _("The link of %(name)s is replaced. The former one no longer works.") % {"name": name}
    messages.success(request, f"{text} {_('The new one is on its way.')}" if mail else text)


def _counted(text: str, number: int) -> str:
    return text % {"n": f"{number:,}"}
