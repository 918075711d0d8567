"""The stages of the funnel: a single program leads from them to its lists, several to their cards."""

from dataclasses import dataclass

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from analytics.queries import Home
from config.templatetags.ui import percent
from learners.people.queries.funnel import Reach
from orgs.access import Access

CARDS = "#programs"


@dataclass(frozen=True)
class Stage:
    """One stage, as components/funnel.html shows it."""

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


def stages(access: Access, home: Home) -> list[Stage]:
    """Invited, joined, enrolled."""
    args = [access.organization.slug, home.cards[0].program.slug] if len(home.cards) == 1 else []
    people = reverse("manage_learners", args=args) if args else ""
    resend = reverse("invitation_resend", args=args) if args else ""
    reach = home.everyone
    return [_invited(reach, people, resend), _joined(reach, people), _enrolled(reach, people)]


def _invited(reach: Reach, people: str, resend: str) -> Stage:
    again = ngettext("Resend %(n)s invitation", "Resend %(n)s invitations", reach.open)
    url = f"{resend}?status=invited&all_matching=1" if resend else CARDS
    return Stage(
        "invited",
        _("Invited"),
        _("Distinct people ever invited, with or without a mail, and everyone who joined another way."),
        reach.invited,
        lost=reach.open,
        lost_label=ngettext("has an open invitation", "have an open invitation", reach.open),
        lost_url=f"{people}?status=invited" if people else "",
        action=again % {"n": f"{reach.open:,}"} if resend else _("See by program"),
        action_url=url if reach.open else "",
    )


def _joined(reach: Reach, people: str) -> Stage:
    members = f"{people}?status=joined" if people else ""
    return Stage(
        "joined",
        _("Joined"),
        _("Distinct people who ever joined a program, those who left since included."),
        reach.joined,
        share=_("%(percent)s of invited") % {"percent": percent(reach.joined, reach.invited)},
        lost=reach.members,
        lost_label=ngettext("is a member now", "are members now", reach.members),
        lost_url=members,
        action=_("View learners") if people else _("See by program"),
        action_url=(members or CARDS) if reach.members else "",
    )


def _enrolled(reach: Reach, people: str) -> Stage:
    shares = {
        "joined": percent(reach.enrolled, reach.joined),
        "invited": percent(reach.enrolled, reach.invited),
    }
    learners = f"{people}?status=joined&sort=-enrollments" if people else CARDS
    return Stage(
        "enrolled",
        _("Enrolled"),
        _("Distinct people who ever enrolled in a course through a program."),
        reach.enrolled,
        share=_("%(joined)s of joined, %(invited)s of invited") % shares,
        action=_("View enrolled learners") if people else _("See by program"),
        action_url=learners if reach.enrolled else "",
    )
