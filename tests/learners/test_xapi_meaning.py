"""What statements come to: whom they mean, what they count as, and which are kept uncounted."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest
from allauth.account.models import EmailAddress
from django.db import connection
from django.db.transaction import atomic as transaction
from django.db.transaction import set_rollback

from learners.learning.actions import credentials, statements
from learners.learning.actions import facts as facts_actions
from learners.learning.xapi import validation
from learners.learning.xapi.statements import build
from learners.learning.xapi.verbs import VERBS
from learners.models import Activity, Attempt, CourseRecord, Enrollment, LearningSpan, XapiStatement
from learners.people.actions import accounts
from tests.factories import UserFactory
from tests.learners.taking import GRADED, START, VIDEO, enrolled, item, learner, minutes, taught
from tests.learners.xapi import ADL, COURSE, QUIZ, Player, statement
from tests.learners.xapi import VIDEO as VIDEO_IRI


@pytest.fixture
def python():
    """A course hosted elsewhere: a video, then a quiz that is passed from 60."""
    course = taught((VIDEO, GRADED))
    course.activity_iri = COURSE
    course.save()
    for key, iri in (("i1", VIDEO_IRI), ("i2", QUIZ)):
        found = item(course, key)
        found.activity_iri = iri
        found.save()
    return course


@pytest.fixture
def membership(program, contract, carol):
    """Carol's place in English for Work; Acme knows her as E-7."""
    return learner(program, contract, user=carol)


@pytest.fixture
def record(membership, python):
    membership.person.external_id = "E-7"
    membership.person.save()
    return enrolled(membership, python).record


def told(acme, *bodies):
    """Take these in; their outcomes."""
    rows = [build(validation.check(body, minutes(10_000_000)), now=START, is_new=True) for body in bodies]
    stored = statements.store(organization=acme, statements=rows, by=None)
    return [verdict.outcome.value for verdict in stored.new]


def at(minute, *arguments, **more):
    return statement(*arguments, **more, timestamp=minutes(minute).isoformat())


# --- Whom ---------------------------------------------------------------------------------------
HASHED = hashlib.sha1(b"mailto:carol@acme.example", usedforsecurity=False).hexdigest()


@pytest.mark.parametrize(
    "actor",
    [
        {"mbox": "mailto:Carol@ACME.example"},
        {"mbox": "mailto:carol@home.example"},
        {"mbox_sha1sum": HASHED.upper()},
        {"account": {"homePage": "https://hr.example", "name": "E-7"}},
        {"account": {"homePage": "https://hr.example", "name": "carol@acme.example"}},
    ],
    ids=str,
)
def test_a_learner_is_known_by_any_of_her_names(acme, record, actor, carol):
    EmailAddress.objects.create(user=carol, email="carol@home.example", verified=True)
    assert told(acme, statement(actor=actor)) == ["counted"]
    assert Activity.objects.get().user == carol


@pytest.mark.parametrize(
    "actor",
    [
        {"mbox": "mailto:nobody@acme.example"},
        {"mbox": "mailto:carol@unconfirmed.example"},
        {"account": {"homePage": "https://hr.example", "name": "E-8"}},
        {"openid": "https://carol.example/"},
        {"objectType": "Group", "member": [{"mbox": "mailto:carol@acme.example"}]},
    ],
    ids=str,
)
def test_an_unknown_actor_is_kept_and_not_counted(acme, record, actor, carol):
    EmailAddress.objects.create(user=carol, email="carol@unconfirmed.example", verified=False)
    assert told(acme, statement(actor=actor)) == ["unknown_learner"]
    assert (XapiStatement.objects.count(), Activity.objects.count()) == (1, 0)


def test_an_external_id_of_two_people_is_nobodys(acme, record, program, contract):
    twin = learner(program, contract).person
    twin.external_id = "E-7"
    twin.save()
    actor = {"account": {"homePage": "https://hr.example", "name": "E-7"}}
    assert told(acme, statement(actor=actor)) == ["unknown_learner"]


def test_a_learner_of_another_organization_is_unknown_here(globex, record):
    assert told(globex, statement()) == ["unknown_learner"]
    assert Activity.objects.count() == 0


# --- What ---------------------------------------------------------------------------------------
def test_the_course_is_found_by_itself_by_its_parent_by_its_item_and_by_our_address(acme, record, settings):
    settings.SITE_URL = "https://learn.example"
    parent = {"contextActivities": {"parent": [{"id": COURSE}]}}
    page = f"https://learn.example/courses/{record.course.slug}"
    outcomes = told(
        acme,
        statement(activity=COURSE),
        statement(activity="urn:something:else", context=parent),
        statement(activity=QUIZ),
        statement(activity=page),
        statement(activity=f"{page}/items/i1"),
        statement(activity="urn:something:else"),
    )
    assert outcomes == ["counted"] * 5 + ["unknown_course"]
    keys = Activity.objects.values_list("item__key", flat=True)
    assert sorted(key or "" for key in keys) == ["", "", "", "i1", "i2"]


def test_an_unknown_verb_is_kept_and_not_counted(acme, record):
    assert told(acme, statement("https://verbs.example/juggled")) == ["unknown_verb"]
    assert Activity.objects.count() == 0


def test_who_never_enrolled_or_had_left_by_then_is_kept_and_not_counted(acme, membership, python):
    assert told(acme, at(5)) == ["not_enrolled"]
    enrolled(membership, python, left_at=minutes(10), left_reason="course")
    assert told(acme, at(10), at(11)) == ["counted", "not_enrolled"]
    assert Activity.objects.count() == 1


def test_every_verb_of_the_table_counts_as_time(acme, record):
    bodies = [at(place, verb) for place, verb in enumerate(VERBS)]
    assert set(told(acme, *bodies)) == {"counted"}
    span = LearningSpan.objects.get()
    assert span.ended_at - span.started_at == minutes(len(VERBS) - 1) - START


# --- Attempts and completion --------------------------------------------------------------------
@pytest.mark.parametrize(
    ("verb", "result", "attempt"),
    [
        ("scored", {"score": {"scaled": 0.655}}, (Decimal("65.50"), True)),
        ("scored", {"score": {"scaled": -0.5}}, (Decimal(0), False)),
        ("answered", {"score": {"raw": 15, "min": 10, "max": 20}}, (Decimal(50), False)),
        ("answered", {"score": {"raw": 9, "max": 10}}, (Decimal(90), True)),
        ("attempted", {"score": {"scaled": 0.9}, "success": False}, (Decimal(90), False)),
        ("passed", {"score": {"scaled": 0.5}}, (Decimal(50), True)),
        ("passed", {}, (Decimal(60), True)),
        ("failed", {}, (Decimal(0), False)),
        ("completed", {"score": {"scaled": 1}}, (Decimal(100), True)),
        ("attempted", {}, None),
        ("scored", {"score": {"raw": 7}}, None),
        ("experienced", {"score": {"scaled": 1}}, None),
        ("completed", {}, None),
    ],
)
def test_a_scored_assessment_is_an_attempt(acme, record, verb, result, attempt):
    assert told(acme, statement(verb, QUIZ, result=result)) == ["counted"]
    found = Attempt.objects.values_list("score", "passed").first()
    assert found == attempt
    assert Activity.objects.count() == 1


def test_completed_completes_an_item_and_never_a_graded_one(acme, record):
    told(acme, statement("completed", VIDEO_IRI), statement("completed", QUIZ))
    assert list(record.items.filter(completed_at__isnull=False).values_list("item__key", flat=True)) == ["i1"]
    told(acme, statement("passed", QUIZ))
    record.refresh_from_db()
    assert (record.items_completed, record.progress, record.grade) == (2, 100, 60)
    assert record.completed_at is not None


def test_statements_about_the_whole_course_report_progress_grade_and_completion(acme, record):
    progress = {"https://w3id.org/xapi/cmi5/result/extensions/progress": 40}
    told(acme, at(1, "progressed", COURSE, result={"extensions": progress}))
    record.refresh_from_db()
    assert (record.progress, record.completed_at) == (40, None)
    told(acme, at(2, "passed", COURSE, result={"score": {"scaled": 0.8}}), at(3, "completed", COURSE))
    enrollment = Enrollment.objects.get()
    assert (enrollment.progress, enrollment.grade, enrollment.completed_at) == (40, 80, minutes(3))


# --- Once, late, at once ------------------------------------------------------------------------
def coursework() -> list:
    """Every table that statements tell, without the ids of rows."""
    tables = (
        Activity.objects.values_list("user", "course", "item", "kind", "at", "event_id"),
        Attempt.objects.values_list("record", "item", "submitted_at", "score", "passed", "event_id"),
        LearningSpan.objects.values_list("user", "course", "started_at", "ended_at", "opens_session"),
        CourseRecord.objects.values_list(
            "started_at", "progress", "grade", "completed_at", "items_completed"
        ),
        Enrollment.objects.values_list("progress", "grade", "seconds", "lessons", "last_activity_at"),
        XapiStatement.objects.values_list("statement_id", "digest", "outcome", "user"),
    )
    return [sorted(table, key=str) for table in tables]


def story() -> list[dict]:
    """A morning with a break of two hours, an attempt that fails, one that passes, and a report."""
    rows = [at(minute, verb) for minute, verb in ((0, "initialized"), (7, "experienced"), (130, "resumed"))]
    rows += [at(140, "scored", QUIZ, result={"score": {"scaled": 0.3}}), at(150, "passed", QUIZ)]
    return [*rows, at(151, "completed"), at(152, "completed", COURSE), at(200, "progressed", COURSE)]


def undone(acme, parts) -> list:
    """The tables after these batches, which are then taken back."""
    with transaction():
        for part in parts:
            told(acme, *part)
        tables = coursework()
        set_rollback(True)
    return tables


def test_twice_in_reverse_and_in_halves_gives_the_same_tables(acme, record):
    rows = story()
    orders = [rows], [rows, rows], [rows[::-1]], [rows[4:], rows[:4]], [[row] for row in rows[::-1]]
    tables = [undone(acme, order) for order in orders]
    assert all(table == tables[0] for table in tables)
    assert len(tables[0][0]) == 8


def test_a_voided_statement_stays_counted_in_either_order(acme, record):
    sent = statement("passed", QUIZ)
    voiding = statement("voided") | {"object": {"objectType": "StatementRef", "id": sent["id"]}}
    assert told(acme, voiding) == ["voiding"]
    assert told(acme, sent) == ["counted"]
    assert Attempt.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_the_same_statement_sent_many_times_at_once_counts_once(acme, record):
    credential, secret = credentials.create(organization=acme, name="Player", by=None)
    sent = [statement("passed", QUIZ), statement()]

    def send(turn: int) -> int:
        try:
            return Player(credential.key, secret).post(sent[:: -1 if turn % 2 else 1]).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        assert set(pool.map(send, range(12))) == {200}
    assert (XapiStatement.objects.count(), Attempt.objects.count(), Activity.objects.count()) == (2, 1, 2)


@pytest.mark.django_db(transaction=True)
def test_two_contents_under_one_id_at_once_leave_one(acme, record):
    credential, secret = credentials.create(organization=acme, name="Player", by=None)
    sent = statement("passed", QUIZ)
    both = [sent, sent | {"verb": {"id": f"{ADL}failed"}}]

    def send(body: dict) -> int:
        try:
            return Player(credential.key, secret).post(body).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        codes = list(pool.map(send, both * 4))
    assert sorted(codes) == [200] * 4 + [409] * 4
    assert Attempt.objects.count() == 1


def test_a_failure_while_counting_leaves_no_statement(acme, record, monkeypatch):
    def broken(**_arguments):
        raise RuntimeError

    monkeypatch.setattr(facts_actions, "report", broken)
    with pytest.raises(RuntimeError):
        told(acme, statement(), statement("completed", COURSE))
    assert (XapiStatement.objects.count(), Activity.objects.count()) == (0, 0)


# --- When the account changes -------------------------------------------------------------------
def test_erasing_takes_the_person_out_of_every_statement(acme, record, carol):
    mine = statement("passed", QUIZ, actor={"mbox": "mailto:carol@acme.example", "name": "Caz"})
    hashed = statement(actor={"mbox_sha1sum": HASHED})
    numbered = statement(actor={"account": {"homePage": "https://hr.example", "name": "E-7"}})
    teaching = statement(actor="dana@acme.example") | {
        "context": {"instructor": {"mbox": "mailto:carol@acme.example", "name": carol.name}}
    }
    told(acme, mine, hashed, numbered, teaching)
    accounts.erase(user=carol, by=carol)
    kept = str(list(XapiStatement.objects.values())).lower()
    # Quoted: the numbers of statements may hold the same letters.
    for text in ("carol", "caz", HASHED, "'e-7'"):
        assert text not in kept
    assert XapiStatement.objects.filter(user=None).count() == 4
    assert "dana@acme.example" in kept
    assert Activity.objects.count() == 3
    assert told(acme, mine) == []


def test_connecting_accounts_takes_statements_along(acme, membership, python):
    told(acme, statement())
    other = UserFactory(email="carol@home.example")
    enrolled(learner(membership.program, membership.contract, user=other), python)
    other.people.get().memberships.update(enrollments=1)
    kept = accounts.connect(one=other, other=membership.person.user, by=other)
    assert (kept, XapiStatement.objects.get().user) == (other, other)
