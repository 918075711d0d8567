"""Seven modules of the Open University in 22 presentations: registrations, graded work, results.

Open University Learning Analytics Dataset (Kuzilek, Hlosta, Zdrahal, Scientific Data 4:170171, 2017),
CC BY 4.0. A presentation is a course; days count from its start, February for B and October for J. The
score that passes is 40. What the university calls the result is kept as reported; Pass and Distinction are
completions, at the end of the presentation.
"""

import csv
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from django.db.models import Count

from catalog.models import Course, Item
from config.examples.ground import Ground, Learner, Place, Total, enroll, prepare
from learners.learning.actions import facts
from learners.learning.facts import Fact, Report
from learners.models import Activity, Attempt, CourseRecord, Enrollment

SLUG = "example-oulad"
BATCH = 5_000
MONTHS = {"B": 2, "J": 10}
PASS_MARK = 40
COMPLETED = ("Pass", "Distinction")
Row = dict[str, str]


def load(folder: Path) -> Ground:
    """Load the files of this folder. Running it again changes nothing. Raises ActionError as its steps do,
    and OSError when a file cannot be read."""
    lengths = {_slug(row): int(row["module_presentation_length"]) for row in _rows(folder, "courses.csv")}
    assessments = list(_rows(folder, "assessments.csv"))
    regions: dict[str, str] = {}
    for row in _rows(folder, "studentInfo.csv"):
        regions.setdefault(row["id_student"], row["region"])
    earliest = datetime(2012, 1, 1, tzinfo=UTC)
    people = (Learner(student, earliest, region) for student, region in sorted(regions.items()))
    courses = [_line(slug, [row for row in assessments if _slug(row) == slug]) for slug in lengths]
    ground = prepare(SLUG, "OULAD example", courses, people)
    enroll(ground, [_place(row) for row in _rows(folder, "studentRegistration.csv")])
    _attempts(ground, folder, {row["id_assessment"]: row for row in assessments})
    _results(ground, folder, lengths)
    return ground


def totals(ground: Ground) -> list[Total]:
    """The figures of the set against those in our tables."""
    records = CourseRecord.objects.filter(user__in=ground.accounts.values())
    results = dict(records.values_list("reported_result").annotate(Count("pk")).order_by())
    attempts = Attempt.objects.filter(record__in=records)
    enrollments = Enrollment.objects.filter(program=ground.program)
    return [
        Total("Students", 28_785, enrollments.values("membership").distinct().count()),
        Total("Registrations", 32_593, enrollments.count()),
        Total("Presentations", 22, enrollments.values("course").distinct().count()),
        Total("Pass", 12_361, results.get("Pass", 0)),
        Total("Distinction", 3_024, results.get("Distinction", 0)),
        Total("Fail", 7_052, results.get("Fail", 0)),
        Total("Withdrawn", 10_156, results.get("Withdrawn", 0)),
        Total("Completions", 15_385, enrollments.filter(completed_at__isnull=False).count()),
        # Of 173,912 submissions 173 have no score.
        Total("Attempts", 173_739, attempts.count()),
        Total("Scores of 40 or more", 166_161, attempts.filter(score__gte=PASS_MARK).count()),
        Total("Passed attempts", 166_161, attempts.filter(passed=True).count()),
    ]


def _rows(folder: Path, name: str) -> Iterator[Row]:
    with (folder / name).open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def _slug(row: Row) -> str:
    return f"oulad-{row['code_module']}-{row['code_presentation']}".lower()


def _day(slug: str, day: str | int) -> datetime:
    """That day of the presentation; no day is its first."""
    presentation = slug.rpartition("-")[2].upper()
    start = datetime(int(presentation[:4]), MONTHS[presentation[4:]], 1, tzinfo=UTC)
    return start + timedelta(days=int(day or 0))


def _place(row: Row) -> Place:
    slug = _slug(row)
    enrolled_at = _day(slug, row["date_registration"])
    left_at = _day(slug, row["date_unregistration"]) if row["date_unregistration"] else None
    # A few left before they registered, or have no day of registration.
    return Place(row["id_student"], slug, min(enrolled_at, left_at or enrolled_at), left_at)


def _line(slug: str, assessments: list[Row]) -> dict[str, Any]:
    """The presentation as a line of a catalog: one lesson with its assessments, which are taken elsewhere.

    Who has passed them all has not completed it yet: the university decides. An item that weighs nothing
    stands for its decision.
    """
    items = [
        _item(row["id_assessment"], f"{row['assessment_type']} {row['id_assessment']}", float(row["weight"]))
        for row in assessments
    ]
    items.append(_item("result", "Decision on the result", 0))
    return {
        "slug": slug,
        "title": slug.removeprefix("oulad-").upper().replace("-", " "),
        "partner": "Open University",
        "modules": [{"title": "Assessments", "lessons": [{"title": "Assessments", "items": items}]}],
    }


def _item(key: str, title: str, weight: float) -> dict[str, Any]:
    content = {
        "instructions": "<p>Handed in at the university.</p>",
        "rubric": [{"criterion": "Score", "points": 100}],
    }
    assessment = {"weight": weight, "pass_mark": PASS_MARK}
    return {"key": key, "kind": "assignment", "title": title, "content": content, "assessment": assessment}


def _attempts(ground: Ground, folder: Path, assessments: dict[str, Row]) -> None:
    courses = dict(Course.objects.filter(slug__startswith="oulad-").values_list("slug", "pk"))
    items = Item.objects.filter(version__course__in=courses.values()).values_list("key", "pk")
    item_ids, accounts = dict(items), ground.accounts

    def told() -> Iterator[Fact]:
        for row in _rows(folder, "studentAssessment.csv"):
            if not row["score"]:
                continue
            key = row["id_assessment"]
            slug = _slug(assessments[key])
            yield Fact(
                user_id=accounts[row["id_student"]],
                course_id=courses[slug],
                item_id=item_ids[key],
                at=_day(slug, row["date_submitted"]),
                kind=Activity.Kind.HANDED_IN,
                score=Decimal(row["score"]),
                event_id=uuid5(NAMESPACE_URL, f"{SLUG}:{row['id_student']}:{key}"),
            )

    rows = told()
    while batch := list(islice(rows, BATCH)):
        facts.record(facts=batch, by=None)


def _results(ground: Ground, folder: Path, lengths: dict[str, int]) -> None:
    courses = dict(Course.objects.filter(slug__in=lengths).values_list("slug", "pk"))
    accounts = ground.accounts

    def told() -> Iterator[Report]:
        for row in _rows(folder, "studentInfo.csv"):
            slug, result = _slug(row), row["final_result"]
            ended_at = _day(slug, lengths[slug])
            yield Report(
                user_id=accounts[row["id_student"]],
                course_id=courses[slug],
                at=ended_at,
                completed_at=ended_at if result in COMPLETED else None,
                result=result,
            )

    rows = told()
    while batch := list(islice(rows, BATCH)):
        facts.report(reports=batch, by=None)
