"""What every page of a program's administration shows around its content."""

from dataclasses import dataclass

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from orgs.access import Access
from orgs.permissions import Permission
from programs.models import Program

TABS = (
    ("manage_learners", _("Manage learners"), Permission.LEARNERS_VIEW),
    ("imports", _("Imports"), Permission.LEARNERS_INVITE),
)


@dataclass(frozen=True)
class Tab:
    label: str | Promise
    url: str
    current: bool


def program_context(access: Access, program: Program, *, tab: str) -> dict[str, object]:
    """The context that `program_admin.html` needs; `tab` is the URL name of the tab one is in."""
    return {
        "organization": access.organization,
        "section": "home",
        "program": program,
        "program_tabs": [
            Tab(label, reverse(name, args=[access.organization.slug, program.slug]), name == tab)
            for name, label, permission in TABS
            if access.may(permission, program.pk)
        ],
    }
