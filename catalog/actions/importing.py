"""Loading a catalog: courses with what they consist of, specializations, class sessions."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, BinaryIO

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from catalog import texts
from catalog.actions import search_words, skills, specializations, versions
from catalog.models import Course, CourseSession, CourseSkill, Partner, Skill
from catalog.reading import files, rows, words
from catalog.reading.drafts import CourseDraft, Draft, Outline, SessionDraft, SpecializationDraft
from catalog.reading.refused import Refused
from catalog.reading.skills import SkillIndex
from catalog.report import Remark, Report
from config.lib.csvin import Unreadable
from orgs.errors import ActionError
from orgs.models import User

BATCH = 500
INSERTS = 5_000
KEPT = (
    "title",
    "kind",
    "level",
    "language",
    "hours",
    "summary",
    "description",
    "partner_id",
    "activity_iri",
    "is_offered",
    "search",
)
TIDY = """
analyze catalog_course, catalog_courseskill, catalog_courseversion, catalog_module, catalog_lesson,
  catalog_item, catalog_assessment, catalog_assessmentskill, catalog_searchword"""


@dataclass
class _Run:
    """What one import knows and has done so far."""

    known: SkillIndex
    skill_ids: dict[str, int]
    skill_names: dict[str, str]
    partners: dict[str, Partner]
    report: Report
    lines: dict[str, int] = field(default_factory=dict)
    iris: dict[str, str] = field(default_factory=dict)

    def refuse(self, draft: Draft, reason: str) -> None:
        self.report.refused.append(Remark(draft.line, draft.slug, draft.title, reason))


@transaction.atomic
def import_catalog(*, file: BinaryIO, by: User | None, dry_run: bool = False) -> Report:
    """Load a catalog file (CSV, .xlsx or JSON lines), courses and specializations matched by their slugs.

    Rows that cannot be used are reported and left out, the others loaded. What a row does not say stays as
    it is. Content that differs from the version taught becomes a new version; records stay with theirs. The
    same file again changes nothing. Raises ActionError when the file cannot be read, with nothing changed.
    With `dry_run` nothing stays. A site without any skill gets the shipped ones first.

    The catalog belongs to no organization, so no audit log gets an entry. After new parts of a
    specialization, `manage.py reconcile --fix` tells the progress of those who are enrolled in it again.
    """
    with connection.cursor() as cursor:
        cursor.execute(skills.LOCK)
    skills.ensure(by=by)
    run = _started()
    later: list[SpecializationDraft | SessionDraft] = []
    try:
        source = files.opened(file)
        run.report.unused = source.unused
        drafts = _drafts(run, source.entries, later)
        while batch := list(islice(drafts, BATCH)):
            _courses(run, batch, by)
    except Unreadable as error:
        raise ActionError(error.text) from error
    _specializations(run, [one for one in later if isinstance(one, SpecializationDraft)], by)
    _lone_sessions(run, [one for one in later if isinstance(one, SessionDraft)])
    search_words.collect(by=by)
    run.report.settle()
    with connection.cursor() as cursor:
        cursor.execute(TIDY)
    if dry_run:
        transaction.set_rollback(True)
    return run.report


def _started() -> _Run:
    tree = list(Skill.objects.prefetch_related("sub_skills").order_by("slug"))
    return _Run(
        known=SkillIndex((one.slug, one.name, [part.name for part in one.sub_skills.all()]) for one in tree),
        skill_ids={skill.slug: skill.pk for skill in tree},
        skill_names={skill.slug: skill.name for skill in tree},
        partners={texts.plain(partner.name): partner for partner in Partner.objects.all()},
        report=Report(),
    )


def _drafts(
    run: _Run, entries: Iterable[files.Entry], later: list[SpecializationDraft | SessionDraft]
) -> Iterator[CourseDraft]:
    """The courses of the file; what refers to courses goes into `later`, bad rows into the report."""
    for entry in entries:
        run.report.rows += 1
        try:
            if entry.reason:
                raise Refused(entry.reason)
            draft = rows.read(entry.line, entry.fields, run.known)
            if not isinstance(draft, SessionDraft):
                _check_once(run, draft)
        except Refused as refused:
            run.report.refused.append(Remark(entry.line, *rows.name(entry.fields), refused.text))
            continue
        if isinstance(draft, CourseDraft):
            yield draft
        else:
            later.append(draft)


def _check_once(run: _Run, draft: CourseDraft | SpecializationDraft) -> None:
    """Refuse the second row of one slug. Courses and specializations have slugs of their own."""
    slug = draft.slug if isinstance(draft, CourseDraft) else f"specialization {draft.slug}"
    first = run.lines.setdefault(slug, draft.line)
    if first != draft.line:
        reason = _("Twice in this file: “%(slug)s” is on line %(line)s already.")
        raise Refused(reason % {"slug": draft.slug, "line": f"{first:,}"})


def _courses(run: _Run, drafts: list[CourseDraft], by: User | None) -> None:
    """Load a batch of courses, set by set: rows, skills, content, sessions."""
    found = Course.objects.select_related("partner").in_bulk([one.slug for one in drafts], field_name="slug")
    new = {draft.slug for draft in drafts if draft.slug not in found}
    tags = _tags(found.values())
    owners = _owners_of_iris(drafts)
    _make_partners(run, drafts)
    taken: dict[CourseDraft, Course] = {}
    changed = []
    for draft in drafts:
        course = found.get(draft.slug) or _new_course(draft.slug)
        before = [getattr(course, name) for name in KEPT]
        try:
            _check_course(run, draft, course, owners)
        except Refused as refused:
            run.refuse(draft, refused.text)
            continue
        _fill(run, draft, course, tags)
        taken[draft] = course
        run.report.notes += (Remark(draft.line, draft.slug, course.title, note) for note in draft.notes)
        if course.slug in new or before != [getattr(course, name) for name in KEPT]:
            changed.append(course)
    Course.objects.bulk_create(
        changed, INSERTS, update_conflicts=True, unique_fields=["slug"], update_fields=[*KEPT]
    )
    slugs = {course.slug for course in changed} | _replace_tags(run, taken, tags)
    outlines = {course: draft.outline for draft, course in taken.items() if draft.outline is not None}
    # Every course has a version, so that records have something to be pinned to.
    outlines |= {
        course: Outline() for course in taken.values() if course.slug in new and course not in outlines
    }
    taught = versions.publish(outlines=outlines, skill_ids=run.skill_ids, by=by)
    run.report.versions += sum(number > 1 for number in taught.values())
    slugs |= {course.slug for course in taught}
    slugs |= _put_sessions([(course, draft.sessions) for draft, course in taken.items()])
    run.report.courses.count(taken_slugs={course.slug for course in taken.values()}, new=new, changed=slugs)


def _new_course(slug: str) -> Course:
    return Course(slug=slug, created_at=timezone.now())


def _check_course(run: _Run, draft: CourseDraft, course: Course, owners: dict[str, str]) -> None:
    if course.pk is None and not (draft.title and draft.partner):
        raise Refused(_("A new course needs a title and a partner."))
    iri = draft.values.get("activity_iri")
    owner = owners.get(iri, draft.slug) if iri else draft.slug
    if iri and (owner != draft.slug or run.iris.setdefault(iri, draft.slug) != draft.slug):
        reason = _("The activity IRI is that of the course “%(slug)s” already.")
        raise Refused(reason % {"slug": run.iris.get(iri, owner)})


def _fill(run: _Run, draft: CourseDraft, course: Course, tags: dict[int, dict[str, float]]) -> None:
    for name, value in draft.values.items():
        setattr(course, name, value)
    course.title = draft.title or course.title
    if draft.partner:
        course.partner = run.partners[texts.plain(draft.partner)]
    weights = tags.get(course.pk, {}) if draft.skills is None else draft.skills
    names = [run.skill_names[slug] for slug in weights]
    course.search = texts.of_course(course.title, course.partner.name, names, course.summary)


def _tags(courses: Iterable[Course]) -> dict[int, dict[str, float]]:
    """The weights of the skills, by course and slug."""
    tags: dict[int, dict[str, float]] = {}
    values = CourseSkill.objects.filter(course__in=[course.pk for course in courses])
    for pk, slug, weight in values.values_list("course", "skill__slug", "weight"):
        tags.setdefault(pk, {})[slug] = weight
    return tags


def _replace_tags(run: _Run, taken: dict[CourseDraft, Course], tags: dict[int, dict[str, float]]) -> set[str]:
    """Give the courses the skills of their rows. Returns the slugs of those that had others."""
    wanted = {
        course: draft.skills
        for draft, course in taken.items()
        if draft.skills is not None and draft.skills != tags.get(course.pk, {})
    }
    CourseSkill.objects.filter(course__in=[course for course in wanted if course.pk in tags]).delete()
    CourseSkill.objects.bulk_create(
        (
            CourseSkill(course=course, skill_id=run.skill_ids[slug], weight=weight)
            for course, weights in wanted.items()
            for slug, weight in weights.items()
        ),
        INSERTS,
    )
    return {course.slug for course in wanted}


def _owners_of_iris(drafts: list[CourseDraft]) -> dict[str, str]:
    iris = [draft.values["activity_iri"] for draft in drafts if draft.values.get("activity_iri")]
    courses = Course.objects.filter(activity_iri__in=iris)
    return {course.activity_iri or "": course.slug for course in courses.only("activity_iri", "slug")}


def _make_partners(run: _Run, drafts: Iterable[CourseDraft | SpecializationDraft]) -> None:
    """Make the partners that are not there yet, known by name whatever its case."""
    slugs = {partner.slug for partner in run.partners.values()}
    for draft in drafts:
        key = texts.plain(draft.partner)
        if not key or key in run.partners:
            continue
        base = slug = words.slug(draft.partner, 70)
        number = 1
        while slug in slugs:
            number += 1
            slug = f"{base}-{number}"
        slugs.add(slug)
        run.partners[key] = Partner.objects.create(slug=slug, name=draft.partner)
        run.report.partners += 1


def _put_sessions(wanted: Iterable[tuple[Course, dict[Any, Any]]]) -> set[str]:
    """Add sessions and change when they end; none is taken away. Returns the slugs of changed courses."""
    courses = {course.pk: course for course, sessions in wanted if sessions}
    if not courses:
        return set()
    there = {
        (pk, starts_at): ends_at
        for pk, starts_at, ends_at in CourseSession.objects.filter(course__in=courses).values_list(
            "course", "starts_at", "ends_at"
        )
    }
    missing = object()
    rows_ = [
        CourseSession(course=course, starts_at=starts_at, ends_at=ends_at)
        for course, sessions in wanted
        for starts_at, ends_at in sessions.items()
        if there.get((course.pk, starts_at), missing) != ends_at
    ]
    CourseSession.objects.bulk_create(
        rows_,
        INSERTS,
        update_conflicts=True,
        unique_fields=["course", "starts_at"],
        update_fields=["ends_at"],
    )
    return {courses[row.course_id].slug for row in rows_}


def _lone_sessions(run: _Run, drafts: list[SessionDraft]) -> None:
    """Sessions that have a line of their own."""
    courses = Course.objects.in_bulk([draft.slug for draft in drafts], field_name="slug")
    wanted = []
    for draft in drafts:
        if draft.slug in courses:
            wanted.append((courses[draft.slug], {draft.starts_at: draft.ends_at}))
        else:
            run.refuse(draft, _("There is no course “%(slug)s”.") % {"slug": draft.slug})
    slugs = _put_sessions(wanted)
    taken = {course.slug for course, _sessions in wanted}
    run.report.courses.count(taken_slugs=taken, new=set(), changed=slugs)


def _specializations(run: _Run, drafts: list[SpecializationDraft], by: User | None) -> None:
    _make_partners(run, drafts)
    refused = specializations.put(drafts=drafts, partners=run.partners, report=run.report, by=by)
    for draft, reason in refused:
        run.refuse(draft, reason)
