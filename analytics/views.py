"""The Home page of administrators."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from analytics import queries
from analytics.stages import stages
from orgs.access import Access, org_view
from orgs.permissions import Permission

# More programs than this are reached by their cards, not by a menu.
MENU_MAX = 12


@org_view(Permission.HOME_VIEW)
@require_safe
def home(request: HttpRequest, access: Access) -> HttpResponse:
    """How far people came, what is left of the contracts, and the programs one administers."""
    figures = queries.home(access)
    context = {
        "organization": access.organization,
        "section": "home",
        "home": figures,
        "stages": stages(access, figures),
        "shows_ids": "ids" in request.GET,
        "menu": figures.cards if 1 < len(figures.cards) <= MENU_MAX else [],
        "may_see_contracts": access.may(Permission.CONTRACTS_VIEW),
        "is_confined": access.program_ids is not None,
    }
    return render(request, "analytics/home.html", context)
