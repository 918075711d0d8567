"""What an organization offers, read: its programs with their catalogs, its contracts, and the domains on
their allow-lists.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.utils import timezone

from catalog.models import Course, Specialization, SpecializationCourse
from config.lib import domains, keyset
from config.lib.keyset import Order, Place, Slice
from orgs.models import Organization
from programs.models import Collection, CollectionEntry, Contract, DomainRule, Program

BY_DOMAIN = Order("domain", "shown")
SEARCH_MAX = domains.MAX_LENGTH
NAMED = 3


def programs(organization: Organization) -> QuerySet[Program]:
    """The programs that were not removed, by name."""
    return Program.objects.filter(organization=organization, state=Program.State.ACTIVE)


def contracts(organization: Organization) -> QuerySet[Contract]:
    """Every contract of the organization, the one that ends last first. Each answers `left`, `is_running`
    and `takes_members` without another query.
    """
    return Contract.objects.filter(organization=organization).select_related("organization")


def open_contracts(organization: Organization) -> QuerySet[Contract]:
    """The contracts one may invite under: those that run, then those that have not started yet. One that
    is full is among them, since inviting takes no seat.
    """
    today = timezone.localdate(timezone=organization.zone)
    return contracts(organization).filter(ends_on__gte=today).order_by("starts_on", "ends_on", "name", "id")


def contract(organization: Organization, pk: int) -> Contract | None:
    """One contract of the organization, whether it runs or not."""
    return contracts(organization).filter(pk=pk).first()


@dataclass(frozen=True)
class DomainPage:
    """One page of a program's allow-list, by domain; `all` counts the whole list, whatever was searched."""

    rows: list[DomainRule]
    slice: Slice
    all: int


@dataclass(frozen=True)
class DomainSelection:
    """Domains of one program's allow-list: those with these ids, or with `ids` None all that match."""

    program: Program
    search: str = ""
    ids: tuple[int, ...] | None = None

    def rows(self) -> QuerySet[DomainRule]:
        """The selected rules that are still there, by domain."""
        rules = domain_rules(self.program, self.search if self.ids is None else "")
        return rules if self.ids is None else rules.filter(pk__in=self.ids)


@dataclass(frozen=True)
class DomainOutlook:
    """What is selected: how many domains, and the first of them."""

    count: int
    first: list[DomainRule]

    @property
    def others(self) -> int:
        """How many besides those named."""
        return self.count - len(self.first)


def domain_rules(program: Program, search: str = "") -> QuerySet[DomainRule]:
    """The allow-list of a program by domain; with `search` the domains with that part, in either form."""
    rules = DomainRule.objects.filter(program=program).select_related("contract__organization")
    term = search.strip().lower()[:SEARCH_MAX]
    if term:
        rules = rules.filter(Q(shown__contains=term) | Q(domain__contains=term))
    return rules.order_by("shown", "pk")


def domain_page(program: Program, *, search: str, page: str, size: int, query: QueryDict) -> DomainPage:
    """One page of the allow-list. `page` is a word of the address; four queries."""
    rules = domain_rules(program, search)
    found, everything = keyset.counts(rules, domain_rules(program))
    part = keyset.cut(rules, BY_DOMAIN, Place.read(page, size, BY_DOMAIN), found, query)
    return DomainPage(keyset.in_order(rules, part.ids), part, everything.value)


def domain_outlook(selection: DomainSelection) -> DomainOutlook:
    """Look ahead at an act on selected domains, in two queries."""
    rules = selection.rows()
    return DomainOutlook(rules.count(), list(rules[:NAMED]))


def rule_for(program: Program, addresses: Sequence[str]) -> tuple[DomainRule, str] | None:
    """The rule that lets one of these normalized addresses join the program, and the first address it lets
    in. The domain has to be the same: a subdomain has a rule of its own, or none.
    """
    by_address = {address: domains.of(address) for address in addresses}
    wanted = {domain for domain in by_address.values() if domain}
    rules = (
        DomainRule.objects.filter(program=program, domain__in=wanted) if wanted else DomainRule.objects.none()
    )
    found = {rule.domain: rule for rule in rules.select_related("contract__organization")}
    return next(((found[domain], address) for address, domain in by_address.items() if domain in found), None)


@dataclass(frozen=True)
class CatalogSize:
    """How much a program offers; a course counts once, however many ways lead to it."""

    collections: int
    courses: int
    specializations: int


def catalog_courses(program: Program) -> QuerySet[Course]:
    """The program's catalog: the distinct courses in its collections, those of its specializations included.

    One that can no longer be enrolled in is among them.
    """
    placed = CollectionEntry.objects.filter(collection__program=program)
    parts = SpecializationCourse.objects.filter(specialization__in=catalog_specializations(program))
    directly = placed.filter(course__isnull=False).values("course")
    return Course.objects.filter(Q(pk__in=directly) | Q(pk__in=parts.values("course")))


def catalog_specializations(program: Program) -> QuerySet[Specialization]:
    """The distinct specializations in the program's collections."""
    placed = CollectionEntry.objects.filter(collection__program=program, specialization__isnull=False)
    return Specialization.objects.filter(pk__in=placed.values("specialization"))


def catalog_size(program: Program) -> CatalogSize:
    """What the program's catalog holds, in three queries."""
    return CatalogSize(
        Collection.objects.filter(program=program).count(),
        catalog_courses(program).count(),
        catalog_specializations(program).count(),
    )


def collections_with(program: Program, what: Course | Specialization) -> QuerySet[Collection]:
    """The program's collections in which a course, or a specialization, is found; a course in one of a
    collection's specializations is.
    """
    placed = CollectionEntry.objects.filter(collection__program=program)
    if isinstance(what, Course):
        held = Q(course=what) | Q(specialization__in=what.parts.values("specialization"))
        placed = placed.filter(held)
    else:
        placed = placed.filter(specialization=what)
    return Collection.objects.filter(pk__in=placed.values("collection"))


def in_catalogs(programs: Sequence[int], courses: Sequence[int]) -> set[tuple[int, int]]:
    """Which of these courses are in the catalogs of which of these programs: pairs of ids. Two queries."""
    placed = CollectionEntry.objects.filter(collection__program__in=programs)
    directly = placed.filter(course__in=courses)
    in_parts = placed.filter(specialization__courses__in=courses)
    pairs = set(directly.values_list("collection__program", "course"))
    return pairs | set(in_parts.values_list("collection__program", "specialization__courses"))
