"""The sections of the rail, by role. Upward goes only a URL name."""

from collections.abc import Set
from dataclasses import dataclass

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from orgs.permissions import Permission


@dataclass(frozen=True)
class Section:
    """One entry of the rail; `key` is what a page names as its `section` to mark where one is."""

    key: str
    label: str | Promise
    icon: str
    url: str


SECTIONS = (
    ("home", _("Home"), "home", "home", Permission.HOME_VIEW),
    ("settings", _("Settings"), "gear", "settings", Permission.SETTINGS_VIEW),
)


def sections(organization_slug: str, permissions: Set[Permission]) -> list[Section]:
    """The sections that someone with these permissions may open, in their order."""
    return [
        Section(key, label, icon, reverse(url_name, args=[organization_slug]))
        for key, label, icon, url_name, permission in SECTIONS
        if permission in permissions
    ]
