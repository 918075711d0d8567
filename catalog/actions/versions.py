"""New editions of courses' content. An edition is never changed: who began with it stays with it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from django.db import connection, transaction
from django.db.models import Max

from catalog.models import Assessment, AssessmentSkill, Course, CourseVersion, Item, Lesson, Module
from catalog.reading.drafts import Outline
from orgs.models import User

BATCH = 5_000
POINT = """
update catalog_course c set version_id = v.id from catalog_courseversion v
where v.id = any(%s) and c.id = v.course_id and c.version_id is distinct from v.id"""


@dataclass
class _Rows:
    """The rows of several editions, in the order in which they refer to each other."""

    modules: list[Module] = field(default_factory=list)
    lessons: list[Lesson] = field(default_factory=list)
    items: list[Item] = field(default_factory=list)
    assessments: list[Assessment] = field(default_factory=list)
    tags: list[AssessmentSkill] = field(default_factory=list)


@transaction.atomic
def publish(
    *, outlines: Mapping[Course, Outline], skill_ids: Mapping[str, int], by: User | None
) -> dict[Course, int]:
    """Teach this content from now on: a new version where it differs from every former one, else the former.

    `skill_ids` are those of the tags, by slug. Returns the number of the version now taught, of the courses
    where that changed.
    """
    digests = {course: outline.digest for course, outline in outlines.items()}
    versions = CourseVersion.objects.filter(course__in=list(outlines))
    known = {(version.course_id, version.digest): version for version in versions}
    numbers = dict(versions.values_list("course").annotate(Max("number")))
    new = [
        CourseVersion(course=course, number=numbers.get(course.pk, 0) + 1, digest=digest)
        for course, digest in digests.items()
        if (course.pk, digest) not in known
    ]
    CourseVersion.objects.bulk_create(new, BATCH)
    _write(((version, outlines[version.course]) for version in new), skill_ids)
    known |= {(version.course_id, version.digest): version for version in new}
    taught = {course: known[course.pk, digest] for course, digest in digests.items()}
    changed = {course: version for course, version in taught.items() if course.version_id != version.pk}
    with connection.cursor() as cursor:
        cursor.execute(POINT, [[version.pk for version in changed.values()]])
    return {course: version.number for course, version in changed.items()}


def _write(content: Iterable[tuple[CourseVersion, Outline]], skill_ids: Mapping[str, int]) -> None:
    rows = _Rows()
    for version, outline in content:
        _lay_out(rows, version, outline, skill_ids)
    Module.objects.bulk_create(rows.modules, BATCH)
    Lesson.objects.bulk_create(rows.lessons, BATCH)
    Item.objects.bulk_create(rows.items, BATCH)
    Assessment.objects.bulk_create(rows.assessments, BATCH)
    AssessmentSkill.objects.bulk_create(rows.tags, BATCH)


def _lay_out(rows: _Rows, version: CourseVersion, outline: Outline, skill_ids: Mapping[str, int]) -> None:
    for place, part in enumerate(outline.modules):
        module = Module(version=version, title=part.title, position=place)
        rows.modules.append(module)
        for number, below in enumerate(part.lessons):
            lesson = Lesson(module=module, title=below.title, position=number)
            rows.lessons.append(lesson)
            for position, draft in enumerate(below.items):
                item = Item(
                    version=version,
                    lesson=lesson,
                    key=draft.key,
                    kind=draft.kind,
                    title=draft.title,
                    position=position,
                    is_required=draft.is_required,
                    seconds=draft.seconds,
                    activity_iri=draft.activity_iri,
                    content=draft.content,
                )
                rows.items.append(item)
                if draft.assessment is None:
                    continue
                scored = draft.assessment
                assessment = Assessment(
                    item=item, weight=scored.weight, pass_mark=scored.pass_mark, attempts=scored.attempts
                )
                rows.assessments.append(assessment)
                rows.tags += (
                    AssessmentSkill(assessment=assessment, skill_id=skill_ids[slug], weight=weight)
                    for slug, weight in scored.skills.items()
                )
