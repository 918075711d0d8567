"""The allow-list of a program: the domains whose people may join by the program's address alone."""

from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import content_disposition_header, urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe
from django_htmx.http import HttpResponseClientRedirect

from config.lib import csvout, keyset
from orgs.access import Access, org_view
from orgs.errors import ActionError
from orgs.permissions import Permission
from programs import domain_file, queries
from programs.actions import domains as actions
from programs.actions.domains import Imported
from programs.forms import DomainContractForm, DomainFileForm, DomainForm, DomainListForm, DomainSelectionForm
from programs.models import Contract, Program
from programs.pages import program_context
from programs.queries import DomainSelection

METHODS = ["GET", "HEAD", "POST"]
ANSWER = "answer"


@org_view(Permission.LEARNERS_INVITE, program=True)
@require_safe
def domains(request: HttpRequest, access: Access, program: Program) -> HttpResponse:
    """One page of the allow-list, searched as the address says."""
    asked = DomainListForm(request.GET)
    search = asked.said("q")
    page = queries.domain_page(
        program, search=search, page=asked.said("page"), size=asked.rows, query=request.GET
    )
    context = {
        "page": page,
        "q": search,
        "sizes": keyset.SIZES,
        "has_contract": bool(_contracts(access)),
        "may_see_contracts": access.may(Permission.CONTRACTS_VIEW),
        "query": f"?{urlencode({'q': search})}" if search else "",
    }
    return render(request, "programs/domains.html", context | _context(access, program))


@org_view(Permission.LEARNERS_INVITE, program=True)
@require_http_methods(METHODS)
def domain_add(request: HttpRequest, access: Access, program: Program) -> HttpResponse:
    """One domain and the contract it consumes from."""
    form = DomainForm(request.POST if request.method == "POST" else None, contracts=_contracts(access))
    if form.is_bound and form.is_valid():
        domain = form.cleaned_data["domain"]
        try:
            rule = actions.add(program=program, contract=form.chosen, domain=domain, by=access.user)
        except ActionError as refusal:
            form.add_error(refusal.field, refusal.text)
        else:
            messages.success(request, _("People at %(domain)s can join now.") % {"domain": rule})
            return redirect("domains", access.organization.slug, program.slug)
    return _form_page(request, access, program, "programs/domain_add.html", form)


@org_view(Permission.LEARNERS_INVITE, program=True)
@require_http_methods(METHODS)
def domain_import(request: HttpRequest, access: Access, program: Program) -> HttpResponse:
    """A file of domains; then what came of it. The same file may be sent again, which changes nothing."""
    sent = (request.POST, request.FILES) if request.method == "POST" else ()
    form = DomainFileForm(*sent, contracts=_contracts(access))
    if form.is_bound and form.is_valid():
        try:
            done = _import(access, program, form)
        except ActionError as refusal:
            form.add_error(refusal.field, refusal.text)
        else:
            context = {"done": done, "file_name": form.cleaned_data["file"].name}
            return render(request, "programs/domain_imported.html", context | _context(access, program))
    return _form_page(request, access, program, "programs/domain_import.html", form)


@org_view(Permission.LEARNERS_INVITE, program=True)
@require_safe
def domain_template(request: HttpRequest, access: Access, program: Program) -> HttpResponse:
    """The file to fill in: its header."""
    disposition = content_disposition_header(as_attachment=True, filename="domains.csv")
    response = HttpResponse(
        content_type="text/csv; charset=utf-8", headers={"Content-Disposition": disposition}
    )
    csvout.write(response, domain_file.HEADER, [])
    return response


@org_view(Permission.LEARNERS_INVITE, program=True)
@require_http_methods(METHODS)
def domain_contract(request: HttpRequest, access: Access, program: Program) -> HttpResponse:
    """Ask which contract the selected domains consume from, then change it."""
    selection = _selection(request, program)
    form = DomainContractForm(_answer(request), initial=_hidden(selection), contracts=_contracts(access))
    if form.is_bound and form.is_valid():
        try:
            changed = actions.change_contract(selection=selection, contract=form.chosen, by=access.user)
        except ActionError as refusal:
            form.add_error(refusal.field, refusal.text)
        else:
            _say_changed(request, changed, form.chosen)
            return redirect(_list_url(selection))
    return _ask(request, access, selection, "programs/domain_contract.html", form)


@org_view(Permission.LEARNERS_INVITE, program=True)
@require_http_methods(METHODS)
def domain_remove(request: HttpRequest, access: Access, program: Program) -> HttpResponse:
    """Ask whether to take the selected domains off the list, then do it."""
    selection = _selection(request, program)
    form = DomainSelectionForm(_answer(request), initial=_hidden(selection))
    if form.is_bound and form.is_valid():
        gone = actions.remove(selection=selection, by=access.user)
        text = ngettext("%(n)s domain was removed.", "%(n)s domains were removed.", gone)
        messages.success(request, text % {"n": f"{gone:,}"})
        return redirect("domains", access.organization.slug, program.slug)
    return _ask(request, access, selection, "programs/domain_remove.html", form)


def _contracts(access: Access) -> list[Contract]:
    return list(queries.open_contracts(access.organization))


def _context(access: Access, program: Program) -> dict[str, object]:
    return program_context(access, program, tab="domains")


def _form_page(
    request: HttpRequest, access: Access, program: Program, template: str, form: Form
) -> HttpResponse:
    context = {"form": form, "may_see_contracts": access.may(Permission.CONTRACTS_VIEW)}
    status = 422 if form.errors else 200
    return render(request, template, context | _context(access, program), status=status)


def _import(access: Access, program: Program, form: DomainFileForm) -> Imported:
    answers = form.cleaned_data
    return actions.import_file(
        program=program,
        contract=form.chosen,
        file=answers["file"].file,
        update=answers["update"],
        by=access.user,
    )


def _selection(request: HttpRequest, program: Program) -> DomainSelection:
    asked = DomainSelectionForm(request.POST if request.method == "POST" else request.GET)
    return asked.selection(program, DomainListForm(request.GET).said("q"))


def _answer(request: HttpRequest) -> QueryDict | None:
    """What was answered; None while the question is still to be asked."""
    return request.POST if ANSWER in request.POST else None


def _hidden(selection: DomainSelection) -> dict[str, object]:
    return {"ids": selection.ids or (), "all_matching": "1" if selection.ids is None else ""}


def _list_url(selection: DomainSelection) -> str:
    program = selection.program
    url = reverse("domains", args=[program.organization.slug, program.slug])
    return f"{url}?{urlencode({'q': selection.search})}" if selection.search else url


def _ask(
    request: HttpRequest, access: Access, selection: DomainSelection, template: str, form: Form
) -> HttpResponse:
    outlook = queries.domain_outlook(selection)
    list_url = _list_url(selection)
    if not outlook.count:
        messages.warning(request, _("No domain was selected. Select domains and try again."))
        return HttpResponseClientRedirect(list_url) if request.htmx else redirect(list_url)  # type: ignore[attr-defined]
    context = {"form": form, "outlook": outlook, "answer": ANSWER, "list_url": list_url}
    page = template + ("#dialog" if request.htmx else "")  # type: ignore[attr-defined]
    status = 422 if form.errors else 200
    return render(request, page, context | _context(access, selection.program), status=status)


def _say_changed(request: HttpRequest, changed: int, contract: Contract) -> None:
    if not changed:
        messages.info(request, _("The domains consume from %(contract)s already.") % {"contract": contract})
        return
    text = ngettext(
        "%(n)s domain consumes from %(contract)s now.",
        "%(n)s domains consume from %(contract)s now.",
        changed,
    )
    messages.success(request, text % {"n": f"{changed:,}", "contract": contract})
