"""Contracts as administrators see them: what is taken and left, their condition, the ledger behind them."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from django.db.models import QuerySet, Sum, TextChoices
from django.db.models.functions import Coalesce
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from config.lib import keyset
from config.lib.keyset import Order, Place, Slice
from learners.people.models import LicenceLedger, TurnedAway
from orgs.models import Organization
from programs import queries as offers
from programs.models import Contract

# A contract with no more than this share left is nearly used up; one that ends within so many days ends soon.
LOW_SHARE = Decimal("0.1")
SOON = timedelta(days=30)
NEWEST_FIRST = Order("-line", "pk")
TURNED_AWAY_SHOWN = 100


class Condition(TextChoices):
    """What an administrator has to know about a contract, the gravest first."""

    ENDED = "ended", _("Ended")
    UPCOMING = "upcoming", _("Not started")
    FULL = "full", _("Used up")
    LOW = "low", _("Nearly used up")
    ENDING = "ending", _("Ends soon")
    RUNNING = "running", _("Running")


PILLS = {
    Condition.FULL: "danger",
    Condition.LOW: "warn",
    Condition.ENDING: "warn",
    Condition.UPCOMING: "info",
    Condition.RUNNING: "ok",
}


@dataclass(frozen=True)
class Licence:
    """One contract and its condition today, where the organization is."""

    contract: Contract

    @property
    def condition(self) -> Condition:
        contract, today = self.contract, self.contract.today
        if today > contract.ends_on:
            return Condition.ENDED
        if today < contract.starts_on:
            return Condition.UPCOMING
        if contract.left is not None and contract.left <= 0:
            return Condition.FULL
        if contract.left is not None and contract.left <= (contract.quantity or 0) * LOW_SHARE:
            return Condition.LOW
        return Condition.ENDING if contract.ends_on - today < SOON else Condition.RUNNING

    @property
    def pill(self) -> str:
        """The kind of pill that shows the condition."""
        return PILLS.get(self.condition, "")

    @property
    def is_low(self) -> bool:
        """Whether its bar warns."""
        return self.condition in (Condition.FULL, Condition.LOW)


@dataclass(frozen=True)
class LedgerRow:
    """One line of the ledger, and the sum of all lines up to it."""

    line: LicenceLedger
    balance: int


@dataclass(frozen=True)
class LedgerPage:
    """A page of a contract's ledger, the newest line first; `sum` is the sum of all its lines."""

    rows: list[LedgerRow]
    slice: Slice
    sum: int


def licences(organization: Organization) -> list[Licence]:
    """Every contract of the organization, the one that ends last first. One query."""
    return [Licence(contract) for contract in offers.contracts(organization)]


def ledger(contract: Contract, *, page: str, size: int, query: QueryDict) -> LedgerPage:
    """One page of the lines of a contract. `page` is a word of the address; five queries."""
    rows = LicenceLedger.objects.filter(contract=contract)
    (total,) = keyset.counts(rows)
    part = keyset.cut(rows, NEWEST_FIRST, Place.read(page, size, NEWEST_FIRST), total, query)
    shown = keyset.in_order(rows.select_related("membership__person", "membership__program"), part.ids)
    balance = _sum(rows.filter(pk__lte=part.ids[0])) if part.ids else 0
    lines = []
    for line in shown:
        lines.append(LedgerRow(line, balance))
        balance -= line.delta
    return LedgerPage(lines, part, _sum(rows))


def turned_away(contract: Contract) -> list[TurnedAway]:
    """Those who found this contract closed and have not joined since, the latest first."""
    rows = TurnedAway.objects.filter(contract=contract).select_related("program")
    return list(rows.order_by("-at")[:TURNED_AWAY_SHOWN])


def _sum(rows: QuerySet[LicenceLedger]) -> int:
    return rows.aggregate(sum=Coalesce(Sum("delta"), 0))["sum"]
