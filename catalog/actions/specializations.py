"""Specializations: sequences of courses."""

from collections.abc import Mapping

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from catalog import texts
from catalog.models import Course, Partner, Specialization, SpecializationCourse
from catalog.reading.drafts import SpecializationDraft
from catalog.report import Report
from orgs.models import User

KEPT = ("title", "level", "summary", "description", "partner_id", "is_offered", "search")
Parts = list[tuple[int, bool]]


@transaction.atomic
def put(
    *,
    drafts: list[SpecializationDraft],
    partners: Mapping[str, Partner],
    report: Report,
    by: User | None,
) -> list[tuple[SpecializationDraft, str]]:
    """Make or change specializations, matched by slug, and count them in the report.

    `partners` are by plain name. Returns those that cannot be made, each with the reason.
    """
    slugs = [draft.slug for draft in drafts]
    found = Specialization.objects.select_related("partner").in_bulk(slugs, field_name="slug")
    parts = _parts(found)
    courses = dict(
        Course.objects.filter(
            slug__in={slug for draft in drafts for slug in draft.courses or ()}
        ).values_list("slug", "pk")
    )
    refused, taken, changed = [], [], []
    wanted: dict[str, Parts] = {}
    for draft in drafts:
        row = found.get(draft.slug) or Specialization(slug=draft.slug, created_at=timezone.now())
        if reason := _reason(draft, row, courses):
            refused.append((draft, reason))
            continue
        before = [getattr(row, name) for name in KEPT]
        _fill(draft, row, partners)
        taken.append(row)
        if row.pk is None or before != [getattr(row, name) for name in KEPT]:
            changed.append(row)
        if draft.courses is not None:
            sequence = [(courses[slug], is_required) for slug, is_required in draft.courses.items()]
            if sequence != parts.get(row.pk, []):
                wanted[row.slug] = sequence
    new = {row.slug for row in taken if row.pk is None}
    Specialization.objects.bulk_create(
        changed, update_conflicts=True, unique_fields=["slug"], update_fields=[*KEPT]
    )
    _replace_parts([(row, wanted[row.slug]) for row in taken if row.slug in wanted])
    report.specializations.count(
        taken_slugs={row.slug for row in taken},
        new=new,
        changed={row.slug for row in changed} | wanted.keys(),
    )
    return refused


def _reason(draft: SpecializationDraft, row: Specialization, courses: Mapping[str, int]) -> str:
    """Why it cannot be made; "" when it can."""
    if row.pk is None and not (draft.title and draft.partner and draft.courses):
        return _("A new specialization needs a title, a partner and courses.")
    missing = [slug for slug in draft.courses or () if slug not in courses]
    return _("There is no course “%(slug)s”.") % {"slug": missing[0]} if missing else ""


def _fill(draft: SpecializationDraft, row: Specialization, partners: Mapping[str, Partner]) -> None:
    for name, value in draft.values.items():
        setattr(row, name, value)
    row.title = draft.title or row.title
    if draft.partner:
        row.partner = partners[texts.plain(draft.partner)]
    row.search = texts.of_specialization(row.title, row.partner.name, row.summary)


def _parts(found: Mapping[str, Specialization]) -> dict[int, Parts]:
    """The sequence of each, by its id."""
    parts: dict[int, Parts] = {}
    rows = SpecializationCourse.objects.filter(specialization__in=list(found.values()))
    for pk, course, is_required in rows.order_by("position", "id").values_list(
        "specialization", "course", "is_required"
    ):
        parts.setdefault(pk, []).append((course, is_required))
    return parts


def _replace_parts(wanted: list[tuple[Specialization, Parts]]) -> None:
    SpecializationCourse.objects.filter(specialization__in=[row for row, _parts in wanted]).delete()
    SpecializationCourse.objects.bulk_create(
        SpecializationCourse(specialization=row, course_id=pk, position=position, is_required=is_required)
        for row, parts in wanted
        for position, (pk, is_required) in enumerate(parts)
    )
