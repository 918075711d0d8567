"""`manage.py load_example`: files of the shape of the published sets, made here, loaded twice."""

import io
import json

import pytest
from django.core.management import CommandError, call_command

from config.examples import funmooc, oulad
from learners.models import Attempt, CourseRecord, Enrollment, LearningSpan, Person, XapiStatement

COURSE = "course-v1:FUN-MOOC+00001+session01"
FILES = {
    "courses.csv": "code_module,code_presentation,module_presentation_length\nAAA,2013J,268\nBBB,2014B,234\n",
    "assessments.csv": (
        "code_module,code_presentation,id_assessment,assessment_type,date,weight\n"
        "AAA,2013J,1752,TMA,19,40\nAAA,2013J,1753,Exam,,60\nBBB,2014B,1800,CMA,19,100\n"
    ),
    "studentInfo.csv": (
        "code_module,code_presentation,id_student,region,final_result\n"
        "AAA,2013J,11,Scotland,Pass\nAAA,2013J,12,Wales,Fail\nBBB,2014B,11,Scotland,Withdrawn\n"
    ),
    "studentRegistration.csv": (
        "code_module,code_presentation,id_student,date_registration,date_unregistration\n"
        "AAA,2013J,11,-10,\nAAA,2013J,12,,\nBBB,2014B,11,-5,30\n"
    ),
    "studentAssessment.csv": (
        "id_assessment,id_student,date_submitted,is_banked,score\n"
        "1752,11,18,0,80\n1753,11,200,0,50\n1752,12,18,0,39\n1752,12,19,0,\n1800,11,40,0,100\n"
    ),
}


def statement(number: int, learner: str, minute: int, video: str = "uuid://v1") -> str:
    return json.dumps(
        {
            "id": f"00000000-0000-4000-8000-{number:012}",
            "actor": {"account": {"name": learner, "homePage": "http://fun-mooc.fr"}},
            "verb": {"id": "https://w3id.org/xapi/video/verbs/played"},
            "object": {"id": video},
            "context": {"contextActivities": {"parent": [{"id": COURSE}]}},
            "timestamp": f"2021-11-29T10:{minute:02}:00+00:00",
        }
    )


@pytest.fixture
def statements(tmp_path):
    """Two learners, two videos: ten minutes of the one, a lone event of the other."""
    path = tmp_path / "statements.json"
    lines = [statement(1, "ann", 0), statement(2, "ann", 10, "uuid://v2"), statement(3, "ben", 30)]
    path.write_text("\n".join(lines))
    return path


@pytest.fixture
def university(tmp_path):
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def run(*argv: str) -> tuple[str, str]:
    """What is printed and the refusal: a small file never has the figures of the whole set."""
    out = io.StringIO()
    with pytest.raises(CommandError) as raised:
        call_command("load_example", *argv, stdout=out)
    return out.getvalue(), str(raised.value)


def found(ground, module) -> dict[str, float]:
    return {total.name: total.found for total in module.totals(ground)}


def test_statements_of_videos_become_learning_time(db, statements):
    expected = {
        "Statements": 3,
        "Statements counted": 3,
        "Actors": 2,
        "Courses": 1,
        "Videos": 2,
        "Sessions": 2,
        "Learning hours": 0.1667,
    }
    assert found(funmooc.load(statements), funmooc) == expected
    assert found(funmooc.load(statements), funmooc) == expected
    assert list(Enrollment.objects.order_by("membership__person__external_id").values_list("seconds")) == [
        (600,),
        (0,),
    ]
    assert (XapiStatement.objects.count(), LearningSpan.objects.count()) == (3, 2)


def test_registrations_submissions_and_results_become_enrollments_attempts_and_reports(db, university):
    expected = {
        "Students": 2,
        "Registrations": 3,
        "Presentations": 2,
        "Pass": 1,
        "Distinction": 0,
        "Fail": 1,
        "Withdrawn": 1,
        "Completions": 1,
        "Attempts": 4,
        "Scores of 40 or more": 3,
        "Passed attempts": 3,
    }
    assert found(oulad.load(university), oulad) == expected
    assert found(oulad.load(university), oulad) == expected
    assert Attempt.objects.count() == 4
    record = CourseRecord.objects.get(user__email="11@example-oulad.example", course__slug="oulad-aaa-2013j")
    assert (float(record.grade), record.reported_result) == (62.0, "Pass")
    left = Enrollment.objects.get(left_at__isnull=False)
    assert (left.course.slug, left.left_reason, left.left_at.date().isoformat()) == (
        "oulad-bbb-2014b",
        "course",
        "2014-03-03",
    )
    assert Person.objects.get(external_id="12").location_region == "Wales"


def test_the_command_prints_what_differs_and_fails(db, statements):
    said, refusal = run("funmooc", str(statements))
    assert "Actors                           1,452             2  differs\n" in said
    assert refusal == "The tables hold other figures than the set."


def test_a_file_that_is_not_there_gets_one_sentence(db, tmp_path):
    said, refusal = run("oulad", str(tmp_path))
    assert (said, refusal) == ("", f"{tmp_path}/courses.csv cannot be read: No such file or directory.")
