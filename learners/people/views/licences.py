"""The settings pages of contracts: what was bought, what is taken of it, by whom."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from config.lib import keyset
from config.lists import PageForm
from learners.people.queries import licences
from learners.people.queries.licences import Licence
from orgs.access import Access, org_view
from orgs.pages import settings_context
from orgs.permissions import Permission
from programs import queries as offers


@org_view(Permission.CONTRACTS_VIEW)
@require_safe
def contracts(request: HttpRequest, access: Access) -> HttpResponse:
    """Every contract of the organization with what is taken and left."""
    context = settings_context(access, tab="contracts") | {"licences": licences.licences(access.organization)}
    return render(request, "learners/contracts.html", context)


@org_view(Permission.CONTRACTS_VIEW)
@require_safe
def contract(request: HttpRequest, access: Access, contract: int) -> HttpResponse:
    """One contract with its ledger: who took a licence, who gave one back, when."""
    found = offers.contract(access.organization, contract)
    if found is None:
        raise Http404
    asked = PageForm(request.GET)
    context = settings_context(access, tab="contracts") | {
        "licence": Licence(found),
        "contract": found,
        "ledger": licences.ledger(found, page=asked.said("page"), size=asked.rows, query=request.GET),
        "turned_away": licences.turned_away(found),
        "sizes": keyset.SIZES,
    }
    return render(request, "learners/contract.html", context)
