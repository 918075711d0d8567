"""Saying which column of an uploaded file holds what, where its header does not."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from learners.people.actions import imports as actions
from learners.people.forms.inviting import ColumnsForm
from learners.people.queries import imports as queries
from learners.people.views.importing import find, steps
from orgs.access import Access, org_view
from orgs.errors import ActionError
from orgs.permissions import Permission
from programs.models import Program


@org_view(Permission.LEARNERS_INVITE, program=True)
@require_http_methods(["GET", "HEAD", "POST"])
def import_columns(request: HttpRequest, access: Access, program: Program, pk: int) -> HttpResponse:
    """Ask for the columns of a draft whose header is not known, then read it."""
    job = find(program, pk)
    found = queries.columns(job)
    if not found:
        return redirect("import_detail", access.organization.slug, program.slug, pk)
    form = ColumnsForm(request.POST if request.method == "POST" else None, file_columns=found)
    if form.is_bound and form.is_valid():
        try:
            actions.choose_columns(job=job, where=form.where, by=access.user)
        except ActionError as refusal:
            form.add_error(None, refusal.text)
        else:
            return redirect("import_detail", access.organization.slug, program.slug, pk)
    context = {"section": "home", "program": program, "job": job, "form": form, "columns": found}
    context["steps"] = steps(access, program, 1, job)
    return render(request, "learners/import_columns.html", context, status=422 if form.errors else 200)
