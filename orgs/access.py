"""Who asks, in which organization, with which permissions: the first wall, at the door of each admin view."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils import timezone

from orgs.models import Organization, RoleGrant, User
from orgs.navigation import Section, sections
from orgs.permissions import ROLE_PERMISSIONS, Permission, Role
from orgs.tenancy import org_transaction

# The model that a grant names; reached through the relation, so that the kernel imports nothing above it.
PROGRAM_MODEL = RoleGrant._meta.get_field("program")


@dataclass(frozen=True)
class Standing:
    """One line of the organization switcher."""

    name: str
    role: str
    url: str

    @classmethod
    def of(cls, grant: RoleGrant) -> "Standing":
        return cls(
            grant.organization.name, grant.get_role_display(), reverse("home", args=[grant.organization.slug])
        )


@dataclass(frozen=True)
class Access:
    """A person's standing in one organization, resolved once per request or job."""

    user: User
    organization: Organization
    grants: tuple[RoleGrant, ...]

    @cached_property
    def role(self) -> Role:
        """The widest role held: what the page shows under the person's name."""
        roles = {grant.role for grant in self.grants}
        return Role.ORG_ADMIN if Role.ORG_ADMIN in roles else Role.PROGRAM_ADMIN

    @cached_property
    def permissions(self) -> frozenset[Permission]:
        return frozenset().union(*(ROLE_PERMISSIONS[grant.role] for grant in self.grants))

    @cached_property
    def program_ids(self) -> frozenset[int] | None:
        """The programs one is confined to, or None for all programs of the organization."""
        if self.role == Role.ORG_ADMIN:
            return None
        return frozenset(grant.program_id for grant in self.grants if grant.program_id is not None)

    def sees(self, program_id: int) -> bool:
        return self.program_ids is None or program_id in self.program_ids

    def may(self, permission: Permission, program_id: int | None = None) -> bool:
        """Whether one may do this: anywhere in the organization, or to the given program."""
        return permission in self.permissions and (program_id is None or self.sees(program_id))

    @cached_property
    def sections(self) -> list[Section]:
        """What the rail shows this person."""
        return sections(self.organization.slug, self.permissions)

    @cached_property
    def organizations(self) -> list["Standing"]:
        """Every organization this person administers, for the switcher, by name."""
        grants = RoleGrant.objects.filter(user=self.user).select_related("organization")
        standings: dict[str, Standing] = {}
        for grant in sorted(grants, key=lambda grant: (grant.organization.name, grant.role)):
            standings.setdefault(grant.organization.slug, Standing.of(grant))
        return list(standings.values())


def resolve(user: User, organization_slug: str) -> Access | None:
    """The standing of a person in the organization at this address; None for a stranger to it."""
    grants = tuple(
        RoleGrant.objects.filter(user=user, organization__slug=organization_slug).select_related(
            "organization"
        )
    )
    return Access(user, grants[0].organization, grants) if grants else None


def resolve_for(user: User | None, organization: Organization) -> Access | None:
    """The same for a job that runs later: None when the right was withdrawn while it waited."""
    return resolve(user, organization.slug) if user is not None and user.is_active else None


def org_view(
    permission: Permission, *, program: bool = False
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Open an admin view to those who hold `permission` in the organization of the URL.

    The view is called as `view(request, access, ...)`, with `program=True` as
    `view(request, access, program, ...)`. Anonymous visitors are sent to sign in; strangers to the
    organization or the program get 404, those who may see it but not do this get 403. View and
    response run inside `org_transaction` and in the organization's time zone.
    """

    def decorate(view: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(view)
        def guarded(request: HttpRequest, org: str, **kwargs: Any) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path())
            access = resolve(request.user, org)
            if access is None:
                raise Http404
            request.access = access  # type: ignore[attr-defined]
            with org_transaction(access.organization), timezone.override(access.organization.zone):
                arguments = [_program(access, kwargs.pop("program"))] if program else []
                if not access.may(permission, arguments[0].pk if arguments else None):
                    raise PermissionDenied
                return _rendered(view(request, access, *arguments, **kwargs))

        guarded.permission = permission  # type: ignore[attr-defined]
        guarded.takes_program = program  # type: ignore[attr-defined]
        return guarded

    return decorate


def public_view(reason: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Stamp a view that is no admin view, with the reason why it needs no permission of an organization."""

    def decorate(view: Callable[..., Any]) -> Callable[..., Any]:
        view.public_reason = reason  # type: ignore[attr-defined]
        return view

    return decorate


def _program(access: Access, slug: str) -> Any:
    model = PROGRAM_MODEL.related_model
    program = model._default_manager.filter(organization=access.organization, slug=slug).first()
    if program is None or not access.sees(program.pk):
        raise Http404
    return program


def _rendered(response: HttpResponseBase) -> HttpResponseBase:
    """Lazy template responses are rendered while the wall still stands."""
    if isinstance(response, HttpResponse) and hasattr(response, "render"):
        response.render()
    return response
