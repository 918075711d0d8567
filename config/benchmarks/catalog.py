"""A catalog of courses: the product's import, one `save()` for each row, and COPY into a bare table."""

import csv
import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from uuid import uuid4

from django.db import connection

from catalog import texts
from catalog.actions import importing, search_words, skills
from catalog.models import Course, CourseSkill, CourseVersion, Partner, SearchWord, Skill
from catalog.reading.drafts import Outline
from config.benchmarks.harness import Benchmark, ResultsDiffer, Variant

HEADER = ("Course ID", "Title", "Partner", "Level", "Language", "Hours", "Skills", "Summary")
PARTNERS = ("Brightwater College", "École Nord", "Harbour Institute", "Lindqvist Academy")
SUBJECTS = ("Negotiation", "Spreadsheets", "Statistics", "Leadership", "Kubernetes", "Bookkeeping", "Writing")
AIMS = ("for Managers", "from the Beginning", "in Practice", "at Work", "for Engineers")
LANGUAGES = ("en", "de", "fr")


@dataclass(frozen=True)
class File:
    """A file of courses that the site does not have, their slugs beginning with `prefix`."""

    path: Path
    prefix: str


@contextmanager
def prepare(rows: int) -> Iterator[File]:
    """`rows` new courses with two skills each, gone again after the run."""
    skills.ensure(by=None)
    prefix = f"benchmark-{uuid4().hex[:12]}-"
    with tempfile.TemporaryDirectory() as folder:
        file = File(Path(folder) / "courses.csv", prefix)
        _write(file, rows)
        try:
            yield file
        finally:
            courses = Course.objects.filter(slug__startswith=prefix)
            courses.update(version=None)
            courses.delete()
            search_words.collect(by=None)


def result(file: File, returned: object) -> dict[str, object]:
    """What the catalog has of the file now: how many rows, and a digest of what they say."""
    courses = Course.objects.filter(slug__startswith=file.prefix)
    fields = ("title", "partner__name", "level", "language", "hours", "summary", "search")
    versions = CourseVersion.objects.filter(pk__in=courses.values("version"))
    tags = CourseSkill.objects.filter(course__in=courses)
    said = (
        list(courses.order_by("title").values_list(*fields)),
        list(tags.order_by("course__title", "skill__slug").values_list("skill__slug", "weight")),
        list(versions.order_by("course__title").values_list("number", "digest")),
    )
    return {
        "courses": len(said[0]),
        "skills": len(said[1]),
        "versions": len(said[2]),
        "words": SearchWord.objects.count(),
        "digest": hashlib.sha256(repr(said).encode()).hexdigest(),
    }


def by_product(file: File) -> None:
    """The import of the command and of the demo."""
    with file.path.open("rb") as upload:
        report = importing.import_catalog(file=upload, by=None)
    if report.refused:
        raise ResultsDiffer(f"Refused: {report.refused[0]}")


def by_save(file: File) -> None:
    """Row for row: the course, its skills and its version, each by `save()`; the words at the end."""
    known = {skill.name: skill for skill in Skill.objects.all()}
    with file.path.open(newline="") as text:
        for line in csv.DictReader(text):
            _save(line, [known[name] for name in line["Skills"].split("; ")])
    search_words.collect(by=None)


def by_copy(file: File) -> None:
    """The bytes of the file into a table without a key: what the disk allows."""
    columns = ", ".join(f"c{place} text" for place in range(len(HEADER)))
    with connection.cursor() as cursor:
        cursor.execute(f"create table benchmark_bare ({columns})")
        with cursor.copy("copy benchmark_bare from stdin with (format csv, header)") as copy:
            copy.write(file.path.read_bytes())
        cursor.execute("drop table benchmark_bare")


def _write(file: File, rows: int) -> None:
    names = list(Skill.objects.order_by("slug").values_list("name", flat=True))
    pairs = zip(cycle(names), islice(cycle(names), 1, None), strict=False)
    with file.path.open("w", newline="") as text:
        lines = csv.writer(text)
        lines.writerow(HEADER)
        for number, pair in enumerate(islice(pairs, rows)):
            title = f"{SUBJECTS[number % 7]} {AIMS[number % 5]} {number:06}"
            lines.writerow(
                [
                    f"{file.prefix}{number}",
                    title,
                    PARTNERS[number % 4],
                    Course.Level.values[number % 4],
                    LANGUAGES[number % 3],
                    number % 40 + 1,
                    "; ".join(pair),
                    f"What one has to know about {pair[0]}, with exercises.",
                ]
            )


def _save(line: dict[str, str], taught: list[Skill]) -> None:
    partner = Partner.objects.filter(name=line["Partner"]).first()
    if partner is None:
        partner = Partner.objects.create(name=line["Partner"], slug=uuid4().hex)
    course = Course(
        slug=line["Course ID"],
        title=line["Title"],
        partner=partner,
        level=line["Level"],
        language=line["Language"],
        hours=line["Hours"],
        summary=line["Summary"],
        search=texts.of_course(
            line["Title"], partner.name, [skill.name for skill in taught], line["Summary"]
        ),
    )
    course.save()
    for skill in taught:
        CourseSkill(course=course, skill=skill, weight=1 / len(taught)).save()
    course.version = CourseVersion(course=course, digest=Outline().digest)
    course.version.save()
    course.save()


BENCHMARK = Benchmark(
    name="catalog",
    unit="courses",
    rows=5_000,
    prepare=prepare,
    result=result,
    variants=(
        Variant("product", by_product),
        Variant("save", by_save),
        Variant("COPY into a bare table", by_copy, compared=False),
    ),
)
