"""Loading what courses consist of: versions, tags, specializations; each mistake is named with its place."""

from decimal import Decimal

import pytest

from catalog.models import Assessment, Course, CourseVersion, Item, Specialization, SpecializationCourse
from learners.models import CourseRecord
from tests.catalog.courses import QUIZ, READING, sql_basics
from tests.factories import UserFactory

PRACTICE = {"kind": "practice_quiz", "title": "Try", "content": QUIZ["content"]}


def reasons(report) -> list[tuple[int, str]]:
    return [(remark.line, remark.text) for remark in report.refused]


def test_modules_lessons_items_and_assessments_are_loaded(load):
    load(sql_basics(READING, PRACTICE, QUIZ))
    course = Course.objects.get()
    items = Item.objects.filter(version=course.version)
    assert list(items.values_list("key", "kind", "seconds", "lesson__title", "lesson__module__title")) == [
        ("a-row", "reading", 360, "Rows", "Tables"),
        ("try", "practice_quiz", 0, "Rows", "Tables"),
        ("test-yourself", "graded_quiz", 1440, "Rows", "Tables"),
    ]
    assert items[0].content == {"html": "<p>A row is one thing.</p>"}
    assert course.hours == Decimal("0.5")
    assert list(Assessment.objects.order_by("item").values_list("weight", "pass_mark", "attempts")) == [
        (0, 60, None),
        (2, 80, 3),
    ]
    quiz = Assessment.objects.get(item__key="test-yourself")
    assert set(quiz.tags.values_list("skill__slug", "weight")) == {
        ("databases", 0.6),
        ("statistical-programming", 0.4),
    }


def test_equal_content_is_the_same_version_and_other_content_a_new_one(load):
    load(sql_basics())
    report = load(sql_basics(hours=7))
    assert (report.courses.changed, report.versions, CourseVersion.objects.count()) == (1, 0, 1)
    report = load(sql_basics(READING))
    assert (report.courses.changed, report.versions) == (1, 1)
    assert Course.objects.get().version.number == 2
    assert [version.items.count() for version in CourseVersion.objects.order_by("number")] == [2, 1]


def test_former_content_is_the_former_version_again(load):
    for items in ((READING, QUIZ), (READING,), (READING, QUIZ)):
        report = load(sql_basics(*items))
    assert (Course.objects.get().version.number, CourseVersion.objects.count()) == (1, 2)
    assert (report.courses.changed, report.versions) == (1, 0)


def test_records_stay_with_the_version_they_began_with(load):
    load(sql_basics())
    course = Course.objects.get()
    record = CourseRecord.objects.create(user=UserFactory(), course=course, version=course.version)
    load(sql_basics(READING))
    record.refresh_from_db()
    assert (record.version.number, Course.objects.get().version.number) == (1, 2)


def test_a_table_without_content_leaves_the_version_alone(load):
    load(sql_basics())
    load("slug,level\nsql-basics,Advanced\n")
    assert Course.objects.get().version.items.count() == 2


def test_keys_are_kept_and_made_from_titles_where_missing(load):
    load(sql_basics(READING | {"key": "Intro 1"}, READING, READING))
    assert list(Item.objects.values_list("key", flat=True)) == ["intro-1", "a-row", "a-row-2"]


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"modules": "x"}, "“modules”, “lessons” and “items” must be lists."),
        ({"modules": ["x"]}, "Module 1 must be a JSON object."),
        (
            {"modules": [{"title": "A", "lessons": [{"title": "B"}]}]},
            "Module 1, lesson 1: “modules”, “lessons” and “items” must be lists.",
        ),
        ({"modules": [{"lessons": []}]}, "Module 1: The title is missing."),
    ],
)
def test_content_out_of_shape_is_refused_with_its_place(load, values, sentence):
    report = load(sql_basics(**values))
    assert reasons(report) == [(1, sentence)]
    assert Course.objects.count() == 0


@pytest.mark.parametrize(
    ("item", "sentence"),
    [
        (
            {"kind": "game"},
            "The kind of an item is one of "
            "video, reading, practice_quiz, graded_quiz, assignment, discussion.",
        ),
        ({"title": ""}, "The title is missing."),
        ({"content": {}}, "A reading needs “html” or “text”."),
        ({"minutes": "long"}, "“long” is no duration: write it as 20 hours, 3h 20m, 90 min or PT2H30M."),
        ({"seconds": -1}, "“seconds” is a number from 0 to 86,400."),
        ({"required": "maybe"}, "“maybe” says neither yes nor no."),
        ({"activity_iri": "no iri"}, "“no iri” is no activity IRI."),
        ({"assessment": {"weight": 1}}, "Only quizzes and assignments are assessed."),
        (QUIZ | {"assessment": {"weight": -1}}, "“weight” is a number from 0 to 1,000."),
        (QUIZ | {"assessment": {"pass_mark": 101}}, "“pass_mark” is a number from 0 to 100."),
        (
            QUIZ | {"assessment": {"attempts": 0}},
            "“attempts” is a whole number, or missing where there is no limit.",
        ),
        (QUIZ | {"assessment": []}, ""),
        (QUIZ | {"assessment": [1]}, "“assessment” must be a JSON object."),
        (
            QUIZ | {"assessment": {"skills": {"SQL": 0.6}}},
            "The weights of the skills sum to 0.6; they must sum to 1, or to 100 percent.",
        ),
        ({"key": "x", "title": "B"}, "Two items have the key “x”."),
        ({"activity_iri": "https://x.example/1"}, "Two items have the activity IRI “https://x.example/1”."),
    ],
)
def test_an_item_that_cannot_be_is_refused_with_its_place(load, item, sentence):
    first = READING | {"key": "x", "activity_iri": "https://x.example/1"}
    report = load(sql_basics(first, READING | item))
    assert reasons(report) == ([(1, f"Module 1, lesson 1, item 2: {sentence}")] if sentence else [])


def test_unknown_skills_of_an_assessment_are_noted(load):
    report = load(sql_basics(QUIZ | {"assessment": {"skills": ["SQL", "Juggling"]}}))
    assert [note.text for note in report.notes] == ["There is no skill “Juggling”."]


@pytest.mark.parametrize("line", ["{broken", '{"title": "a\\u0000b"}', '{"title": "\\ud800"}', "[1, 2]", "7"])
def test_a_line_that_is_no_object_is_named_and_the_others_loaded(load, line):
    report = load(
        '{"title": "A", "partner": "Norden"}\n\n' + line + '\n{"title": "B", "partner": "Norden"}\n'
    )
    assert reasons(report) == [(3, "This line is no JSON object.")]
    assert report.courses.new == 2


def test_a_list_where_one_value_belongs_is_refused(load):
    report = load({"title": ["A", "B"], "partner": "Norden"})
    assert reasons(report) == [(1, "“['A', 'B']” should be a single value.")]


SEQUENCE = {
    "type": "specialization",
    "title": "Data for Work",
    "partner": "Norden",
    "level": "Beginner",
    "courses": ["b", {"course": "a", "required": False}],
}
A = {"title": "A", "partner": "Norden"}
B = {"title": "B", "partner": "Norden"}


def parts() -> list[tuple[str, bool]]:
    rows = SpecializationCourse.objects.order_by("position")
    return list(rows.values_list("course__slug", "is_required"))


def test_a_specialization_is_a_sequence_of_courses_that_may_stand_below_it(load):
    report = load(SEQUENCE, A, B)
    row = Specialization.objects.get()
    assert (row.slug, row.level, row.partner.name, row.search) == (
        "data-for-work",
        "beginner",
        "Norden",
        "data for work norden",
    )
    assert (parts(), report.specializations.new) == ([("b", True), ("a", False)], 1)
    assert load(SEQUENCE, A, B).specializations.unchanged == 1


def test_another_order_changes_a_specialization(load):
    load(SEQUENCE, A, B)
    report = load(SEQUENCE | {"courses": "a; b"})
    assert (parts(), report.specializations.changed) == ([("a", True), ("b", True)], 1)
    assert (
        load({"type": "specialization", "title": "Data for Work", "is_offered": "no"}).specializations.changed
        == 1
    )
    assert Specialization.objects.get().is_offered is False


def test_a_specialization_of_unknown_courses_is_refused(load):
    report = load(
        SEQUENCE,
        A,
        SEQUENCE | {"title": "Other", "courses": None},
        {"type": "specialization", "title": "C", "courses": [1]},
    )
    assert reasons(report) == [
        (1, "There is no course “b”."),
        (3, "A new specialization needs a title, a partner and courses."),
        (4, "“courses” must be a list of slugs."),
    ]
    assert Specialization.objects.count() == 0


def test_a_course_and_a_specialization_may_have_the_same_slug(load):
    report = load(A, SEQUENCE | {"title": "A", "courses": ["a"]})
    assert (report.refused, report.courses.new, report.specializations.new) == ([], 1, 1)
