"""Inviting by a file: contract and file, the preview of every row, the work going on, the list of imports."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from config.lib import csvout, xlsxout
from learners.people import emails
from learners.people.actions import imports as actions
from learners.people.actions.invitations import GUARD
from learners.people.choices import LABELS, Kind
from learners.people.columns import HEADER, PROFILE, TITLES
from learners.people.forms.inviting import ChoicesForm, ContractForm, FileForm
from learners.people.models import ImportRow, ImportUndo, InviteImport
from learners.people.queries import import_classes as classes
from learners.people.queries import imports as queries
from learners.people.queries import undoing
from learners.people.queries.import_classes import Classes
from learners.people.views.inviting import Step
from orgs import mailing
from orgs.access import Access, org_view
from orgs.errors import ActionError
from orgs.permissions import Permission
from programs import queries as offers
from programs.models import Contract, Program
from programs.pages import program_context

STEPS = (gettext_lazy("Contract"), gettext_lazy("File"), gettext_lazy("Check and send"))


@org_view(Permission.LEARNERS_INVITE, program=True)
@require_http_methods(["GET", "HEAD", "POST"])
def bulk_invite(request: HttpRequest, access: Access, program: Program) -> HttpResponse:
    """The first two steps: the contract, which the address then holds, and the file."""
    contracts = list(offers.open_contracts(access.organization))
    chooser = ContractForm(request.GET if "contract" in request.GET else None, contracts=contracts)
    context: dict[str, object] = {"section": "home", "program": program, "chooser": chooser}
    if "choose" in request.GET or chooser.chosen is None:
        context["may_see_contracts"] = access.may(Permission.CONTRACTS_VIEW)
        return render(request, "learners/bulk_invite.html", context | {"steps": steps(access, program, 0)})
    upload = FileForm(*((request.POST, request.FILES) if request.method == "POST" else ()))
    if request.method == "POST" and upload.is_valid():
        try:
            job = _stage(request, access, program, chooser.chosen, upload.cleaned_data["file"])
        except ActionError as refusal:
            upload.add_error("file", refusal.text)
        else:
            return redirect("import_detail", access.organization.slug, program.slug, job.pk)
    context |= {"contract": chooser.chosen, "upload": upload, "profile": PROFILE}
    context["steps"] = steps(access, program, 1)
    return render(request, "learners/bulk_invite.html", context, status=422 if upload.errors else 200)


@org_view(Permission.LEARNERS_INVITE, program=True)
@require_safe
def import_template(request: HttpRequest, access: Access, program: Program) -> HttpResponse:
    """The file to fill in: its header."""
    return _csv("learners.csv", HEADER, [])


@org_view(Permission.LEARNERS_INVITE, program=True)
@require_safe
def import_template_xlsx(request: HttpRequest, access: Access, program: Program) -> HttpResponse:
    """The same as a workbook, whose columns keep the zeros at the beginning of a number."""
    content = xlsxout.write(_("Learners"), HEADER, [])
    return HttpResponse(content, xlsxout.CONTENT_TYPE, headers=_attached("learners.xlsx"))


@org_view(Permission.LEARNERS_INVITE, program=True)
@require_safe
def imports(request: HttpRequest, access: Access, program: Program) -> HttpResponse:
    """Every import of the program, the latest first; rows under way are asked for again."""
    part = queries.imports(program, page=request.GET.get("page", ""), query=request.GET)
    context = {"page": part.slice, "jobs": part.rows, "under_way": any(job.is_open for job in part.rows)}
    context["may_undo"] = access.may(Permission.LEARNERS_REMOVE, program.pk)
    return render(request, "learners/imports.html", context | program_context(access, program, tab="imports"))


@org_view(Permission.LEARNERS_INVITE, program=True)
@require_safe
def import_detail(request: HttpRequest, access: Access, program: Program, pk: int) -> HttpResponse:
    """A draft to check, the work going on, or what came of it. The progress row asks here for itself."""
    job = find(program, pk)
    if job.state == InviteImport.State.DRAFT:
        if queries.awaits_columns(job):
            return redirect("import_columns", access.organization.slug, program.slug, pk)
        return render(request, "learners/import_preview.html", _preview(request, access, job))
    undo = undoing.latest(job)
    for part, shown in (("progress", job), ("undoing", undo)):
        if part in request.GET and shown:
            response = render(request, f"learners/import_detail.html#{part}", {"job": job, "undo": undo})
            return response if shown.is_open else _reload(response)
    context = _outcome(access, job, undo) | program_context(access, program, tab="imports")
    return render(request, "learners/import_detail.html", context)


@org_view(Permission.LEARNERS_INVITE, program=True)
@require_POST
def import_start(request: HttpRequest, access: Access, program: Program, pk: int) -> HttpResponse:
    """The last step of the wizard: hand the draft to a worker. Choices that the page did not speak of yet
    are shown first.
    """
    job, form = find(program, pk), ChoicesForm(request.POST)
    page = reverse("import_detail", args=[access.organization.slug, program.slug, pk])
    if "apply" in request.POST or not form.is_as_shown:
        messages.info(request, _("Your choices are applied. Nothing has been started yet."))
        return redirect(f"{page}?{form.query}")
    try:
        actions.start(
            job=job, mail=form.sends_mail, chosen=form.chosen, seats=form.seats_seen, by=access.user
        )
    except ActionError as refusal:
        if refusal.code != "started":
            messages.error(request, refusal.text)
    return redirect(page)


@org_view(Permission.LEARNERS_INVITE, program=True)
@require_POST
def import_discard(request: HttpRequest, access: Access, program: Program, pk: int) -> HttpResponse:
    """Forget a draft."""
    job = find(program, pk)
    actions.discard(job=job, by=access.user)
    messages.success(request, _("%(file)s was discarded. Nobody was invited.") % {"file": job.file_name})
    return redirect("imports", access.organization.slug, program.slug)


@org_view(Permission.LEARNERS_INVITE, program=True)
@require_safe
def import_rows(request: HttpRequest, access: Access, program: Program, pk: int) -> HttpResponse:
    """The rows of one class, or those that are left out, each with its reason: a file that can be mended and
    uploaded.
    """
    job, show = find(program, pk), request.GET.get("show", "")
    found = _classes(ChoicesForm.of(request.GET), job)
    profile = [TITLES[field] for field in classes.profile_fields(found, show)]
    which = slugify(str(found.label(show))) or "problems"
    name = f"{job.file_name.rpartition('.')[0] or job.file_name}-{which}.csv"
    return _csv(name, (_("Line"), *HEADER, *profile, _("Reason")), classes.lines(found, show))


def find(program: Program, pk: int) -> InviteImport:
    """The import with this number in this program. Raises Http404."""
    job = queries.find(program, pk)
    if job is None:
        raise Http404
    return job


def _csv(name: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> HttpResponse:
    response = HttpResponse(content_type="text/csv; charset=utf-8", headers=_attached(name))
    csvout.write(response, header, rows)
    return response


def _attached(name: str) -> dict[str, str]:
    disposition = content_disposition_header(as_attachment=True, filename=name)
    return {"Content-Disposition": disposition or "", "Cache-Control": "private, no-store"}


def _reload(response: HttpResponse) -> HttpResponse:
    """The work is over: the whole page has something new to say."""
    response["HX-Refresh"] = "true"
    return response


def _stage(
    request: HttpRequest, access: Access, program: Program, contract: Contract, file: Any
) -> InviteImport:
    former = request.GET.get("instead_of", "")
    return actions.stage(
        program=program,
        contract=contract,
        file=file.file,
        name=file.name,
        size=file.size,
        by=access.user,
        instead_of=queries.find(program, int(former)) if former.isdecimal() else None,
    )


def _classes(form: ChoicesForm, job: InviteImport) -> Classes:
    """The rows of a draft by what is chosen in the form, those of a started import by what was."""
    if job.state != InviteImport.State.DRAFT:
        return classes.settled(job)
    return classes.classes(job, form.chosen, seats=classes.seats(job.contract), guard=GUARD)


def _preview(request: HttpRequest, access: Access, job: InviteImport) -> dict[str, object]:
    form, show = ChoicesForm.of(request.GET), request.GET.get("show", "")
    found = _classes(form, job)
    part = classes.page(found, show=show, page=request.GET.get("page", ""), query=request.GET)
    return {
        "section": "home",
        "program": job.program,
        "contract": job.contract,
        "job": job,
        "form": form,
        "found": found,
        "new": found.invited,
        "unused": sum(found.left_out.values()),
        "left_after": (job.contract.left or 0) - found.invited,
        "missing": found.invited - (job.contract.left or 0),
        "show": show,
        "label": found.label(show),
        "page": part.slice,
        "rows": part.rows,
        "steps": steps(access, job.program, 2, job),
        **_mail(access, job.program, found.sample()),
    }


def _outcome(access: Access, job: InviteImport, undo: ImportUndo | None) -> dict[str, object]:
    may = job.may_be_undone and access.may(Permission.LEARNERS_REMOVE, job.program_id)
    return {
        "job": job,
        "left_out": [(kind, LABELS[kind], job.left_out[kind]) for kind in Kind if kind in job.left_out],
        "has_rows": queries.has_rows(job),
        "undo": undo,
        "may_undo": may and (undo is None or undo.state == ImportUndo.State.FAILED),
    }


def _mail(access: Access, program: Program, sample: ImportRow | None) -> dict[str, object]:
    if sample is None:
        return {}
    draft = emails.invitation_draft(program, name=sample.name, address=sample.email)
    return {"sample": sample, "draft": draft, "sender": mailing.sender(access.organization)}


def steps(access: Access, program: Program, at: int, job: InviteImport | None = None) -> list[Step]:
    """The stepper of the wizard, with the step at which one is."""
    start = reverse("bulk_invite", args=[access.organization.slug, program.slug])
    file = f"{start}?contract={job.contract_id}&instead_of={job.pk}" if job else ""
    pairs = zip(STEPS, (f"{start}?choose", file, ""), strict=True)
    return [Step(label, index < at, index == at, url) for index, (label, url) in enumerate(pairs)]
