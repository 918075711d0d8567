"""Removing and inviting again from the list: the question, the answer, and the job for many."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from learners.models import InvitationResend, Membership, MembershipRemoval
from learners.people import tasks
from learners.people.actions import bulk, joining
from learners.people.queries.members import Filter
from learners.people.queries.selections import Selection
from orgs.models import AuditEvent, Job, OutboundEmail, RoleGrant
from tests.factories import MembershipFactory, UserFactory
from tests.learners.seats import agree, exits, invite, seat

LIST = "/o/acme/admin/programs/english/learners"
REMOVE = f"{LIST}/remove"
RESEND = f"{LIST}/resend"
State = Membership.State


@pytest.fixture
def browser(alice, program, signed_in):
    return signed_in(alice)


def hidden(page):
    """What the question posts again."""
    fields = re.findall(r'<input type="hidden" name="([^"]+)"(?: value="([^"]*)")?', page)
    return {name: [value for key, value in fields if key == name] for name, _value in fields}


def answer(browser, url, response, **fields):
    data = hidden(response.content.decode()) | {"answer": "yes", **fields}
    data.pop("csrfmiddlewaretoken", None)
    return browser.post(url, data)


def test_the_question_says_what_is_lost_and_kept_and_does_nothing_yet(browser, program, contract):
    rows = [seat(program, contract, name) for name in ("Ada", "Bea", "Cid", "Dan")]
    response = browser.post(f"{REMOVE}?status=joined", {"ids": [row.pk for row in rows]})
    text = " ".join(re.sub("<[^>]+>", " ", response.content.decode()).split())
    assert response.status_code == 200
    assert "Remove 4 learners from this program" in text
    assert "Ada, Bea, Cid and 1 other" in text
    assert "Progress, grades and certificates are kept." in text
    assert "4 licences of Workforce become free." in text
    assert "Require a new invitation" in text
    assert "Allow to rejoin without one" in text
    assert agree(contract, 4)


@pytest.mark.parametrize(("choice", "allow_return"), [("no", False), ("yes", True)])
def test_the_answer_removes_the_selected_and_says_so(browser, program, contract, choice, allow_return):
    ada, bea, cid = (seat(program, contract, name) for name in ("Ada", "Bea", "Cid"))
    url = f"{REMOVE}?status=joined&q="
    asked = browser.post(url, {"ids": [ada.pk, bea.pk]})
    response = answer(browser, url, asked, allow_return=choice)
    assert (response.status_code, response["Location"]) == (302, f"{LIST}?status=joined")
    states = {row.person.name: (row.state, row.allow_return) for row in Membership.objects.order_by("pk")}
    assert states == {
        "Ada": (State.REMOVED, allow_return),
        "Bea": (State.REMOVED, allow_return),
        "Cid": (State.MEMBER, False),
    }
    page = browser.get(response["Location"]).content.decode()
    assert "2 learners were removed, each gets a mail. 2 licences are free again." in page


def test_an_answer_without_a_choice_asks_again(browser, program, contract):
    ada = seat(program, contract, "Ada")
    url = f"{REMOVE}?status=joined"
    response = answer(browser, url, browser.post(url, {"ids": [ada.pk]}))
    assert response.status_code == 422
    assert agree(contract, 1)


def test_a_rows_menu_asks_by_a_link(browser, program, contract):
    ada = seat(program, contract, "Ada")
    page = browser.get(f"{REMOVE}?status=joined&ids={ada.pk}").content.decode()
    assert "Remove Ada from this program" in page
    assert "1 licence of Workforce becomes free." in page
    assert agree(contract, 1)


def test_with_htmx_the_question_is_a_dialog_and_without_a_page(browser, program, contract):
    ada = seat(program, contract, "Ada")
    url = f"{REMOVE}?status=joined&ids={ada.pk}"
    dialog = browser.get(url, headers={"HX-Request": "true"}).content.decode()
    page = browser.get(url).content.decode()
    assert dialog.lstrip().startswith('<dialog class="dialog" id="ask-dialog" data-open')
    assert '<dialog class="dialog" id="ask-dialog"' not in page
    assert "<html" in page
    assert "<html" not in dialog


def test_all_that_match_means_the_filter_and_not_the_ids(browser, program, contract):
    rows = [seat(program, contract, name) for name in ("Anna", "Annika", "Berta")]
    url = f"{REMOVE}?status=joined&q=ann"
    asked = browser.post(url, {"ids": [rows[2].pk], "all_matching": "1"})
    assert "Remove 2 learners from this program" in asked.content.decode()
    response = answer(browser, url, asked, allow_return="no")
    assert response["Location"] == f"{LIST}?status=joined&q=ann"
    assert list(Membership.objects.filter(state=State.MEMBER)) == [rows[2]]


def test_ids_of_another_program_or_organization_select_nobody(
    browser, program, other_program, contract, globex
):
    other = MembershipFactory(program=other_program, contract=contract, joined=True)
    foreign = MembershipFactory(program__organization=globex, joined=True)
    url = f"{REMOVE}?status=joined"
    response = browser.post(url, {"ids": [other.pk, foreign.pk], "answer": "yes", "allow_return": "no"})
    assert response.status_code == 302
    assert Membership.objects.filter(state=State.REMOVED).count() == 0
    page = browser.get(response["Location"]).content.decode()
    assert "2 people were left alone, having left this list in the meantime." in page


@pytest.mark.parametrize("data", [{}, {"ids": ["x"]}, {"ids": ["-1"]}, {"ids": ["9" * 30]}, {"ids": ["0"]}])
def test_a_selection_that_cannot_be_read_leads_back_with_a_sentence(browser, program, data):
    response = browser.post(f"{REMOVE}?status=joined", data)
    assert response.status_code == 302
    assert "Nobody was selected" in browser.get(response["Location"]).content.decode()


@pytest.mark.parametrize(
    ("url", "state"),
    [(f"{REMOVE}?status=removed", "removed"), (f"{RESEND}?status=joined", "member"), (f"{RESEND}", "member")],
)
def test_an_act_that_does_not_fit_the_list_selects_nobody(browser, program, contract, url, state):
    row = seat(program, contract, "Ada")
    Membership.objects.filter(pk=row.pk).update(state=state, removed_at=timezone.now())
    response = browser.post(url, {"all_matching": "1", "answer": "yes", "recent": "send"})
    assert response.status_code == 302
    assert exits() == invitations() == []
    assert MembershipRemoval.objects.count() == InvitationResend.objects.count() == 0


def test_invitations_are_removed_without_a_choice(browser, program, contract):
    ina = invite(program, contract, "Ina")
    url = f"{REMOVE}?status=invited"
    asked = browser.post(url, {"ids": [ina.pk]})
    page = asked.content.decode()
    assert "Remove the invitation of Ina" in page
    assert "allow_return" not in page
    response = answer(browser, url, asked)
    ina.refresh_from_db()
    assert ina.state == State.REMOVED
    assert (
        "1 invitation was removed. Its link no longer works."
        in browser.get(response["Location"]).content.decode()
    )


def test_someone_who_joined_while_the_question_was_open_is_left_alone_and_named(browser, program, contract):
    ina, ivo = invite(program, contract, "Ina"), invite(program, contract, "Ivo")
    url = f"{REMOVE}?status=invited"
    asked = browser.post(url, {"ids": [ina.pk, ivo.pk]})
    user = UserFactory(name="Ina", email="ina@acme.example")
    joining.join(program=program, person=ina.person, user=user, contract=contract, by=user)
    response = answer(browser, url, asked)
    page = browser.get(response["Location"]).content.decode()
    assert "1 invitation was removed." in page
    assert "1 person was left alone, having left this list in the meantime." in page
    assert agree(contract, 1)


def test_bob_may_remove_in_his_program_only_and_mallory_nowhere(
    bob, mallory, program, other_program, signed_in
):
    url = REMOVE.replace("english", "data")
    assert signed_in(bob).get(REMOVE).status_code == 302
    assert signed_in(bob).get(url).status_code == 404
    assert signed_in(mallory).get(REMOVE).status_code == 404


# --- Many: a job ---


@pytest.fixture
def few_at_once(monkeypatch):
    """More than two are many, worked on two at a time."""
    monkeypatch.setattr(bulk, "AT_ONCE", 2)
    monkeypatch.setattr(bulk, "CHUNK", 2)


def test_more_than_one_request_should_wait_for_become_a_job(
    browser, alice, program, contract, few_at_once, sent_tasks, django_capture_on_commit_callbacks
):
    for name in ("Anna", "Annika", "Annelie", "Anne", "Anni"):
        seat(program, contract, name)
    seat(program, contract, "Berta")
    url = f"{REMOVE}?status=joined&q=ann"
    asked = browser.post(url, {"all_matching": "1"})
    assert "It is done in the background." in asked.content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        response = answer(browser, url, asked, allow_return="yes")
    job = MembershipRemoval.objects.get()
    assert response["Location"] == f"{LIST}/removals/{job.pk}"
    assert (job.total, job.state, job.search, job.allow_return) == (5, Job.State.QUEUED, "ann", True)
    assert agree(contract, 6)
    assert sent_tasks[-1] == ("learners.remove_memberships", (job.pk,))
    assert "Removing 5 learners" in browser.get(response["Location"]).content.decode()

    tasks.remove_memberships(job.pk)

    job.refresh_from_db()
    assert (job.state, job.done, job.failed) == (Job.State.DONE, 5, 0)
    assert agree(contract, 1)
    assert len(exits()) == 5
    event = AuditEvent.objects.get(verb="removal.started")
    assert event.after == {"people": 5, "status": "joined", "search": "ann", "allow_return": True}
    assert AuditEvent.objects.filter(verb="memberships.removed").count() == 0
    done = browser.get(response["Location"], headers={"HX-Request": "true"})
    assert done["HX-Refresh"] == "true"


def test_a_job_that_runs_twice_or_stops_in_the_middle_removes_everyone_once(
    alice, program, contract, few_at_once
):
    for number in range(5):
        seat(program, contract, f"P{number}")
    job = bulk.remove(selection=Selection(program, Filter()), allow_return=False, by=alice)
    MembershipRemoval.objects.filter(pk=job.pk).update(state=Job.State.RUNNING, claims=1)
    job.refresh_from_db()
    assert bulk.work(job=job, by=alice)
    assert agree(contract, 3)
    MembershipRemoval.objects.filter(pk=job.pk).update(heartbeat_at=None)

    tasks.remove_memberships(job.pk)
    tasks.remove_memberships(job.pk)

    job.refresh_from_db()
    assert (job.state, job.done) == (Job.State.DONE, 5)
    assert agree(contract, 0)
    assert len(exits()) == 5


def test_a_worker_that_lost_its_job_changes_nothing(alice, program, contract, few_at_once):
    for number in range(3):
        seat(program, contract, f"P{number}")
    job = bulk.remove(selection=Selection(program, Filter()), allow_return=False, by=alice)
    MembershipRemoval.objects.filter(pk=job.pk).update(state=Job.State.RUNNING, claims=2)
    with pytest.raises(bulk.jobs.LostJob):
        bulk.work(job=job, by=alice)
    assert agree(contract, 3)
    assert exits() == []


def test_who_joins_after_the_job_was_asked_for_is_left_alone(alice, program, contract, few_at_once):
    for number in range(3):
        seat(program, contract, f"P{number}")
    job = bulk.remove(selection=Selection(program, Filter()), allow_return=False, by=alice)
    MembershipRemoval.objects.filter(pk=job.pk).update(created_at=timezone.now())
    late = seat(program, contract, "Late")
    Membership.objects.filter(pk=late.pk).update(joined_at=timezone.now())
    tasks.remove_memberships(job.pk)
    assert list(Membership.objects.filter(state=State.MEMBER)) == [late]
    assert agree(contract, 1)


def test_a_job_of_someone_who_lost_the_right_fails_with_a_sentence(alice, program, contract, few_at_once):
    for number in range(3):
        seat(program, contract, f"P{number}")
    job = bulk.remove(selection=Selection(program, Filter()), allow_return=False, by=alice)
    RoleGrant.objects.filter(user=alice).delete()
    tasks.remove_memberships(job.pk)
    job.refresh_from_db()
    assert job.state == Job.State.FAILED
    assert job.error == "The person who asked for this may no longer do so in this program."
    assert agree(contract, 3)


def test_the_progress_of_another_program_is_not_found(browser, alice, program, other_program):
    job = MembershipRemoval.objects.create(
        organization=program.organization, program=other_program, requested_by=alice, status="joined"
    )
    assert browser.get(f"{LIST}/removals/{job.pk}").status_code == 404
    assert browser.get(f"{LIST}/resends/{job.pk}").status_code == 404


# --- Sending the invitation again ---


def invitations():
    return list(
        OutboundEmail.objects.filter(kind__startswith="invitation")
        .order_by("id")
        .values_list("recipient", flat=True)
    )


def test_resending_asks_first_and_queues_each_mail_once(browser, program, contract):
    rows = [invite(program, contract, name) for name in ("Ina", "Ivo")]
    url = f"{RESEND}?status=invited"
    asked = browser.post(url, {"ids": [row.pk for row in rows]})
    assert "Send 2 invitations again" in asked.content.decode()
    assert invitations() == []
    response = answer(browser, url, asked)
    assert response["Location"] == f"{LIST}?status=invited"
    assert invitations() == ["ina@acme.example", "ivo@acme.example"]
    page = browser.get(response["Location"]).content.decode()
    assert "2 invitations are sent again, with the same links." in page


@pytest.mark.parametrize(
    ("choice", "mailed", "left_out"),
    [("spare", ["ivo@acme.example"], 1), ("send", ["ina@acme.example", "ivo@acme.example"], 0)],
)
def test_those_mailed_within_24_hours_are_named_and_spared_unless_one_wants_otherwise(
    browser, program, contract, choice, mailed, left_out
):
    invite(program, contract, "Ina", sent_at=timezone.now(), sent_count=1)
    invite(program, contract, "Ivo", sent_at=timezone.now() - timedelta(hours=25), sent_count=1)
    url = f"{RESEND}?status=invited"
    asked = browser.post(url, {"all_matching": "1"})
    assert "1 person got this mail in the last 24 hours." in asked.content.decode()
    response = answer(browser, url, asked, recent=choice)
    assert invitations() == mailed
    page = browser.get(response["Location"]).content.decode()
    assert ("1 person was left out." in page) == bool(left_out)


def test_many_are_sent_again_by_a_job(browser, program, contract, few_at_once):
    for name in ("Ada", "Bea", "Cid"):
        invite(program, contract, name)
    invite(program, contract, "Dan", sent_at=timezone.now(), sent_count=1)
    url = f"{RESEND}?status=invited"
    response = answer(browser, url, browser.post(url, {"all_matching": "1"}), recent="spare")
    job = InvitationResend.objects.get()
    assert response["Location"] == f"{LIST}/resends/{job.pk}"
    tasks.resend_invitations(job.pk)
    tasks.resend_invitations(job.pk)
    job.refresh_from_db()
    assert (job.state, job.done) == (Job.State.DONE, 3)
    assert invitations() == ["ada@acme.example", "bea@acme.example", "cid@acme.example"]
