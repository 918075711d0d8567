"""Loading courses: what a table says, matched by slug; twice is once; bad rows are named and left out."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
import xlsxwriter

from catalog import texts
from catalog.actions import importing
from catalog.models import Course, CourseSession, CourseSkill, Partner
from orgs.errors import ActionError

HEADER = "title,partner,level,language,hours,skills\n"
SQL = "SQL Basics,Brightwater College,Beginner,English,3h 20m,SQL:0.7; Data Analysis:0.3\n"


def counts(report) -> tuple[int, int, int]:
    return report.courses.new, report.courses.changed, report.courses.unchanged


def reasons(report) -> list[tuple[int, str]]:
    return [(remark.line, remark.text) for remark in report.refused]


def weights(slug: str) -> dict[str, float]:
    return dict(CourseSkill.objects.filter(course__slug=slug).values_list("skill__slug", "weight"))


def test_a_row_becomes_a_course_with_partner_skills_and_an_empty_version(load):
    report = load(HEADER + SQL)
    course = Course.objects.get()
    assert (course.slug, course.title, course.partner.name) == (
        "sql-basics",
        "SQL Basics",
        "Brightwater College",
    )
    assert (course.level, course.language, course.hours, course.kind) == (
        "beginner",
        "en",
        Decimal("3.33"),
        "course",
    )
    assert (course.version.number, course.version.items.count(), course.is_offered) == (1, 0, True)
    assert weights("sql-basics") == {"databases": 0.7, "data-analysis": 0.3}
    assert course.search == "sql basics brightwater college data analysis databases"
    assert (report.rows, counts(report), report.partners, report.refused) == (1, (1, 0, 0), 1, [])


def test_the_same_file_again_changes_nothing(load):
    load(HEADER + SQL)
    before = Course.objects.values().get()
    assert counts(load(HEADER + SQL)) == (0, 0, 1)
    assert Course.objects.values().get() == before
    assert Partner.objects.count() == 1


def test_what_a_row_does_not_say_stays_as_it_is(load):
    load(HEADER + SQL)
    report = load("slug,title,hours,level\nsql-basics,,5,\n")
    course = Course.objects.get()
    assert (counts(report), course.title, course.hours, course.level) == (
        (0, 1, 0),
        "SQL Basics",
        5,
        "beginner",
    )
    assert weights("sql-basics") == {"databases": 0.7, "data-analysis": 0.3}


def test_other_skills_replace_the_former_and_are_searched(load):
    load(HEADER + SQL)
    assert counts(load("slug,skills\nsql-basics,Marketing\n")) == (0, 1, 0)
    assert weights("sql-basics") == {"marketing": 1.0}
    assert Course.objects.get().search.endswith("brightwater college marketing")


def test_a_course_is_taken_off_the_catalog_and_put_back(load):
    load(HEADER + SQL)
    load("slug,is offered\nsql-basics,no\n")
    assert Course.objects.get().is_offered is False
    load("slug,status\nsql-basics,active\n")
    assert Course.objects.get().is_offered is True


def test_a_catalog_of_another_house_is_understood(load):
    file = (
        "Provider;DIFFICULTY;Course Name;Course ID;Duration (minutes);Type;xAPI ID;About;Price\r\n"
        "Norden;All levels;Führen;LEAD_1;90;Guided Project;https://x.example/lead;<p>Eins</p><p>Zwei</p>;9\r\n"
    ).encode("cp1252")
    report = load(file)
    course = Course.objects.get(slug="lead-1")
    assert (course.title, course.level, course.kind, course.hours) == (
        "Führen",
        "mixed",
        "project",
        Decimal("1.5"),
    )
    assert (course.activity_iri, course.description) == ("https://x.example/lead", "Eins\n\nZwei")
    assert report.unused == ("Price",)


def test_a_workbook_is_a_table_too(load, tmp_path):
    with xlsxwriter.Workbook(tmp_path / "courses.xlsx") as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["Title", "Partner", "Hours"])
        sheet.write_row(1, 0, ["SQL Basics", "Brightwater College", 12.5])
    assert counts(load((tmp_path / "courses.xlsx").read_bytes())) == (1, 0, 0)
    assert Course.objects.get().hours == Decimal("12.5")


def test_partners_are_one_whatever_the_case_and_two_when_their_slugs_meet(load):
    load("title,partner\nA,École Nord\nB,ecole  nord\nC,Ecole-Nord\n")
    assert list(Partner.objects.order_by("slug").values_list("slug", "name")) == [
        ("ecole-nord", "École Nord"),
        ("ecole-nord-2", "Ecole-Nord"),
    ]


def test_fifteen_rows_of_free_text_are_reported_and_the_others_loaded(load):
    rows = [f"Course {n},Norden,{'for n people' if n % 4 == 0 else 'Beginner'}\n" for n in range(60)]
    report = load("title,partner,level\n" + "".join(rows))
    assert (counts(report), len(report.refused)) == ((45, 0, 0), 15)
    assert report.refused[1].line == 6
    assert (report.refused[1].title, report.refused[1].text) == (
        "Course 4",
        "“for n people” is no level: write Beginner, Intermediate, Advanced or Mixed.",
    )


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        (",Norden,,,,", "The title is missing."),
        ("SQL,,,,,", "A new course needs a title and a partner."),
        (f"{'x' * 251},Norden,,,,", "The title has 251 characters; 250 is the most."),
        (f"SQL,{'x' * 201},,,,", "The partner has 201 characters; 200 is the most."),
        (
            "SQL,Norden,,Klingon,,",
            "“Klingon” is no language that is known: write its name, or a tag such as en or pt-BR.",
        ),
        ("SQL,Norden,,,long,", "“long” is no duration: write it as 20 hours, 3h 20m, 90 min or PT2H30M."),
        (
            "SQL,Norden,,,,SQL:0.5; Python:0.6",
            "The weights of the skills sum to 1.1; they must sum to 1, or to 100 percent.",
        ),
    ],
)
def test_a_row_that_cannot_be_is_refused_in_a_sentence(load, row, sentence):
    report = load(f"{HEADER}{row}\n{SQL}")
    assert (reasons(report), counts(report)) == ([(2, sentence)], (1, 0, 0))


def test_a_slug_counts_once_in_a_file(load):
    report = load(HEADER + SQL + SQL.replace("Beginner", "Advanced").replace("SQL Basics", "SQL  BASICS"))
    assert reasons(report) == [(3, "Twice in this file: “sql-basics” is on line 2 already.")]
    assert Course.objects.get().level == "beginner"


def test_an_address_elsewhere_belongs_to_one_course(load):
    load("slug,title,partner,activity iri\na,A,Norden,https://x.example/a\n")
    report = load(
        "slug,title,partner,activity iri\n"
        "b,B,Norden,https://x.example/a\nc,C,Norden,https://x.example/c\nd,D,Norden,https://x.example/c\n"
        "e,E,Norden,not an address\n"
    )
    assert reasons(report) == [
        (2, "The activity IRI is that of the course “a” already."),
        (4, "The activity IRI is that of the course “c” already."),
        (5, "“not an address” is no activity IRI."),
    ]


def test_unknown_skills_are_left_out_with_a_note(load):
    report = load("title,partner,skills\nA,Norden,Marketing; Juggling\n")
    assert weights("a") == {"marketing": 1.0}
    assert [(note.line, note.slug, note.text) for note in report.notes] == [
        (2, "a", "There is no skill “Juggling”.")
    ]


def test_sessions_are_added_and_changed_and_never_taken_away(load):
    load("title,partner,sessions\nA,Norden,2026-03-02; 2026-04-06\n")
    report = load({"type": "session", "course": "a", "starts_at": "2026-03-02", "ends_at": "2026-03-30"})
    assert counts(report) == (0, 1, 0)
    assert list(CourseSession.objects.order_by("starts_at").values_list("starts_at", "ends_at")) == [
        (datetime(2026, 3, 2, tzinfo=UTC), datetime(2026, 3, 30, tzinfo=UTC)),
        (datetime(2026, 4, 6, tzinfo=UTC), None),
    ]
    report = load(
        {"type": "session", "course": "b", "starts_at": "2026-03-02"},
        {"type": "session", "course": "a", "starts_at": "2026-03-02", "ends_at": "2026-03-01"},
        {"type": "session", "course": "a"},
    )
    assert reasons(report) == [
        (1, "There is no course “b”."),
        (2, "A session ends before it starts: 2026-03-01."),
        (3, "“” is no day: write it as 2026-03-02 or 2026-03-02T09:00Z."),
    ]


def test_a_dry_run_says_what_would_happen_and_leaves_nothing(load):
    assert counts(load(HEADER + SQL, dry_run=True)) == (1, 0, 0)
    assert (Course.objects.count(), Partner.objects.count()) == (0, 0)


def test_a_file_that_is_no_table_is_refused_as_a_whole(load):
    with pytest.raises(ActionError) as raised:
        load("name of it;who\nSQL;Norden\n")
    assert raised.value.text == (
        "The first row must name the columns, title or slug among them. It says: name of it, who."
    )
    with pytest.raises(ActionError, match="The file is empty."):
        load("")


def test_a_file_torn_in_the_middle_changes_nothing(load):
    torn = HEADER + SQL * 1 + 'Torn,"Norden\n' + SQL * 60
    with pytest.raises(ActionError, match="a quotation mark opens that is never closed"):
        load(torn)
    assert Course.objects.count() == 0


def test_more_than_one_batch_is_one_import(load, monkeypatch):
    monkeypatch.setattr(importing, "BATCH", 7)
    rows = "".join(f"Course {n},Norden\n" for n in range(30))
    assert counts(load("title,partner\n" + rows)) == (30, 0, 0)
    assert counts(load("title,partner\n" + rows)) == (0, 0, 30)


def test_search_text_sets_case_and_accents_aside():
    assert (
        texts.of_course("Économie ÉLÉMENTAIRE", "Straße", ["B", "A"], "")
        == "economie elementaire strasse a b"
    )
