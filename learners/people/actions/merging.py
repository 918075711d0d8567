"""Two persons of one organization who turn out to be one human become one person, their places included."""

from collections import defaultdict
from dataclasses import dataclass

import pgtrigger
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from learners.learning import figures
from learners.learning.actions import enrollments
from learners.learning.models import Enrollment, Left, SpecializationEnrollment
from learners.people import names
from learners.people.licences import give_back
from learners.people.models import LicenceLedger, Membership, Person, TurnedAway
from orgs.audit import record
from orgs.errors import ActionError
from orgs.models import User
from orgs.tenancy import org_transaction

State = Membership.State
WIDTH = {State.REMOVED: 0, State.INVITED: 1, State.MEMBER: 2}
# What the organization wrote about a person; the one who stays keeps theirs and takes what is missing.
PROFILE = (
    "external_id",
    "manager_name",
    "manager_email",
    "job_title",
    "job_type",
    "business_unit",
    "business_unit_2",
    "location_city",
    "location_country",
    "location_region",
)


@dataclass(frozen=True)
class Merged:
    """Who stayed, in how many programs both had a place, and how many licences were given back."""

    person: Person
    shared: int
    licences: int


def merge(*, keep: Person, gone: Person, primary: str, by: User | None) -> Merged:
    """Make one person of two of the same organization, and one membership of two in the same program.

    The wider state stays: member, then invited, then removed. A licence held twice in one program is given
    back once. The earliest invitation and joining stay, and all places in courses: of two open ones in the
    same course the later is left. Counters are told anew from them. The person is known by `primary` from
    now on if one of the two was, else by the address of `keep`. The other row is deleted; lines of the
    ledger follow to the membership that stays. Raises ActionError when one of the two is gone already. Who
    calls has locked the account first, then the persons.
    """
    with org_transaction(keep.organization):
        held = Person.objects.select_for_update().filter(pk__in=[keep.pk, gone.pk]).order_by("pk").in_bulk()
        if len(held) < 2:
            raise ActionError(_("These two are one already."), code="connected")
        keep, gone = held[keep.pk], held[gone.pk]
        shared, licences = _merge_memberships(keep, gone, by)
        former = gone.email if primary != gone.email else keep.email
        gone.delete()
        _take_over(keep, gone, primary)
        _move_refusals(keep, former)
        _record(keep, gone, former, shared, licences, by)
        return Merged(keep, shared, licences)


def _merge_memberships(keep: Person, gone: Person, by: User | None) -> tuple[int, int]:
    rows = Membership.objects.select_for_update(no_key=True).filter(person__in=[keep, gone]).order_by("pk")
    programs: dict[int, list[Membership]] = defaultdict(list)
    for row in rows:
        programs[row.program_id].append(row)
    # The widest first; of two members the one with coursework, then the one who joined first. Of two
    # invitations the later one stays, since its mail is the one that lies on top.
    pairs = [sorted(both, key=_rank, reverse=True) for both in programs.values() if len(both) == 2]
    twice = [loser for _winner, loser in pairs if loser.state == State.MEMBER]
    licences = give_back(keep.organization, twice, LicenceLedger.Reason.MERGED)
    for winner, loser in pairs:
        _absorb(winner, loser, by)
    Membership.objects.filter(person=gone).update(person=keep, sort_name=keep.sort_name)
    return len(pairs), licences


def _rank(row: Membership) -> tuple[int, int, float]:
    joined = row.joined_at.timestamp() if row.state == State.MEMBER and row.joined_at else 0
    invited = row.invited_at.timestamp() if row.state == State.INVITED else 0
    return WIDTH[State(row.state)], row.enrollments, invited - joined


def _removed(row: Membership) -> float:
    return row.removed_at.timestamp() if row.removed_at else 0


def _absorb(winner: Membership, loser: Membership, by: User | None) -> None:
    """Put into one membership what two said, and delete the other."""
    if winner.state == State.REMOVED:
        # The last word of an administrator decides who may come back.
        last = max(winner, loser, key=_removed)
        winner.removed_at, winner.allow_return = last.removed_at, last.allow_return
    winner.invited_at = min(winner.invited_at, loser.invited_at)
    winner.joined_at = min(filter(None, (winner.joined_at, loser.joined_at)), default=None)
    # The sums of the ledger stay what they are; only whose lines they are becomes true.
    with pgtrigger.ignore("learners.LicenceLedger:append_only"):
        LicenceLedger.objects.filter(membership=loser).update(membership=winner)
    _move_places(winner, loser)
    loser.delete()
    winner.save()
    if winner.state == State.MEMBER:
        enrollments.restore(memberships=[winner.pk], by=by)
    figures.count(memberships=[winner.pk])


def _move_places(winner: Membership, loser: Membership) -> None:
    """Places in courses and specializations, credits and all. Nobody is in the same course twice."""
    for model, what in ((Enrollment, "course_id"), (SpecializationEnrollment, "specialization_id")):
        places = model._default_manager.filter(membership__in=[winner, loser])
        taken: set[int] = set()
        for place in places.filter(left_at=None).order_by("enrolled_at", "pk"):
            if getattr(place, what) in taken:
                places.filter(pk=place.pk).update(left_at=timezone.now(), left_reason=Left.COURSE)
            taken.add(getattr(place, what))
        places.update(membership=winner)


def _take_over(keep: Person, gone: Person, primary: str) -> None:
    """Give the person who stays what the other had more, and the address they are known by."""
    for field in PROFILE:
        setattr(keep, field, getattr(keep, field) or getattr(gone, field))
    keep.extra = {**gone.extra, **keep.extra}
    keep.email = gone.email if gone.email == primary else keep.email
    keep.created_at = min(keep.created_at, gone.created_at)
    keep.search = names.search(keep.name, keep.email, keep.external_id)
    keep.save()


def _move_refusals(keep: Person, former: str) -> None:
    """Whoever found a program closed under the former address did so under the one that stays."""
    rows = TurnedAway.objects.filter(organization=keep.organization_id, email=former)
    known = TurnedAway.objects.filter(organization=keep.organization_id, email=keep.email)
    entered = keep.memberships.filter(state=State.MEMBER)
    rows.filter(program__in=entered.values("program")).delete()
    for row in rows.filter(program__in=known.values("program")):
        known.filter(program=row.program_id).update(times=F("times") + row.times)
        row.delete()
    rows.update(email=keep.email)


def _record(keep: Person, gone: Person, former: str, shared: int, licences: int, by: User | None) -> None:
    own = by is not None and by.pk in (keep.user_id, gone.user_id)
    record(
        by=by,
        # The address the organization knows, not a private one of the account.
        by_label=str(keep) if own else "",
        organization=keep.organization,
        verb="person.merged",
        target=keep,
        before={"email": former},
        after={"email": keep.email, "shared": shared, "licences": licences},
    )
