"""Manage learners: the people of one program as a list, and what one may do with those selected."""

from dataclasses import dataclass

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from config.lib import keyset
from config.templatetags.ui import icon
from learners.people.forms.managing import ListForm
from learners.people.models import Membership, MembershipJob
from learners.people.queries import members, membership_jobs
from learners.people.queries.members import Filter
from learners.people.views import cells
from orgs.access import Access, org_view
from orgs.permissions import Permission
from programs.models import Program
from programs.pages import program_context

State = Membership.State


@dataclass(frozen=True)
class Act:
    """Something one may do with one row or, where `many` names it, with those selected; a page or a dialog
    asks first.
    """

    one: str | Promise
    many: str | Promise
    icon: SafeString
    url: str
    is_danger: bool = False


@org_view(Permission.LEARNERS_VIEW, program=True)
@require_safe
def manage_learners(request: HttpRequest, access: Access, program: Program) -> HttpResponse:
    """One page of the people with one status, searched and sorted as the address says."""
    asked = ListForm(request.GET)
    page = members.page(
        program,
        which=asked.which,
        sort=asked.said("sort"),
        page=asked.said("page"),
        size=asked.rows,
        exact=asked.counts_all,
        query=request.GET,
    )
    context = program_context(access, program, tab="manage_learners") | {
        "page": page,
        "lines": cells.lines(page),
        "program_members": None if page.members.capped else page.members.value,
        "sizes": keyset.SIZES,
        "jobs": membership_jobs.recent(program),
        "acts": acts(access, program, asked.which),
        "all_url": list_url(access, program, Filter(asked.which.status)),
        "may_invite": access.may(Permission.LEARNERS_INVITE, program.pk) and program.is_active,
    }
    return render(request, "learners/manage_learners.html", context)


@org_view(Permission.LEARNERS_VIEW, program=True)
@require_safe
def membership_removal(request: HttpRequest, access: Access, program: Program, removal: int) -> HttpResponse:
    """How far the removal of many has come; asked again each second while it runs."""
    return _progress(request, access, program, membership_jobs.removal(program, removal))


@org_view(Permission.LEARNERS_VIEW, program=True)
@require_safe
def resend_progress(request: HttpRequest, access: Access, program: Program, resend: int) -> HttpResponse:
    """The same for invitations that are sent again."""
    return _progress(request, access, program, membership_jobs.resend(program, resend))


def acts(access: Access, program: Program, which: Filter) -> list[Act]:
    """What this person may do with people of the list's status: their state decides what makes sense."""
    found = []
    if which.status.state == State.INVITED and access.may(Permission.LEARNERS_INVITE, program.pk):
        url = _url("invitation_resend", access, program, which)
        found.append(Act(_("Resend invitation"), _("Resend invitations"), icon("refresh"), url))
        url = _url("invitation_link", access, program, which)
        found.append(Act(_("Replace link"), "", icon("link"), url))
    if which.status.state != State.REMOVED and access.may(Permission.LEARNERS_REMOVE, program.pk):
        url = _url("membership_remove", access, program, which)
        member = which.status.state == State.MEMBER
        one, many = (
            (_("Remove learner"), _("Remove learners"))
            if member
            else (_("Remove invitation"), _("Remove invitations"))
        )
        found.append(Act(one, many, icon("userminus"), url, is_danger=True))
    return found


def list_url(access: Access, program: Program, which: Filter) -> str:
    """The list with this filter, its first page."""
    return _url("manage_learners", access, program, which)


def _url(name: str, access: Access, program: Program, which: Filter) -> str:
    query = {"status": which.status.key} | ({"q": which.search} if which.search else {})
    return f"{reverse(name, args=[access.organization.slug, program.slug])}?{urlencode(query)}"


def _progress(
    request: HttpRequest, access: Access, program: Program, job: MembershipJob | None
) -> HttpResponse:
    if job is None:
        raise Http404
    which = Filter.of(job.status, job.search)
    context = program_context(access, program, tab="manage_learners") | {
        "job": job,
        "list_url": list_url(access, program, which),
    }
    if not request.htmx:  # type: ignore[attr-defined]
        return render(request, "learners/membership_job.html", context)
    response = render(request, "learners/membership_job.html#progress", context)
    if not job.is_open:
        response["HX-Refresh"] = "true"
    return response
