"""Whom and what a row from elsewhere means: people by address or External ID, courses and items by name."""

import hashlib
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from allauth.account.models import EmailAddress
from django.conf import settings
from django.db.models import QuerySet

from catalog.models import Course, Item
from learners.learning.models import Enrollment
from learners.people.models import Person
from orgs.models import Organization


@dataclass(frozen=True, slots=True)
class Place:
    """A course, and what an address says beyond that of the course; `whole` when it is the course itself."""

    course_id: int
    tail: str = ""
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """What a person has or had of a course through the organization: `until` is None while they have it."""

    version_id: int
    until: datetime | None


def accounts_by_email(organization: Organization, addresses: Collection[str]) -> dict[str, int]:
    """Accounts of people of the organization by normalized address: those it has, before those the account
    has confirmed besides.
    """
    persons = _joined(organization).filter(email__in=sorted(addresses))
    found = dict(persons.values_list("email", "user_id"))
    rest = sorted(set(addresses) - found.keys())
    confirmed = EmailAddress.objects.filter(email__in=rest, verified=True)
    return found | dict(
        confirmed.filter(user__in=_joined(organization).values("user")).values_list("email", "user_id")
    )


def accounts_by_external_id(organization: Organization, external_ids: Collection[str]) -> dict[str, int]:
    """Accounts of people of the organization by External ID; one that two people have is nobody's."""
    wanted = sorted(set(external_ids) - {""})
    rows = _joined(organization).filter(external_id__in=wanted).values_list("external_id", "user_id")
    owners: dict[str, set[int]] = {}
    for external_id, user_id in rows:
        owners.setdefault(external_id, set()).add(user_id)
    return {external_id: users.pop() for external_id, users in owners.items() if len(users) == 1}


def accounts_by_sha1(organization: Organization, digests: Collection[str]) -> dict[str, int]:
    """Accounts by the SHA-1 of `mailto:` and their address. Goes over all people of the organization."""
    wanted = set(digests)
    found = {}
    rows = _joined(organization).values_list("email", "user_id")
    for email, user_id in rows.iterator(chunk_size=10_000):
        digest = sha1_of(email)
        if digest in wanted:
            found[digest] = user_id
    return found


def sha1_of(email: str) -> str:
    """How xAPI writes an address that it does not show."""
    return hashlib.sha1(f"mailto:{email}".encode(), usedforsecurity=False).hexdigest()


def courses(addresses: Collection[str]) -> dict[str, Place]:
    """The courses that these addresses name: by their activity IRI, or as pages of this site."""
    by_iri = Course.objects.filter(activity_iri__in=sorted(addresses)).values_list("activity_iri", "pk")
    found = {iri: Place(pk, whole=True) for iri, pk in by_iri if iri is not None}
    ours = {address: match for address in addresses if (match := _our_page().fullmatch(address))}
    by_slug = courses_by_slug({match["slug"] for match in ours.values()})
    for address, match in ours.items():
        if match["slug"] in by_slug:
            tail = match["tail"] or ""
            found.setdefault(address, Place(by_slug[match["slug"]], tail, whole=not tail))
    return found


def courses_by_slug(slugs: Collection[str]) -> dict[str, int]:
    """The courses with these slugs."""
    return dict(Course.objects.filter(slug__in=sorted(slugs)).values_list("slug", "pk"))


def courses_of_items(iris: Collection[str]) -> dict[str, Place]:
    """The courses that have items of these activity IRIs, where it is only one."""
    rows = Item.objects.filter(activity_iri__in=sorted(iris)).values_list("activity_iri", "version__course")
    owners: dict[str, set[int]] = {}
    for iri, course_id in rows:
        owners.setdefault(iri, set()).add(course_id)
    return {iri: Place(ids.pop(), iri) for iri, ids in owners.items() if len(ids) == 1}


def standings(
    organization: Organization, user_ids: Iterable[int], course_ids: Iterable[int]
) -> dict[tuple[int, int], Standing]:
    """What these accounts have or had of these courses through the organization, by account and course."""
    rows = Enrollment.objects.filter(
        organization=organization,
        record__user__in=sorted(set(user_ids)),
        record__course__in=sorted(set(course_ids)),
    ).values_list("record__user_id", "record__course_id", "record__version_id", "left_at")
    found: dict[tuple[int, int], Standing] = {}
    for user_id, course_id, version_id, left_at in rows:
        known = found.get((user_id, course_id))
        until = left_at if known is None else _later(known.until, left_at)
        found[user_id, course_id] = Standing(version_id, until)
    return found


def items(version_ids: Collection[int], names: Collection[str]) -> dict[tuple[int, str], Item]:
    """The items of these versions by what they may be called: their activity IRI, else their key."""
    rows = Item.objects.filter(version__in=sorted(version_ids)).select_related("assessment").defer("content")
    wanted = sorted(names)
    found = {(item.version_id, item.key): item for item in rows.filter(key__in=wanted)}
    return found | {
        (item.version_id, item.activity_iri): item
        for item in rows.filter(activity_iri__in=sorted(set(wanted) - {""}))
    }


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    return None if one is None or other is None else max(one, other)


def _joined(organization: Organization) -> QuerySet[Person]:
    return Person.objects.filter(organization=organization, user__isnull=False)


def _our_page() -> re.Pattern[str]:
    """A page of a course on this site, and what follows its slug."""
    return re.compile(
        rf"{re.escape(settings.SITE_URL)}/(?:.+/)?courses/(?P<slug>[\w-]+)(?:[/#](?P<tail>.*))?"
    )
