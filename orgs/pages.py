"""What every page of the settings shows around its content."""

from dataclasses import dataclass

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from orgs.access import Access
from orgs.permissions import Permission

# Some of these pages stand in apps above this one; upward goes only the name of an address.
TABS = (
    ("contracts", _("Contracts"), Permission.CONTRACTS_VIEW),
    ("invitation_default", _("Invitation message"), Permission.SETTINGS_EDIT),
    ("audit_log", _("Audit log"), Permission.AUDIT_VIEW),
)


@dataclass(frozen=True)
class Tab:
    name: str
    label: str | Promise
    url: str
    current: bool


def settings_tabs(access: Access, tab: str = "") -> list[Tab]:
    """The settings pages that this person may open, `tab` being the URL name of the one they are in."""
    return [
        Tab(name, label, reverse(name, args=[access.organization.slug]), name == tab)
        for name, label, permission in TABS
        if access.may(permission)
    ]


def settings_context(access: Access, *, tab: str) -> dict[str, object]:
    """The context that a settings page needs."""
    return {"organization": access.organization, "section": "settings", "tabs": settings_tabs(access, tab)}
