"""Taking people out of a program: members give their licence back, invitations lose their link, and the
courses drop to audit.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from learners.learning.actions import enrollments
from learners.learning.models import Left
from learners.people.licences import give_back
from learners.people.models import LicenceLedger, Membership
from learners.people.sql import inviting
from orgs import audit, outbox
from orgs.models import Organization, OutboundEmail, User
from orgs.tenancy import org_transaction
from programs.models import Program

# Up to so many people the audit log names each; beyond, one entry counts them.
NAMED_UP_TO = 50
State = Membership.State


@dataclass(frozen=True)
class Ending:
    """How places end: whether one may come back without an invitation, what is written at the courses, and
    which mail tells the members.
    """

    allow_return: bool
    left: Left
    mail: str


@dataclass(frozen=True)
class Removed:
    """What was done: members and invitations removed, licences given back, rows left alone because they
    were no longer what the caller had seen.
    """

    members: int = 0
    invitations: int = 0
    seats: int = 0
    left_alone: int = 0

    @property
    def people(self) -> int:
        return self.members + self.invitations


def remove(*, memberships: Iterable[Membership], allow_return: bool, by: User | None) -> Removed:
    """Take these people out of their program; all belong to one organization.

    A member gives back the licence they hold, keeps progress and certificates, has the courses in audit
    from now on, and gets the Program Exit mail; `allow_return` lets them join again without an invitation.
    An invitee's link is void from now on, a mail that waits is not sent, and nobody is told. Whoever was
    removed, or is no longer in the state they were read in, is left alone. Never frees a licence twice.
    """
    asked = list(memberships)
    if not asked:
        return Removed()
    organization = Organization.objects.get(pk=asked[0].organization_id)
    with org_transaction(organization):
        rows, removed = _remove(organization, asked, _exit(allow_return), by)
        if len(rows) <= NAMED_UP_TO:
            for row in rows:
                _record_one(organization, row, allow_return, by)
        else:
            _record_many(organization, rows, allow_return, by)
    return removed


def remove_silently(*, memberships: Iterable[Membership], allow_return: bool, by: User | None) -> Removed:
    """The same for a job, whose own audit entries count everyone; `by` is who asked for it."""
    asked = list(memberships)
    if not asked:
        return Removed()
    organization = Organization.objects.get(pk=asked[0].organization_id)
    with org_transaction(organization):
        return _remove(organization, asked, _exit(allow_return), by)[1]


def close(*, memberships: Iterable[Membership], by: User | None) -> Removed:
    """The same where the program itself was removed: nobody comes back, and the Program Removed mail says so.

    A part of `programs.work`, which has the transaction.
    """
    asked = list(memberships)
    if not asked:
        return Removed()
    organization = Organization.objects.get(pk=asked[0].organization_id)
    return _remove(organization, asked, Ending(False, Left.CLOSED, "program_removed"), by)[1]


def _exit(allow_return: bool) -> Ending:
    return Ending(allow_return, Left.PROGRAM, "program_exit")


def _remove(
    organization: Organization, asked: Sequence[Membership], ending: Ending, by: User | None
) -> tuple[list[Membership], Removed]:
    seen = {membership.pk: membership.state for membership in asked}
    # In the order of their ids, so that two removals of the same people wait instead of deadlocking; the
    # contract comes after the memberships, as it does in joining.
    held = Membership.objects.select_for_update(no_key=True, of=("self",)).select_related("person", "program")
    locked = held.filter(pk__in=seen, organization=organization).order_by("pk")
    rows = [row for row in locked if row.state == seen[row.pk] != State.REMOVED]
    members = [row for row in rows if row.state == State.MEMBER]
    invited = [row for row in rows if row.state == State.INVITED]
    now = timezone.now()
    _close(members, now, ending.allow_return)
    _close(invited, now, False)
    _withhold_mails(organization, invited)
    enrollments.audit(memberships=[row.pk for row in members], at=now, reason=ending.left, by=by)
    seats = give_back(organization, members, LicenceLedger.Reason.REMOVED)
    _say_goodbye(organization, members, now, ending)
    return rows, Removed(len(members), len(invited), seats, len(seen) - len(rows))


def _close(rows: Sequence[Membership], now: datetime, allow_return: bool) -> None:
    Membership.objects.filter(pk__in=[row.pk for row in rows]).update(
        state=State.REMOVED, removed_at=now, allow_return=allow_return
    )


def _withhold_mails(organization: Organization, invited: Sequence[Membership]) -> None:
    """What waits to be sent to these invitees is not sent any more, and the outbox says why."""
    parameters: dict[str, Any] = {
        "organization": organization.pk,
        "memberships": [row.pk for row in invited],
        "text": _("The invitation was withdrawn."),
    }
    with connection.cursor() as cursor:
        cursor.execute(inviting.CANCEL_MAILS, parameters)


def _say_goodbye(
    organization: Organization, members: Sequence[Membership], now: datetime, ending: Ending
) -> None:
    """Queue one mail for each. The moment is part of its cause, so that the next removal has its own."""
    OutboundEmail.objects.bulk_create(
        (
            OutboundEmail(
                kind=ending.mail,
                recipient=row.person.email,
                organization=organization,
                dedupe=f"exit:{row.pk}:{now.timestamp():.6f}",
                data={"membership": row.pk, "allow_return": ending.allow_return},
            )
            for row in members
        ),
        ignore_conflicts=True,
    )
    if members:
        outbox.wake()


def _record_one(organization: Organization, row: Membership, allow_return: bool, by: User | None) -> None:
    was_member = row.state == State.MEMBER
    audit.record(
        by=by,
        organization=organization,
        verb="membership.removed" if was_member else "invitation.removed",
        target=row,
        program_id=row.program_id,
        before={"state": row.state},
        after={"state": State.REMOVED} | ({"allow_return": allow_return} if was_member else {}),
    )


def _record_many(
    organization: Organization, rows: Sequence[Membership], allow_return: bool, by: User | None
) -> None:
    """One entry for each program and kind: members, invitations."""
    programs: dict[int, Program] = {row.program_id: row.program for row in rows}
    for (program, state), people in sorted(Counter((row.program_id, row.state) for row in rows).items()):
        was_member = state == State.MEMBER
        audit.record(
            by=by,
            organization=organization,
            verb="memberships.removed" if was_member else "invitations.removed",
            target=programs[program],
            program_id=program,
            after={"people": people} | ({"allow_return": allow_return} if was_member else {}),
        )
