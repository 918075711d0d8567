"""Reading the audit log."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db.models import QuerySet
from django.http import QueryDict

from config.lib import keyset
from config.lib.keyset import Order, Place, Slice
from orgs import sentences
from orgs.access import PROGRAM_MODEL
from orgs.models import AuditEvent, Organization
from orgs.sentences import Change

NEWEST_FIRST = Order("-at", "at")
# So many rows are written while one waits.
EXPORT_MAX = keyset.CAP
AUDIT_HEADER = (
    "Time",
    "Person acting",
    "Action",
    "What was done",
    "Program",
    "Details",
    "Verb",
    "Target type",
    "Target ID",
)


@dataclass(frozen=True)
class AuditFilter:
    """Which entries: by whom (part of a name or an address), what, in which program, on which days.

    Days are the organization's, both included.
    """

    actor: str = ""
    verb: str = ""
    program: int | None = None
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True)
class AuditRow:
    """One entry in words."""

    event: AuditEvent
    sentence: str
    changes: list[Change]
    program: str


@dataclass(frozen=True)
class AuditPage:
    rows: list[AuditRow]
    slice: Slice


def audit_page(
    organization: Organization, which: AuditFilter, *, page: str, size: int, query: QueryDict
) -> AuditPage:
    """One page of the log, the latest entry first; `page` is a word of the address. Four queries."""
    events = _events(organization, which)
    (total,) = keyset.counts(events)
    part = keyset.cut(events, NEWEST_FIRST, Place.read(page, size, NEWEST_FIRST), total, query)
    shown = (
        keyset.in_order(AuditEvent.objects.filter(organization=organization), part.ids) if part.ids else []
    )
    return AuditPage(_rows(organization, shown), part)


def audit_lines(organization: Organization, which: AuditFilter) -> list[tuple[object, ...]] | None:
    """The entries as lines of a file, the latest first; None when there are more than `EXPORT_MAX`."""
    events = list(_events(organization, which).order_by("-at", "-pk")[: EXPORT_MAX + 1])
    return None if len(events) > EXPORT_MAX else list(_lines(_rows(organization, events)))


def program_names(organization: Organization) -> dict[int, str]:
    """Every program of the organization, removed ones too, by name."""
    programs: QuerySet[Any] = PROGRAM_MODEL.related_model._default_manager.filter(organization=organization)
    return dict(programs.order_by("name", "pk").values_list("pk", "name"))


def _events(organization: Organization, which: AuditFilter) -> QuerySet[AuditEvent]:
    events = AuditEvent.objects.filter(organization=organization)
    if which.actor:
        events = events.filter(actor_label__icontains=which.actor)
    if which.verb:
        events = events.filter(verb=which.verb)
    if which.program is not None:
        events = events.filter(program_id=which.program)
    if which.since is not None:
        events = events.filter(at__gte=_midnight(organization, which.since))
    if which.until is not None and which.until < date.max:
        events = events.filter(at__lt=_midnight(organization, which.until + timedelta(days=1)))
    return events


def _midnight(organization: Organization, day: date) -> datetime:
    return datetime.combine(day, time.min, organization.zone)


def _rows(organization: Organization, events: list[AuditEvent]) -> list[AuditRow]:
    names = program_names(organization)
    return [
        AuditRow(
            event,
            sentences.sentence(event),
            sentences.changes(event),
            names.get(event.program_id, "") if event.program_id else "",
        )
        for event in events
    ]


def _lines(rows: list[AuditRow]) -> Iterator[tuple[object, ...]]:
    for row in rows:
        at = row.event.at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        what = "; ".join(
            f"{change.label}: {change.before} → {change.after}"
            if change.before
            else f"{change.label}: {change.after}"
            for change in row.changes
        )
        yield (
            at,
            row.event.actor_label,
            sentences.title(row.event.verb),
            row.sentence,
            row.program,
            what,
            row.event.verb,
            row.event.target_type,
            row.event.target_id,
        )
