"""An account as its owner sees it: addresses, places, roles, and what would happen to them."""

from collections import defaultdict
from dataclasses import dataclass

from allauth.account.models import EmailAddress

from config.lib import emails
from learners.learning.models import CourseRecord
from learners.people.models import Membership, Person
from orgs.models import Organization, RoleGrant, User
from orgs.permissions import Role
from programs.models import Program


@dataclass(frozen=True)
class Address:
    """One address of an account, and the organizations that know its owner by it."""

    pk: int
    email: str
    primary: bool
    verified: bool
    organizations: tuple[str, ...]
    is_only: bool

    @property
    def dialog(self) -> str:
        """The id of the question that is asked before it is removed."""
        return f"remove-{self.pk}"


@dataclass(frozen=True)
class Parting:
    """What ends with an account: places, invitations, roles; and who has no other administrator."""

    memberships: list[Membership]
    invitations: list[Membership]
    roles: list[RoleGrant]
    orphaned: list[Organization]


def has_coursework(user: User) -> bool:
    """Whether the account has enrolled in a course anywhere, so that it may not be merged with another such
    one. Each enrollment has a record of its account, which stays when the course is left.
    """
    return CourseRecord.objects.filter(user=user).exists()


def addresses(user: User) -> list[Address]:
    """The addresses of an account, the primary first; one that was never confirmed is among them."""
    known: dict[str, list[str]] = defaultdict(list)
    for person in Person.objects.filter(user=user).select_related("organization"):
        known[person.email].append(person.organization.name)
    rows = list(EmailAddress.objects.filter(user=user).order_by("-primary", "-verified", "email"))
    return [
        Address(
            row.pk,
            row.email,
            row.primary,
            row.verified,
            tuple(sorted(known[emails.normalize(row.email)])),
            len(rows) == 1,
        )
        for row in rows
    ]


def brand(user: User) -> Organization | None:
    """The organization whose brand the account's own pages wear: where there is exactly one."""
    found = _organizations(user)
    return found[0] if len(found) == 1 else None


def parting(user: User) -> Parting:
    """What erasing this account would end."""
    rows = Membership.objects.filter(person__user=user, program__state=Program.State.ACTIVE)
    held = rows.select_related("program__organization", "person").order_by("program__name", "pk")
    roles = RoleGrant.objects.filter(user=user).select_related("organization", "program")
    return Parting(
        memberships=list(held.filter(state=Membership.State.MEMBER)),
        invitations=list(held.filter(state=Membership.State.INVITED)),
        roles=list(roles.order_by("organization__name", "role", "pk")),
        orphaned=orphaned(user),
    )


def orphaned(user: User) -> list[Organization]:
    """The organizations that nobody but this account administers, by name."""
    grants = RoleGrant.objects.filter(role=Role.ORG_ADMIN)
    mine = Organization.objects.filter(pk__in=grants.filter(user=user).values("organization"))
    others = grants.filter(user__is_active=True).exclude(user=user)
    return list(mine.exclude(pk__in=others.values("organization")).order_by("name"))


def _organizations(user: User) -> list[Organization]:
    learns = Person.objects.filter(user=user).values("organization")
    works = RoleGrant.objects.filter(user=user).values("organization")
    return list(Organization.objects.filter(pk__in=learns.union(works)).order_by("pk")[:2])
