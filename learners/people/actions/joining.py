"""Joining a program: the one way in, whichever door a person came through.

An outcome that leaves something to remember (someone found no seat) is a result and commits; a
refusal that changes nothing is an ActionError.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, connection, transaction
from django.db.models import F, Model, Q, QuerySet
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from learners.learning.actions import enrollments
from learners.people import names
from learners.people.actions import merging
from learners.people.models import Membership, Person, TurnedAway
from learners.people.queries import joining as queries
from learners.people.queries.joining import Conflict, Link, LinkState, Offer, Standing
from orgs.audit import record
from orgs.errors import ActionError
from orgs.models import User
from orgs.outbox import queue, queue_account_mail
from orgs.tenancy import org_transaction
from programs.models import Contract, Program

M = TypeVar("M", bound=Model)

REFUSALS = {
    Conflict.OTHER_ACCOUNT: gettext_lazy(
        "The invited address belongs to another account. Sign in to that account to join, or connect it to "
        "this one if both are yours."
    ),
}

# One statement decides (rule 2): room is looked for, the membership is written, the contract is charged and
# the ledger follows, or none of it. Whoever finds no room left at the second look gives the membership back
# with the savepoint. Unlimited contracts count their members too; one that sells enrollments is charged
# when a member enrolls, so joining it takes nothing and leaves no line in the ledger. Someone removed comes
# back only when that was allowed, whatever was true a moment before.
TAKE_SEAT = """
with room as materialized (
  select id from programs_contract
  where id = %(contract)s
    and (kind <> 'seats' or taken < quantity) and %(today)s between starts_on and ends_on
), m as (
  insert into learners_membership
    (organization_id, program_id, person_id, contract_id, state, sort_name, invited_at, joined_at,
     last_activity_at)
  select %(organization)s, %(program)s, %(person)s, id, 'member', %(sort_name)s, now(), now(), now() from room
  on conflict (person_id, program_id) do update
    set state = 'member', contract_id = excluded.contract_id, joined_at = now(), last_activity_at = now(),
        removed_at = null, allow_return = false
    where learners_membership.state = 'invited'
       or learners_membership.state = 'removed' and learners_membership.allow_return
  returning id
), k as (
  update programs_contract set taken = taken + case when kind = 'enrollments' then 0 else 1 end
  where id = %(contract)s and exists (select from m)
    and (kind <> 'seats' or taken < quantity) and %(today)s between starts_on and ends_on
  returning id, kind
), l as (
  insert into learners_licenceledger (organization_id, contract_id, membership_id, delta, reason)
  select %(organization)s, k.id, m.id, 1, 'joined' from k, m where k.kind <> 'enrollments'
)
select (select id from m), exists (select from k), exists (select from room),
  exists (select from learners_membership
          where person_id = %(person)s and program_id = %(program)s and state = 'member')
"""


# Shared by all who join at once; the removal of the program waits for them, and they for it.
HOLD_OPEN = "select id from programs_program where id = %(program)s and state = 'active' for share"


class Outcome(StrEnum):
    """What became of an attempt to join."""

    JOINED = "joined"
    ALREADY = "already"
    FULL = "full"
    NOT_STARTED = "not_started"
    ENDED = "ended"
    PROGRAM_REMOVED = "program_removed"


@dataclass(frozen=True)
class JoinResult:
    """The outcome; `is_in` when the person is a member now, be it since this moment or before."""

    outcome: Outcome

    @property
    def is_in(self) -> bool:
        return self.outcome in (Outcome.JOINED, Outcome.ALREADY)


@dataclass(frozen=True)
class _Seat:
    outcome: Outcome
    membership_id: int = 0
    former_state: str | None = None


def join(*, program: Program, person: Person, user: User, contract: Contract, by: User | None) -> JoinResult:
    """Make the person a member under this contract, with `user` as their account.

    Takes one licence (none where enrollments are sold), writes ledger and audit entry and queues the
    welcome mail, all or nothing; courses that ended with a former place are open again. A second attempt
    finds `already`. An account that the organization knows by other confirmed addresses too is one person
    there from now on. Without room, or outside the contract's dates, nothing is taken and the attempt is
    remembered for the administrators. Raises ActionError when the person or the address has another
    account, or the person was removed and may not return.
    """
    with org_transaction(program.organization):
        _lock_account(user)
        person = _lock(Person.objects.all(), person)
        contract = _own(Contract.objects.select_related("organization"), contract)
        if not _is_open(program):
            return JoinResult(Outcome.PROGRAM_REMOVED)
        with transaction.atomic():
            member = _connect(person, user, by)
            # Who gets so far was invited anew, or was never barred.
            queries.barred(program, queries.verified(user)).delete()
            seat = _take_seat(program, member, contract)
            if not JoinResult(seat.outcome).is_in:
                transaction.set_rollback(True)
        if seat.outcome == Outcome.JOINED:
            enrollments.restore(memberships=[seat.membership_id], by=by)
            _tell(seat, program, member, contract, by)
        elif seat.outcome != Outcome.ALREADY:
            _remember(program, contract, person.email, TurnedAway.Reason(seat.outcome))
        return JoinResult(seat.outcome)


def accept(*, link: Link, user: User, by: User | None) -> JoinResult:
    """Join by an invitation's link with the account that the invited address belongs to.

    The link proves the address, so it is confirmed from now on. Raises ActionError when the link was
    used, removed or replaced meanwhile, or another account owns the address.
    """
    with org_transaction(link.program.organization):
        _lock_account(user)
        link = _still_open(link)
        if queries.account_of(link.person) != user:
            raise _refusal(Conflict.OTHER_ACCOUNT)
        return _enter(link, user, by)


def accept_as_new(*, link: Link, name: str, password: str, by: User | None) -> tuple[User, JoinResult]:
    """Join by an invitation's link with a new account at the invited address, which counts as confirmed.

    An account that someone began at the address and nobody could ever enter is taken over, its
    password with it. The account stays when there is no seat, so that coming back is one click.
    With `by=None` the new account itself is who acts. Raises ActionError when the link is no longer
    open or the address has an account.
    """
    hashed = make_password(password)
    with org_transaction(link.program.organization):
        link = _still_open(link)
        if queries.account_of(link.person) is not None:
            raise _refusal(Conflict.OTHER_ACCOUNT)
        user = queries.unclaimed_account(link.person.email) or User(email=link.person.email)
        user.name, user.password = name, hashed
        with _one_account_per_address():
            user.save()
        return user, _enter(link, user, by or user)


def connect(*, link: Link, user: User, by: User | None) -> JoinResult:
    """Join by an invitation's link with an account of another address, and add the invited one to it.

    Both are then confirmed addresses of one account, and a notice goes to its main one. Where the account
    is a person of the organization already, the two become one. Raises ActionError when the link is no
    longer open or the invited address has an account of its own.
    """
    with transaction.atomic():
        with org_transaction(link.program.organization):
            _lock_account(user)
            result = _enter(_still_open(link), user, by)
        # An account's own mail belongs to no organization, so it is queued outside the wall.
        facts = {"user": user, "timestamp": timezone.now(), "to_email": link.person.email}
        queue_account_mail(template="account/email/email_added", recipient=user.email, context=facts)
        return result


def enter(*, program: Program, user: User, by: User | None) -> JoinResult:
    """Join by the program's own address: invited at a confirmed address, removed with leave to return, or
    with a confirmed address at a domain of the allow-list.

    Under the contract of that membership, or of the domain. Whoever comes by a domain and is new to the
    organization becomes a person of it, unless there is no room. Raises ActionError for everyone else.
    """
    with org_transaction(program.organization):
        _lock_account(user)
        way = queries.way_in(program, user)
        if way.standing == Standing.MEMBER:
            return JoinResult(Outcome.ALREADY)
        offer = way.offer
        if offer is None:
            raise ActionError(_("You are not invited to this program."), code="not_invited")
        person, is_new = (offer.person, False) if offer.person else _introduce(program, user, offer.email)
        result = join(program=program, person=person, user=user, contract=offer.contract, by=by)
        if is_new and not result.is_in:
            person.delete()
        return result


def ask_for_seat(*, offer: Offer, by: User | None) -> Outcome | None:
    """Let the administrators know that someone with a place in the program found it closed to them.

    Returns why it is closed, or None when there is room after all: then nothing is written.
    """
    with org_transaction(offer.program.organization):
        contract = _own(Contract.objects.select_related("organization"), offer.contract)
        reason = queries.why_closed(contract)
        if reason is not None:
            _remember(offer.program, contract, offer.email, reason)
        return Outcome(reason) if reason else None


def _introduce(program: Program, user: User, email: str) -> tuple[Person, bool]:
    """The person that an account is from now on in the program's organization, and whether that is new."""
    name = names.clean(user.name) or email.partition("@")[0]
    return Person.objects.get_or_create(
        email=email,
        organization_id=program.organization_id,
        defaults={
            "name": name,
            "sort_name": names.sort_name(name),
            "search": names.search(name, email, ""),
            "user": user,
        },
    )


def _enter(link: Link, user: User, by: User | None) -> JoinResult:
    _refuse_conflict(link.person, user)
    _confirm(user, link.person.email)
    contract = link.membership.contract
    return join(program=link.program, person=link.person, user=user, contract=contract, by=by)


def _confirm(user: User, email: str) -> None:
    """Make the address a confirmed one of this account; it becomes the primary when there is none."""
    defaults = {"verified": True}
    if not EmailAddress.objects.filter(user=user, primary=True).exists():
        defaults["primary"] = True
    with _one_account_per_address():
        EmailAddress.objects.update_or_create(user=user, email=email, defaults=defaults)


@contextmanager
def _one_account_per_address() -> Iterator[None]:
    """Someone else may take the address in this very moment; the database has the last word."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        raise _refusal(Conflict.OTHER_ACCOUNT) from error


def _still_open(link: Link) -> Link:
    """The link as it is now, its person locked so that a twin waits; refuses one that is open no longer."""
    _lock(Person.objects.all(), link.person)
    now = queries.link_of(link.invitation.pk, link.generation)
    if now is None or now.state != LinkState.OPEN:
        raise ActionError(_("This link is no longer open."), code=now.state if now else LinkState.REMOVED)
    return now


def _lock_account(user: User) -> None:
    """An account joins, connects and is erased one step at a time: it is locked before any person."""
    if not User.objects.select_for_update(no_key=True).filter(pk=user.pk, is_active=True).exists():
        raise ActionError(_("This account exists no more. Sign in again."), code="closed")


def _is_open(program: Program) -> bool:
    """Whether the program takes people. While this transaction runs it is not removed, or whoever joins
    now would be overlooked by its removal.
    """
    with connection.cursor() as cursor:
        cursor.execute(HOLD_OPEN, {"program": _own(Program.objects.all(), program).pk})
        return cursor.fetchone() is not None


def _connect(person: Person, user: User, by: User | None) -> Person:
    """The person as whom the account joins. Whoever the organization knows by another confirmed address of
    the account is the same human: all of them become one.
    """
    if person.user_id != user.pk:
        _refuse_conflict(person, user)
    known = Person.objects.filter(organization=person.organization_id)
    mine = known.filter(user=user).first() or person
    if mine.user_id != user.pk:
        mine.user = user
        mine.save(update_fields=["user"])
    same = Q(pk=person.pk) | Q(user=None, email__in=queries.verified(user))
    for other in known.filter(same).exclude(pk=mine.pk).order_by("pk"):
        mine = merging.merge(keep=mine, gone=other, primary=user.email, by=by).person
    return mine


def _refuse_conflict(person: Person, user: User) -> None:
    conflict = queries.conflict(person, user)
    if conflict is not None:
        raise _refusal(conflict)


def _refusal(conflict: Conflict) -> ActionError:
    return ActionError(str(REFUSALS[conflict]), code=conflict)


def _take_seat(program: Program, person: Person, contract: Contract) -> _Seat:
    # All places of the person, before the contract: courses that open again may be open through others.
    held = Membership.objects.select_for_update(no_key=True).filter(person=person).order_by("pk")
    former = dict(held.values_list("program", "state")).get(program.pk)
    TurnedAway.objects.filter(program=program, email=person.email).delete()
    membership_id, charged, room, member = _run(program, person, contract)
    if membership_id is not None and charged:
        return _Seat(Outcome.JOINED, membership_id, former)
    if membership_id is None and (room or member):
        if Membership.objects.filter(program=program, person=person, state=Membership.State.MEMBER).exists():
            return _Seat(Outcome.ALREADY)
        raise ActionError(_("You are not invited to this program."), code="not_invited")
    fresh = _own(Contract.objects.select_related("organization"), contract)
    return _Seat(Outcome(queries.why_closed(fresh) or Outcome.FULL))


def _run(program: Program, person: Person, contract: Contract) -> tuple[Any, ...]:
    with connection.cursor() as cursor:
        cursor.execute(
            TAKE_SEAT,
            {
                "organization": program.organization_id,
                "program": program.pk,
                "person": person.pk,
                "sort_name": person.sort_name,
                "contract": contract.pk,
                "today": contract.today,
            },
        )
        return cursor.fetchone()


def _tell(seat: _Seat, program: Program, person: Person, contract: Contract, by: User | None) -> None:
    """Leave the audit entry and queue the welcome mail; one who returns is welcomed again."""
    # Others wait for the contract's row until this transaction ends, so nothing is read again here.
    membership = Membership(pk=seat.membership_id, program=program, person=person, contract=contract)
    event = record(
        by=by,
        # The address the organization knows, not the private one an account may have besides.
        by_label=f"{person.name} <{person.email}>" if by is not None and by.pk == person.user_id else "",
        organization=program.organization,
        verb="membership.joined",
        target=membership,
        program_id=program.pk,
        before={"state": seat.former_state},
        after={"state": Membership.State.MEMBER, "contract": contract.name},
    )
    queue(
        kind="program_welcome",
        recipient=person.email,
        organization=program.organization,
        dedupe=f"welcome:{membership.pk}:{event.pk}",
        data={"membership": membership.pk},
    )


def _remember(program: Program, contract: Contract, email: str, reason: TurnedAway.Reason) -> None:
    row, is_new = TurnedAway.objects.get_or_create(
        email=email,
        program=program,
        defaults={"organization_id": program.organization_id, "contract": contract, "reason": reason},
    )
    if not is_new:
        TurnedAway.objects.filter(pk=row.pk).update(
            times=F("times") + 1, at=Now(), reason=reason, contract=contract
        )


def _lock(rows: QuerySet[M], row: M) -> M:
    return _own(rows.select_for_update(no_key=True), row)


def _own(rows: QuerySet[M], row: M) -> M:
    """The row as it is now, read through the wall: foreign keys are checked past it."""
    found = rows.filter(pk=row.pk).first()
    if found is None:
        raise ActionError(_("That belongs to another organization."), code="other_organization")
    return found
