"""`manage.py import_activity`: tables of attempts and events."""

import csv
import io

import pytest
from django.core.management import CommandError, call_command

from learners.models import Activity, Attempt, Enrollment, ItemProgress
from tests.factories import MembershipFactory, PersonFactory
from tests.learners.taking import GRADED, VIDEO, enrolled, learner, taught

ATTEMPTS = "Email;Course;Assessment;Submitted_At;Score;Passed;ID"
EVENTS = "email,course,item,at,kind,id"


@pytest.fixture
def course(program, contract, carol):
    """A video (i1) and a graded quiz (i2); Carol is enrolled."""
    course = taught((VIDEO, GRADED))
    enrolled(learner(program, contract, user=carol), course)
    return course


@pytest.fixture
def table(tmp_path):
    """Write a file of these lines."""

    def write(*lines, name="rows.csv"):
        path = tmp_path / name
        path.write_text("\n".join(lines), encoding="utf-8")
        return path

    return write


def run(path, *options) -> str:
    out = io.StringIO()
    call_command("import_activity", str(path), "--organization", "acme", *options, stdout=out)
    return out.getvalue()


def state():
    return (
        set(Activity.objects.values_list("user", "item__key", "kind", "at", "event_id")),
        set(Attempt.objects.values_list("item__key", "submitted_at", "score", "passed", "event_id")),
        set(ItemProgress.objects.values_list("item__key", "attempts", "best_score", "passed_at")),
        set(Enrollment.objects.values_list("progress", "grade", "seconds", "assessments", "completed_at")),
    )


def attempts(course):
    return [
        f"carol@acme.example;{course.slug};i2;2026-03-02T10:00;40;;a1",
        f"Carol@Acme.example;{course.slug};i2;2026-03-02T10:30:00Z;87,5;yes;",
    ]


def test_attempts_count_in_the_zone_of_the_organization_and_a_second_run_changes_nothing(table, course):
    path = table(ATTEMPTS, *attempts(course))
    assert "rows.csv: 2 attempts counted, 0 known before, 0 refused." in run(path)
    found = [
        (at.isoformat(), float(score), passed)
        for at, score, passed in Attempt.objects.order_by("score").values_list(
            "submitted_at", "score", "passed"
        )
    ]
    assert found == [("2026-03-02T09:00:00+00:00", 40, False), ("2026-03-02T10:30:00+00:00", 87.5, True)]
    before = state()
    assert "0 attempts counted, 2 known before, 0 refused." in run(path)
    assert state() == before


def test_halves_in_any_order_come_to_the_same(table, course):
    first, second = attempts(course)
    run(table(ATTEMPTS, second))
    run(table(ATTEMPTS, first))
    reverse = state()
    assert "0 attempts counted, 2 known before" in run(table(ATTEMPTS, first, second))
    assert state() == reverse


def test_events_count_of_an_item_and_of_the_course(table, course):
    path = table(
        EVENTS,
        f"carol@acme.example,{course.slug},i1,2026-03-02T10:00,completed,",
        f"carol@acme.example,{course.slug},,2026-03-02T10:20,,",
    )
    assert "2 events counted, 0 known before, 0 refused." in run(path)
    rows = Activity.objects.order_by("at").values_list("item__key", "kind", "completes")
    assert list(rows) == [("i1", "completed", True), (None, "other", False)]
    enrollment = Enrollment.objects.get()
    assert (enrollment.seconds, float(enrollment.progress)) == (1200, 50)
    assert "0 events counted, 2 known before, 0 refused." in run(path)


def test_every_refusal_has_its_line_and_the_report_repeats_it(table, tmp_path, course, acme, globex, mallory):
    PersonFactory(organization=globex, user=mallory, email=mallory.email)
    invited = MembershipFactory(person=PersonFactory(organization=acme, email="new@acme.example"))
    assert invited.person.user is None
    other, day = taught(), "2026-03-02"
    path = table(
        ATTEMPTS,
        f"mallory@globex.example;{course.slug};i2;{day};50;;",
        f"new@acme.example;{course.slug};i2;{day};50;;",
        f"carol@acme.example;nothing;i2;{day};50;;",
        f"carol@acme.example;{other.slug};i1;{day};50;;",
        f"carol@acme.example;{course.slug};i9;{day};50;;",
        f"carol@acme.example;{course.slug};i1;{day};50;;",
        f"carol@acme.example;{course.slug};i2;soon;50;;",
        f"carol@acme.example;{course.slug};i2;2999-01-01;50;;",
        f"carol@acme.example;{course.slug};i2;1899-12-31;50;;",
        f"carol@acme.example;{course.slug};i2;{day};101;;",
        f"carol@acme.example;{course.slug};i2;{day};NaN;;",
        f"carol@acme.example;{course.slug};i2;{day};good;;",
        f"carol@acme.example;{course.slug};i2;{day};50;maybe;",
        f";{course.slug};i2;{day};50;;",
        f"carol@acme.example;{course.slug};;{day};50;;",
    )
    report = tmp_path / "left-out.csv"
    assert "0 attempts counted, 0 known before, 15 refused." in run(path, "--report", str(report))
    rows = list(csv.DictReader(report.read_text(encoding="utf-8-sig").splitlines()))
    reasons = {int(row["line"]): (row["value"], row["reason"]) for row in rows}
    slug = course.slug
    assert reasons == {
        2: ("mallory@globex.example", "The organization knows nobody by this, or more than one person."),
        3: ("new@acme.example", "This person has no account yet."),
        4: ("nothing", "There is no course with this slug."),
        5: ("carol@acme.example", f"This person was never enrolled in {other.slug} through Acme."),
        6: ("i9", f"The course {slug} has no item with this key."),
        7: ("i1", f"This item of {slug} is not an assessment."),
        8: ("soon", "This is not an ISO 8601 date, such as 2026-03-02T09:30."),
        9: ("2999-01-01", "This date lies in the future."),
        10: ("1899-12-31", "This date lies before 1990."),
        11: ("101", "The score is not a number from 0 to 100."),
        12: ("NaN", "The score is not a number from 0 to 100."),
        13: ("good", "The score is not a number."),
        14: ("maybe", "The column passed says neither yes nor no."),
        15: ("", "There is neither an email nor an external_id."),
        16: ("", "The assessment is missing."),
    }
    assert not Activity.objects.exists()


def test_a_dry_run_tells_what_would_happen_and_changes_nothing(table, course):
    before = state()
    said = run(table(ATTEMPTS, *attempts(course)), "--dry-run")
    assert "2 attempts counted" in said
    assert "Nothing was changed." in said
    assert state() == before


def test_a_file_of_other_columns_is_one_sentence(table, acme):
    with pytest.raises(CommandError, match="neither those of attempts"):
        run(table("name,city", "Carol,Umeå"))
    with pytest.raises(CommandError, match="A file of attempts needs the columns assessment, submitted_at"):
        run(table("email,course,at", "a,b,c"), "--kind", "attempts")
    with pytest.raises(CommandError, match="needs the column email or external_id"):
        run(table("course,at", "b,c"))
