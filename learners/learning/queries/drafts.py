"""Whom and what the rows of a file mean, for a whole batch at a time."""

from collections.abc import Sequence

from catalog.models import Item
from learners.learning.facts import Fact
from learners.learning.queries import recognizing
from learners.learning.queries.recognizing import Standing
from learners.learning.reading.rows import Draft, Refused
from learners.people.models import Person
from orgs.models import Organization


def judge(organization: Organization, drafts: Sequence[Draft]) -> list[Fact | Refused]:
    """For each draft the fact that it tells, or why it tells none."""
    by_email = recognizing.accounts_by_email(organization, {row.email for row in drafts} - {""})
    by_id = recognizing.accounts_by_external_id(organization, {row.external_id for row in drafts})
    users = {row: by_email.get(row.email) if row.email else by_id.get(row.external_id) for row in drafts}
    waiting = _waiting(organization, [row for row in drafts if users[row] is None])
    courses = recognizing.courses_by_slug({row.course for row in drafts})
    held = recognizing.standings(organization, filter(None, users.values()), courses.values())
    versions = {standing.version_id for standing in held.values()}
    items = recognizing.items(versions, {row.item for row in drafts} - {""})
    told: list[Fact | Refused] = []
    for row in drafts:
        user_id = users[row]
        if user_id is None:
            told.append(Refused(row.who, _stranger(row, waiting)))
        elif row.course not in courses:
            told.append(Refused(row.course, "There is no course with this slug."))
        else:
            course_id = courses[row.course]
            told.append(_fact(organization, row, user_id, course_id, held.get((user_id, course_id)), items))
    return told


def _fact(
    organization: Organization,
    row: Draft,
    user_id: int,
    course_id: int,
    standing: Standing | None,
    items: dict[tuple[int, str], Item],
) -> Fact | Refused:
    if standing is None:
        return Refused(row.who, f"This person was never enrolled in {row.course} through {organization}.")
    item = items.get((standing.version_id, row.item)) if row.item else None
    if row.item and item is None:
        return Refused(row.item, f"The course {row.course} has no item with this key.")
    if row.score is not None and not hasattr(item, "assessment"):
        return Refused(row.item, f"This item of {row.course} is not an assessment.")
    return Fact(
        user_id=user_id,
        course_id=course_id,
        at=row.at,
        kind=row.kind,
        item_id=item.pk if item else None,
        event_id=row.event_id(organization.pk, user_id),
        score=row.score,
        passed=row.passed,
        completes=item is not None and row.kind == row.kind.COMPLETED,
    )


def _waiting(organization: Organization, drafts: Sequence[Draft]) -> set[str]:
    """Addresses and External IDs of people who are known and have no account yet."""
    persons = Person.objects.filter(organization=organization, user=None)
    addresses = sorted({row.email for row in drafts} - {""})
    external_ids = sorted({row.external_id for row in drafts} - {""})
    found = set(persons.filter(email__in=addresses).values_list("email", flat=True))
    return found | set(persons.filter(external_id__in=external_ids).values_list("external_id", flat=True))


def _stranger(row: Draft, waiting: set[str]) -> str:
    if row.who in waiting:
        return "This person has no account yet."
    return "The organization knows nobody by this, or more than one person."
