"""Who may join which program, and where a link leads.

Only reading: what is found here is checked again, under a lock, by the action that lets someone in.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from allauth.account.models import EmailAddress
from django.contrib.auth.models import AnonymousUser
from django.db.models import Case, Exists, IntegerField, OuterRef, Q, QuerySet, Value, When

from config.lib import digests, emails, tokens
from learners.people.models import BarredAddress, Invitation, Membership, Person, TurnedAway
from orgs.models import Organization, RoleGrant, User
from programs import queries as offers
from programs.models import Contract, Program

Visitor = User | AnonymousUser


class LinkState(StrEnum):
    """What became of an invitation since its link was sent."""

    OPEN = "open"
    USED = "used"
    REMOVED = "removed"
    REPLACED = "replaced"
    PROGRAM_REMOVED = "program_removed"


class Caller(StrEnum):
    """Who stands before an open invitation."""

    NEW = "new"
    OWNER_AWAY = "owner_away"
    OWNER = "owner"
    OTHER = "other"


class Standing(StrEnum):
    """What a signed-in person is to a program, the widest standing first."""

    MEMBER = "member"
    INVITED = "invited"
    RETURNING = "returning"
    REMOVED = "removed"
    LISTED = "listed"
    UNVERIFIED = "unverified"
    STRANGER = "stranger"


WIDEST_FIRST = list(Standing)


class Conflict(StrEnum):
    """Why an account cannot take the place of an invited person."""

    OTHER_ACCOUNT = "other_account"


@dataclass(frozen=True)
class Link:
    """A genuine link: the invitation it was signed for and the state that it is in."""

    invitation: Invitation
    generation: int

    @property
    def membership(self) -> Membership:
        return self.invitation.membership

    @property
    def person(self) -> Person:
        return self.membership.person

    @property
    def program(self) -> Program:
        return self.membership.program

    @property
    def state(self) -> LinkState:
        if not self.program.is_active:
            return LinkState.PROGRAM_REMOVED
        if self.membership.state == Membership.State.MEMBER:
            return LinkState.USED
        if self.membership.state == Membership.State.REMOVED:
            return LinkState.REMOVED
        return LinkState.OPEN if self.generation == self.invitation.generation else LinkState.REPLACED


@dataclass(frozen=True)
class Offer:
    """A place in a program that one may take up, under this contract: an invitation, a place to return to,
    or one that the allow-list holds for everyone at a domain. `email` is how the organization knows, or
    will know, the person; `person` is None for someone who is new to it.
    """

    program: Program
    contract: Contract
    email: str
    person: Person | None

    @classmethod
    def of(cls, membership: Membership) -> "Offer":
        return cls(membership.program, membership.contract, membership.person.email, membership.person)


@dataclass(frozen=True)
class WayIn:
    """How a signed-in person stands to a program, by which membership, and what is in the way.

    `address` is the confirmed address whose domain is on the allow-list, when that is the way in.
    """

    standing: Standing
    membership: Membership | None = None
    offer: Offer | None = None
    conflict: Conflict | None = None
    address: str = ""


def link(token: str) -> Link | None:
    """The invitation behind a token; None for one that is forged, mangled or of another kind."""
    numbers = tokens.read("invitation", token)
    return link_of(*numbers) if numbers is not None and len(numbers) == 2 else None


def link_of(invitation_id: int, generation: int) -> Link | None:
    """The same for numbers that have been read from a token already; None when the row is gone."""
    rows = Invitation.objects.select_related(
        "membership__program__organization", "membership__person__user", "membership__contract__organization"
    )
    invitation = rows.filter(pk=invitation_id).first()
    return Link(invitation, generation) if invitation else None


def caller(link: Link, user: Visitor) -> Caller:
    """Whether the visitor is the invited person, has an account elsewhere, or is someone else."""
    owner = account_of(link.person)
    if not user.is_authenticated:
        return Caller.NEW if owner is None else Caller.OWNER_AWAY
    return Caller.OWNER if owner == user else Caller.OTHER


def account_of(person: Person) -> User | None:
    """The account a person joined with before, else the one that their address belongs to."""
    return person.user or account_at(person.email)


def account_at(email: str) -> User | None:
    """The account that this normalized address belongs to: verified there, or of someone who has been in."""
    address = EmailAddress.objects.filter(email=email, verified=True).select_related("user").first()
    if address is not None:
        return address.user
    return User.objects.filter(email=email).exclude(pk__in=_never_entered(email)).first()


def unclaimed_account(email: str) -> User | None:
    """An account begun at this address that nobody could enter, since no address of it is confirmed."""
    return _never_entered(email).first()


def conflict(person: Person, user: User) -> Conflict | None:
    """Why this account cannot become this person: the place or the address is another account's. None when
    nothing is in the way; an account that is another person of the organization takes this one in.
    """
    if person.user_id not in (None, user.pk) or account_at(person.email) not in (None, user):
        return Conflict.OTHER_ACCOUNT
    return None


def why_closed(contract: Contract) -> TurnedAway.Reason | None:
    """Why nobody can join under this contract today; None when there is room."""
    if contract.today < contract.starts_on:
        return TurnedAway.Reason.NOT_STARTED
    if contract.today > contract.ends_on:
        return TurnedAway.Reason.ENDED
    return None if contract.takes_members else TurnedAway.Reason.FULL


def turned_away(program: Program, email: str) -> TurnedAway | None:
    """What the administrators know of this address's attempt to join, if there was one."""
    return TurnedAway.objects.filter(email=email, program=program).first()


def program_at(slug: str) -> Program | None:
    """The program at this public address, a removed one too."""
    return Program.objects.select_related("organization").filter(slug=slug).first()


def way_in(program: Program, user: User) -> WayIn:
    """How this account stands to the program.

    Of several entries the widest counts: member, then invited at a confirmed address, then removed. Who
    has no such entry may come in by a confirmed address at a domain of the allow-list, unless one of theirs
    is barred. An invitation to an address it has not confirmed comes last.
    """
    confirmed = verified(user)
    found = [(_standing(row, user, confirmed), row) for row in _candidates(user).filter(program=program)]
    way = min((WayIn(*entry) for entry in found), key=_width, default=WayIn(Standing.STRANGER))
    if way.membership and way.standing in (Standing.INVITED, Standing.RETURNING):
        offer, who = Offer.of(way.membership), way.membership.person
        return replace(way, offer=offer, conflict=conflict(who, user))
    if way.standing in (Standing.UNVERIFIED, Standing.STRANGER):
        return _by_domain(program, user, confirmed) or way
    return way


def barred(program: Program, addresses: Iterable[str]) -> QuerySet[BarredAddress]:
    """Those of these normalized addresses that need a new invitation to the program, since their owner was
    removed without leave to return and deleted the account. No door but an invitation may let them in.
    """
    return BarredAddress.objects.filter(
        program=program, digest__in=[bar_digest(email) for email in addresses]
    )


def bar_digest(email: str) -> str:
    """What is kept of a normalized address that is barred."""
    return digests.digest("barred_address", email)


def memberships(user: User) -> QuerySet[Membership]:
    """The programs this account is a member of, by name; those that were removed are left out."""
    rows = Membership.objects.filter(
        person__user=user, state=Membership.State.MEMBER, program__state=Program.State.ACTIVE
    )
    return rows.select_related("program__organization").order_by("program__name", "pk")


def open_invitations(user: User) -> list[Membership]:
    """The programs that this account could join by its confirmed addresses and has not joined, by name."""
    rows = _candidates(user).filter(
        person__email__in=verified(user), state=Membership.State.INVITED, program__state=Program.State.ACTIVE
    )
    rows = rows.exclude(program__in=memberships(user).order_by().values("program"))
    return sorted(rows, key=lambda row: (row.program.name, row.pk))


def administered(user: User) -> Organization | None:
    """The first organization, by name, that this person administers."""
    grant = (
        RoleGrant.objects.filter(user=user)
        .select_related("organization")
        .order_by("organization__name")
        .first()
    )
    return grant.organization if grant else None


def addresses(user: User) -> list[str]:
    """The confirmed addresses of an account, the primary first; its only address when none is confirmed."""
    confirmed = EmailAddress.objects.filter(user=user, verified=True).order_by("-primary", "email")
    return list(confirmed.values_list("email", flat=True)) or [user.email]


def verified(user: User) -> list[str]:
    """The confirmed addresses of an account, normalized, the primary first: those of persons it may be."""
    rows = EmailAddress.objects.filter(user=user, verified=True).order_by("-primary", "email")
    return [emails.normalize(email) for email in rows.values_list("email", flat=True)]


def unconfirmed(user: User) -> list[str]:
    """The addresses of an account that it has not confirmed, normalized."""
    rows = EmailAddress.objects.filter(user=user, verified=False).order_by("email")
    return [emails.normalize(email) for email in rows.values_list("email", flat=True)]


def _never_entered(email: str) -> QuerySet[User]:
    # Only global tables are asked: behind the wall an account's doings elsewhere cannot be seen.
    confirmed = EmailAddress.objects.filter(user=OuterRef("pk"), verified=True)
    return User.objects.filter(~Exists(confirmed), email=email, is_active=True, last_login=None)


def _candidates(user: User) -> QuerySet[Membership]:
    """The memberships that may be this account's, the surest first."""
    known = [
        emails.normalize(row)
        for row in EmailAddress.objects.filter(user=user).values_list("email", flat=True)
    ]
    sure = Case(
        When(person__user=user, then=Value(0)),
        When(person__email__in=verified(user), then=Value(1)),
        default=Value(2),
        output_field=IntegerField(),
    )
    rows = Membership.objects.filter(Q(person__user=user) | Q(person__user=None, person__email__in=known))
    return rows.select_related("program__organization", "person", "contract__organization").order_by(
        sure, "pk"
    )


def _by_domain(program: Program, user: User, confirmed: list[str]) -> WayIn | None:
    """The way in through the allow-list, as the person of the organization that the account is already, or
    that it is closed to an address which needs a new invitation.
    """
    found = offers.rule_for(program, confirmed)
    if found is None:
        return None
    if barred(program, confirmed).exists():
        return WayIn(Standing.REMOVED)
    rule, address = found
    known = Person.objects.filter(organization=program.organization_id)
    person = known.filter(user=user).first() or known.filter(email=address).first()
    offer = Offer(program, rule.contract, person.email if person else address, person)
    in_the_way = conflict(person, user) if person and person.user_id != user.pk else None
    return WayIn(Standing.LISTED, offer=offer, conflict=in_the_way, address=address)


def _width(way: WayIn) -> int:
    return WIDEST_FIRST.index(way.standing)


def _standing(membership: Membership, user: User, confirmed: list[str]) -> Standing:
    own = membership.person.user_id == user.pk
    if not own and membership.person.email not in confirmed:
        return Standing.UNVERIFIED if membership.state != Membership.State.REMOVED else Standing.STRANGER
    if membership.state == Membership.State.REMOVED:
        return Standing.RETURNING if membership.allow_return else Standing.REMOVED
    # A member whose account was deleted finds their place again by the address.
    return Standing.MEMBER if own and membership.state == Membership.State.MEMBER else Standing.INVITED
