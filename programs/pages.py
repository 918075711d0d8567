"""What every page of a program's administration shows around its content, and how contracts are offered."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from config.forms import Card, RadioCards
from orgs.access import Access
from orgs.permissions import Permission
from programs.models import Contract, Program

TABS = (
    ("manage_learners", gettext_lazy("Manage learners"), Permission.LEARNERS_VIEW),
    ("imports", gettext_lazy("Imports"), Permission.LEARNERS_INVITE),
    ("domains", gettext_lazy("Domains"), Permission.LEARNERS_INVITE),
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


class ContractOffer(forms.Form):
    """The contracts to choose from, as cards. Chosen by itself when there is only one."""

    contract = forms.TypedChoiceField(
        label=gettext_lazy("Contract"),
        coerce=int,
        widget=RadioCards,
        error_messages={
            "required": gettext_lazy("Choose a contract."),
            "invalid_choice": gettext_lazy("This contract takes no new members any more. Choose another."),
        },
    )

    def __init__(self, *args: Any, contracts: Sequence[Contract], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.contracts = {contract.pk: contract for contract in contracts}
        field = self.fields["contract"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(contract.pk, contract_card(contract)) for contract in contracts]
        if len(contracts) == 1:
            self.initial["contract"] = contracts[0].pk


def contract_card(contract: Contract) -> Card:
    """A contract as one of several to choose from: its name, type and dates, and how much is left."""
    note = _("%(type)s, %(starts)s to %(ends)s") % {
        "type": contract.get_kind_display(),
        "starts": date_format(contract.starts_on, "DATE_FORMAT"),
        "ends": date_format(contract.ends_on, "DATE_FORMAT"),
    }
    if contract.starts_on > contract.today:
        note = _("%(note)s. Nobody can join before it starts.") % {"note": note}
    return Card(contract.name, note, _figure(contract))


def _figure(contract: Contract) -> str:
    if contract.left is None:
        return _("No limit")
    return ngettext("%(count)s left", "%(count)s left", contract.left) % {"count": f"{contract.left:,}"}
