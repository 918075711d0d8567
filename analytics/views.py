"""The Home page of administrators."""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from analytics import queries
from analytics.queries import Home
from config.templatetags.ui import percent
from orgs.access import Access, org_view
from orgs.permissions import Permission

# More programs than this are reached by their cards, not by a menu.
MENU_MAX = 12


@dataclass(frozen=True)
class Stage:
    """One stage of the funnel, as components/funnel.html shows it."""

    key: str
    label: str | Promise
    help: str | Promise
    value: int
    share: str = ""
    url: str = ""
    lost: int | None = None
    lost_label: str = ""
    lost_url: str = ""
    action: str = ""
    action_url: str = ""


@org_view(Permission.HOME_VIEW)
@require_safe
def home(request: HttpRequest, access: Access) -> HttpResponse:
    """How far people came, what is left of the contracts, and the programs one administers."""
    figures = queries.home(access)
    context = {
        "organization": access.organization,
        "section": "home",
        "home": figures,
        "stages": _stages(access, figures),
        "shows_ids": "ids" in request.GET,
        "menu": figures.cards if 1 < len(figures.cards) <= MENU_MAX else [],
        "may_see_contracts": access.may(Permission.CONTRACTS_VIEW),
        "is_confined": access.program_ids is not None,
    }
    return render(request, "analytics/home.html", context)


def _stages(access: Access, home: Home) -> list[Stage]:
    """Invited, joined, enrolled. With a single program the figures lead to its lists, else to the cards."""
    reach = home.everyone
    only = home.cards[0].program if len(home.cards) == 1 else None
    args = [access.organization.slug, only.slug] if only else []
    people = reverse("manage_learners", args=args) if only else ""
    resend = f"{reverse('invitation_resend', args=args)}?status=invited&all_matching=1" if only else ""
    cards = "" if only else "#programs"
    return [
        Stage(
            "invited",
            _("Invited"),
            _("Distinct people ever invited, with or without a mail, and everyone who joined another way."),
            reach.invited,
            lost=reach.open,
            lost_label=ngettext("has an open invitation", "have an open invitation", reach.open),
            lost_url=f"{people}?status=invited" if only else "",
            action=_resend_label(reach.open) if only else _("See by program"),
            action_url=(resend or cards) if reach.open else "",
        ),
        Stage(
            "joined",
            _("Joined"),
            _("Distinct people who ever joined a program, those who left since included."),
            reach.joined,
            share=_("%(percent)s of invited") % {"percent": percent(reach.joined, reach.invited)},
            lost=reach.members,
            lost_label=ngettext("is a member now", "are members now", reach.members),
            lost_url=f"{people}?status=joined" if only else "",
            action=_("View learners") if only else _("See by program"),
            action_url=(f"{people}?status=joined" if only else cards) if reach.members else "",
        ),
        Stage(
            "enrolled",
            _("Enrolled"),
            _("Distinct people who ever enrolled in a course through a program."),
            reach.enrolled,
            share=_("%(joined)s of joined, %(invited)s of invited")
            % {
                "joined": percent(reach.enrolled, reach.joined),
                "invited": percent(reach.enrolled, reach.invited),
            },
            action=_("View enrolled learners") if only else _("See by program"),
            action_url=(f"{people}?status=joined&sort=-enrollments" if only else cards)
            if reach.enrolled
            else "",
        ),
    ]


def _resend_label(number: int) -> str:
    return ngettext("Resend %(n)s invitation", "Resend %(n)s invitations", number) % {"n": f"{number:,}"}
