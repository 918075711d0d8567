"""Statements of a video platform: who watched what when, of two courses of FUN-MOOC over one week.

Published by openfun/ralph under the MIT licence, without names. A line is one xAPI statement; its actor is
an account (the External ID here), its course stands in `context.contextActivities.parent`, its object is a
video.
"""

import gzip
import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.db import connection

from config.examples.ground import Ground, Learner, Place, Total, enroll, prepare
from learners.models import Enrollment, LearningSpan, XapiStatement

SLUG = "example-funmooc"
PLAYER = "https://www.fun-mooc.fr/"
HOURS = """
select round(sum(extract(epoch from s.ended_at - s.started_at)) / 3600, 4)
from learners_learningspan s
where s.user_id in (select user_id from learners_person where organization_id = %s)"""


def load(path: Path) -> Ground:
    """Load the file, gzipped or not. Running it again changes nothing. Raises ActionError and CommandError
    as its steps do, and OSError when the file cannot be read."""
    first: dict[tuple[str, str], datetime] = {}
    videos: dict[str, str] = {}
    for statement in _statements(path):
        course = _course(statement)
        place = statement["actor"]["account"]["name"], course
        at = datetime.fromisoformat(statement["timestamp"])
        first[place] = min(at, first.get(place, at))
        videos[statement["object"]["id"]] = course
    joined: dict[str, datetime] = {}
    for (learner, _of_course), at in first.items():
        joined[learner] = min(at, joined.get(learner, at))
    courses = [_line(course, videos) for course in sorted(set(videos.values()))]
    people = (Learner(learner, at - timedelta(days=1)) for learner, at in sorted(joined.items()))
    ground = prepare(SLUG, "FUN-MOOC example", courses, people)
    enroll(ground, [Place(learner, _slug(course), at) for (learner, course), at in sorted(first.items())])
    call_command("import_activity", str(path), organization=SLUG)
    return ground


def totals(ground: Ground) -> list[Total]:
    """The figures of the set against those in our tables."""
    accounts = list(ground.accounts.values())
    statements = XapiStatement.objects.filter(organization=ground.organization)
    counted = statements.filter(outcome=XapiStatement.Outcome.COUNTED)
    spans = LearningSpan.objects.filter(user__in=accounts)
    with connection.cursor() as cursor:
        cursor.execute(HOURS, [ground.organization.pk])
        (hours,) = cursor.fetchone()
    enrollments = Enrollment.objects.filter(program=ground.program)
    return [
        Total("Statements", 22_000, statements.count()),
        Total("Statements counted", 22_000, counted.count()),
        Total("Actors", 1_452, counted.values("user").distinct().count()),
        Total("Courses", 2, enrollments.values("course").distinct().count()),
        Total("Videos", 10, counted.values("activity").distinct().count()),
        Total("Sessions", 7_200, spans.filter(opens_session=True).count()),
        Total("Learning hours", 2_023.3829, float(hours or 0)),
    ]


def _statements(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as file:
        yield from (json.loads(line) for line in file if line.strip())


def _course(statement: dict[str, Any]) -> str:
    course: str = statement["context"]["contextActivities"]["parent"][0]["id"]
    return course


def _slug(course: str) -> str:
    return "funmooc-" + course.partition("+")[2].replace("+", "-")


def _line(course: str, videos: dict[str, str]) -> dict[str, Any]:
    """The course as a line of a catalog: one lesson with its videos, which are played elsewhere."""
    items = [
        {
            "key": f"video-{number}",
            "kind": "video",
            "title": f"Video {number}",
            "activity_iri": video,
            "content": {"url": PLAYER},
        }
        for number, video in enumerate(sorted(video for video, of in videos.items() if of == course), 1)
    ]
    return {
        "slug": _slug(course),
        "title": f"FUN-MOOC {course.split('+')[1]}",
        "partner": "FUN-MOOC",
        "language": "fr",
        "activity_iri": course,
        "modules": [{"title": "Videos", "lessons": [{"title": "Videos", "items": items}]}],
    }
