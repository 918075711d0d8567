"""The figures of the Home page, of one moment that is shown with them and never older than a minute."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.cache import cache
from django.utils import timezone

from learners.people.queries import funnel, licences
from learners.people.queries.funnel import Funnel, Reach
from learners.people.queries.licences import Condition, Licence
from orgs.access import Access
from programs import queries as offers
from programs.models import Program

# Counting distinct people takes a pass over all of them. Up to so many it is done for every visit; beyond,
# one pass serves everyone who looks within a minute.
LIVE_UP_TO = 20_000
KEEP_SECONDS = 55
# A contract that ended longer ago is history; it stays in the settings.
ENDED_SHOWN = timedelta(days=30)


@dataclass(frozen=True)
class Figures:
    """What is counted: of one moment."""

    as_of: datetime
    funnel: Funnel
    licences: list[Licence]


@dataclass(frozen=True)
class ProgramCard:
    program: Program
    reach: Reach


@dataclass(frozen=True)
class TurnedAway:
    """People who found a program closed to them, with its name and the contract as it is now."""

    program: Program
    licence: Licence
    reason: str
    people: int


@dataclass(frozen=True)
class Home:
    """Everything the Home page shows this administrator."""

    as_of: datetime
    everyone: Reach
    cards: list[ProgramCard]
    licences: list[Licence]
    turned_away: list[TurnedAway]

    @property
    def warnings(self) -> list[Licence]:
        """Contracts one has to know something about, unless people were turned away for it already."""
        told = {entry.licence.contract.pk for entry in self.turned_away}
        quiet = (Condition.RUNNING, Condition.UPCOMING)
        return [
            licence
            for licence in self.licences
            if licence.condition not in quiet and licence.contract.pk not in told
        ]


def home(access: Access) -> Home:
    """The figures of the programs one may see, and of the contracts their people came under; of all contracts
    for who may see those. Four queries, however many programs there are.
    """
    programs = [program for program in offers.programs(access.organization) if access.sees(program.pk)]
    figures = _figures(access, programs)
    known = {licence.contract.pk: licence for licence in figures.licences}
    named = {program.pk: program for program in programs}
    return Home(
        as_of=figures.as_of,
        everyone=figures.funnel.everyone,
        cards=[
            ProgramCard(program, figures.funnel.programs.get(program.pk, Reach())) for program in programs
        ],
        licences=[licence for licence in figures.licences if _is_shown(licence)],
        turned_away=[
            TurnedAway(named[entry.program_id], known[entry.contract_id], entry.reason, entry.people)
            for entry in funnel.turned_away(access)
            if entry.program_id in named and entry.contract_id in known
        ],
    )


def cache_key(access: Access, programs: list[Program]) -> str:
    """Where the figures of these programs are kept. Whoever sees the same programs shares them."""
    scope = "all" if access.program_ids is None else "-".join(str(program.pk) for program in programs)
    return f"home:{access.organization.pk}:{scope}:{len(programs)}"


def _figures(access: Access, programs: list[Program]) -> Figures:
    kept: Figures | None = cache.get(cache_key(access, programs))
    if kept is not None:
        return kept
    counted = funnel.funnel(access.organization, [program.pk for program in programs])
    contracts = licences.licences(access.organization)
    if access.program_ids is not None:
        contracts = [licence for licence in contracts if licence.contract.pk in counted.contracts]
    figures = Figures(timezone.now(), counted, contracts)
    if counted.everyone.invited > LIVE_UP_TO:
        cache.set(cache_key(access, programs), figures, KEEP_SECONDS)
    return figures


def _is_shown(licence: Licence) -> bool:
    return licence.contract.today - licence.contract.ends_on < ENDED_SHOWN
