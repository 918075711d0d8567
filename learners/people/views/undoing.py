"""Undoing an import: the question with what would happen, then its progress on the import's page."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from learners.people.actions import undoing as actions
from learners.people.models import ImportUndo
from learners.people.queries import imports, undoing
from orgs.access import Access, org_view
from orgs.errors import ActionError
from orgs.permissions import Permission
from programs.models import Program
from programs.pages import program_context


@org_view(Permission.LEARNERS_REMOVE, program=True)
@require_http_methods(["GET", "HEAD", "POST"])
def import_undo(request: HttpRequest, access: Access, program: Program, pk: int) -> HttpResponse:
    """Ask whether to withdraw the open invitations of an import, then have it done."""
    job = imports.find(program, pk)
    if job is None:
        raise Http404
    if request.method == "POST":
        try:
            actions.undo(imported=job, by=access.user)
        except ActionError as refusal:
            messages.error(request, refusal.text)
        return redirect("import_detail", access.organization.slug, program.slug, pk)
    earlier = undoing.latest(job)
    if not job.may_be_undone or (earlier and earlier.state != ImportUndo.State.FAILED):
        return redirect("import_detail", access.organization.slug, program.slug, pk)
    context = {"job": job, "outlook": undoing.outlook(job)}
    return render(
        request, "learners/import_undo.html", context | program_context(access, program, tab="imports")
    )
