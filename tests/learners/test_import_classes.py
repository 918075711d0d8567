"""The classes that the rows of a file fall into, what is chosen about each, and what a worker makes of it."""

import csv
import io
from datetime import date, timedelta

import pytest
from django.utils import timezone

from learners.models import ImportRow, Invitation, InviteImport, Membership
from learners.people.actions import imports, undoing
from learners.people.actions.invitations import GUARD
from learners.people.choices import DEFAULT, Choices
from learners.people.queries import import_classes as classes
from learners.people.tasks import import_invitations, undo_import
from orgs.errors import ActionError
from orgs.models import AuditEvent, OutboundEmail
from tests.factories import ContractFactory, InvitationFactory, MembershipFactory, PersonFactory
from tests.learners.by_domain import add_address
from tests.learners.files import address, on_page, people, stage, table


def person(program, name: str):
    return PersonFactory(organization=program.organization, email=f"{name}@acme.example", name=name.title())


def invited(program, contract, name: str, *, mailed: timedelta | None = None) -> Invitation:
    """An open invitation whose mail went out so long ago, if at all."""
    membership = MembershipFactory(program=program, contract=contract, person=person(program, name))
    sent = {"sent_at": timezone.now() - mailed, "sent_count": 1} if mailed else {}
    return InvitationFactory(membership=membership, **sent)


def line(name: str) -> str:
    return f"{name.title()},{name}@acme.example,"


@pytest.fixture
def mixed(program, contract):
    """A file with rows of every class: 12 new ones, of whom ten have a seat."""
    contract.quantity = 11
    contract.save()
    invited(program, contract, "ida", mailed=timedelta(days=3))
    invited(program, contract, "ian", mailed=timedelta(hours=2))
    invited(program, contract, "ivy")
    MembershipFactory(program=program, contract=contract, person=person(program, "max"), joined=True)
    MembershipFactory(program=program, contract=contract, person=person(program, "rob"), removed=True)
    MembershipFactory(
        program=program, contract=contract, person=person(program, "ruth"), removed=True, allow_return=True
    )
    return table(
        [
            *map(line, ("ida", "ian", "ivy", "max", "rob")),
            *people(12),
            line("ruth"),
            "Slip,slip@gmial.com,",
            "Bad,bad,",
            "Twice,learner1@acme.example,",
        ]
    )


def judged(job, chosen: Choices = DEFAULT):
    return classes.classes(job, chosen, seats=classes.seats(job.contract), guard=GUARD)


def worked_off(job, by, *, mail: bool = True, **chosen: bool) -> InviteImport:
    imports.start(job=job, mail=mail, chosen=Choices(**chosen), by=by)
    import_invitations(job.pk)
    job.refresh_from_db()
    return job


def states() -> dict[str, str]:
    found = Membership.objects.values_list("person__email", "state")
    return {email.partition("@")[0]: state for email, state in found}


def test_every_row_is_in_one_class(program, contract, mixed, alice):
    job = stage(program, contract, mixed, alice)
    found = judged(job)
    assert found.counts == {
        "new": 10,
        "removed": 1,
        "over": 3,
        "invited": 3,
        "member": 1,
        "mistyped": 1,
        "unusable": 2,
    }
    assert sum(found.counts.values()) == job.rows == 21
    assert (found.removed, found.for_good, found.cut) == (2, 1, 16)
    for kind, count in found.counts.items():
        assert found.rows(kind).count() == found.count(kind) == count
    assert [row.line for row in found.rows("over").order_by("line")] == [17, 18, 19]
    assert {row.line for row in found.rows("")} == {2, 3, 4, 5, 20, 21, 22}


@pytest.mark.parametrize(
    ("chosen", "counts", "used"),
    [
        ({"again": False}, {"removed": 2, "over": 1, "new": 11}, 12),
        ({"beyond_seats": False}, {"removed": 1, "over": 3, "new": 10}, 11),
        ({"mistyped": True}, {"mistyped": 0, "over": 4}, 15),
        (
            {"again": False, "beyond_seats": False, "mistyped": True},
            {"over": 2, "mistyped": 0, "new": 11},
            11,
        ),
        ({"resend": True}, {"invited": 3}, 17),
    ],
)
def test_choices_move_rows_between_the_classes_and_what_is_used_is_what_is_worked_on(
    program, contract, mixed, alice, chosen, counts, used
):
    job = stage(program, contract, mixed, alice)
    found = judged(job, Choices(**chosen))
    assert {kind: found.counts[kind] for kind in counts} == counts
    assert (sum(found.counts.values()), found.used) == (21, used)
    done = worked_off(job, alice, **chosen)
    assert (done.state, done.total, done.done) == ("done", used, used)
    assert done.invited == found.invited
    assert done.resent == found.resent
    assert done.invited + done.resent + done.spared + done.skipped + sum(done.left_out.values()) == 21


def test_who_was_removed_is_invited_again_unless_that_is_not_chosen(program, contract, mixed, alice):
    left = worked_off(stage(program, contract, mixed, alice), alice, again=False)
    assert (left.invited, left.reinvited, left.left_out["removed"]) == (12, 0, 2)
    assert {states()[name] for name in ("rob", "ruth")} == {"removed"}
    done = worked_off(stage(program, contract, mixed, alice), alice)
    assert (done.invited, done.reinvited) == (2, 2)
    assert {states()[name] for name in ("rob", "ruth")} == {"invited"}


def test_within_the_seats_the_first_of_the_file_are_invited(program, contract, mixed, alice):
    done = worked_off(stage(program, contract, mixed, alice), alice, beyond_seats=False)
    assert (done.invited, done.last_line, done.left_out["over"]) == (11, 16, 3)
    found = states()
    assert {found[f"learner{n}"] for n in range(10)} == {"invited"}
    assert "learner10" not in found
    assert found["ruth"] == "removed"


def test_without_a_seat_everyone_is_over_and_where_none_is_needed_nobody_is(program, contract, acme, alice):
    contract.taken = contract.quantity
    contract.save()
    job = stage(program, contract, table(people(3)), alice)
    assert judged(job).counts["over"] == 3
    with pytest.raises(ActionError) as refusal:
        imports.start(job=job, mail=True, chosen=Choices(beyond_seats=False), by=alice)
    assert refusal.value.text == "With these choices nobody is invited. Choose otherwise to start the import."
    for kind, quantity in (("unlimited", None), ("enrollments", 1)):
        other = ContractFactory(organization=acme, kind=kind, quantity=quantity)
        found = judged(stage(program, other, table(people(3)), alice))
        assert (found.counts["over"], found.counts["new"]) == (0, 3)


def test_the_seats_that_were_seen_decide_though_some_are_taken_since(program, contract, alice):
    job = stage(program, contract, table(people(10)), alice)
    contract.taken = 9
    contract.save()
    imports.start(job=job, mail=False, chosen=Choices(beyond_seats=False), seats=4, by=alice)
    import_invitations(job.pk)
    job.refresh_from_db()
    assert (job.invited, job.last_line) == (4, 5)


def test_the_mail_is_sent_again_when_chosen_but_not_within_a_day(program, contract, mixed, alice):
    job = stage(program, contract, mixed, alice)
    ahead = judged(job, Choices(resend=True))
    assert (ahead.resent, ahead.resendable.recent, ahead.stuck) == (2, 1, 0)
    done = worked_off(job, alice, mail=False, resend=True)
    assert (done.invited, done.resent, done.spared, done.skipped) == (14, 2, 1, 0)
    assert sorted(OutboundEmail.objects.values_list("recipient", "kind")) == [
        ("ida@acme.example", "invitation_reminder"),
        ("ivy@acme.example", "invitation"),
    ]
    assert AuditEvent.objects.get().after == {
        "rows": 14,
        "contract": "Workforce",
        "mail": False,
        "resent": 2,
    }


def test_within_a_day_it_is_sent_again_once_that_is_confirmed(program, contract, mixed, alice):
    done = worked_off(stage(program, contract, mixed, alice), alice, mail=False, resend=True, recent=True)
    assert (done.resent, done.spared) == (3, 0)


def test_a_mail_on_its_way_is_not_sent_twice_and_is_not_promised(program, contract, mixed, alice):
    worked_off(stage(program, contract, mixed, alice), alice, resend=True)
    mails = OutboundEmail.objects.count()
    again = stage(program, contract, mixed, alice)
    ahead = judged(again, Choices(resend=True))
    assert (ahead.counts["invited"], ahead.resent, ahead.resendable.recent, ahead.stuck) == (17, 0, 1, 16)
    done = worked_off(again, alice, resend=True)
    assert (done.invited, done.resent, done.spared, done.skipped) == (0, 0, 1, 16)
    assert OutboundEmail.objects.count() == mails


def test_nobody_is_mailed_again_whose_contract_has_ended(program, contract, acme, alice):
    ended = ContractFactory(organization=acme, ends_on=date(2026, 1, 1))
    invited(program, ended, "ida", mailed=timedelta(days=3))
    job = stage(program, contract, table([line("ida"), line("new")]), alice)
    assert judged(job, Choices(resend=True)).stuck == 1
    done = worked_off(job, alice, mail=False, resend=True)
    assert (done.invited, done.resent, done.skipped) == (1, 0, 1)
    assert OutboundEmail.objects.count() == 0


def test_the_same_file_changes_nothing_the_second_time(program, contract, mixed, alice):
    worked_off(stage(program, contract, mixed, alice), alice)
    tables = (Membership, Invitation, OutboundEmail)
    before = [list(model.objects.order_by("pk").values()) for model in tables]
    again = stage(program, contract, mixed, alice)
    with pytest.raises(ActionError):
        imports.start(job=again, mail=True, by=alice)
    assert [list(model.objects.order_by("pk").values()) for model in tables] == before


@pytest.mark.parametrize("again", [True, False])
def test_who_joins_or_is_invited_or_removed_before_the_work_begins_is_judged_anew(
    program, contract, alice, again
):
    former = invited(program, contract, "ida", mailed=timedelta(days=3))
    gone = invited(program, contract, "ian", mailed=timedelta(days=3))
    job = stage(program, contract, table([*people(4), line("ida"), line("ian")]), alice)
    imports.start(job=job, mail=True, chosen=Choices(again=again, resend=True), by=alice)
    now = timezone.now()
    joined = {"state": "member", "joined_at": now, "last_activity_at": now}
    Membership.objects.filter(pk=former.membership_id).update(**joined)
    Membership.objects.filter(pk=gone.membership_id).update(state="removed", removed_at=now)
    for number, how in enumerate(({"joined": True}, {}, {"removed": True})):
        known = PersonFactory(organization=program.organization, email=f"learner{number}@acme.example")
        MembershipFactory(program=program, contract=contract, person=known, **how)
    import_invitations(job.pk)
    job.refresh_from_db()
    assert (job.done, job.invited, job.reinvited, job.resent) == (6, 1 + again, int(again), 0)
    assert states() == {
        "ida": "member",
        "ian": "removed",
        "learner0": "member",
        "learner1": "invited",
        "learner2": "invited" if again else "removed",
        "learner3": "invited",
    }


def test_undoing_withdraws_those_invited_again_and_leaves_those_only_mailed_again(
    program, contract, mixed, alice
):
    done = worked_off(stage(program, contract, mixed, alice), alice, resend=True, recent=True)
    undo_import(undoing.undo(imported=done, by=alice).pk)
    found = states()
    assert {name for name, state in found.items() if state == "invited"} == {"ida", "ian", "ivy"}
    assert (found["rob"], found["ruth"], found["learner0"]) == ("removed", "removed", "removed")


def test_an_import_that_only_mailed_again_has_nothing_to_undo(program, contract, alice):
    invited(program, contract, "ida", mailed=timedelta(days=3))
    done = worked_off(stage(program, contract, table([line("ida")]), alice), alice, resend=True)
    assert (done.invited, done.resent, done.may_be_undone) == (0, 1, False)


def test_the_people_of_another_organization_decide_nothing(program, contract, globex, alice):
    other = MembershipFactory(program__organization=globex, person__email="learner0@acme.example")
    InvitationFactory(membership=other)
    job = stage(program, contract, table(people(2)), alice)
    assert judged(job, Choices(resend=True)).counts["new"] == 2
    assert worked_off(job, alice, resend=True).resent == 0
    assert Membership.objects.get(pk=other.pk).state == "invited"


def test_the_page_names_each_class_with_its_rows_and_says_what_the_button_does(
    program, contract, mixed, bob, signed_in
):
    job = stage(program, contract, mixed, bob)
    client, url = signed_in(bob), address("import_detail", program, job.pk)
    page = on_page(client.get(url))
    assert "Send 14 invitations" in page
    assert "7 rows are left out" in page
    assert "1 was removed with a new invitation required." in page
    page = on_page(client.get(f"{url}?chosen=1&again=on&resend=on"))
    assert "Send 11 invitations, resend 2" in page
    assert "Also to the one who got it in the last 24 hours" in page
    assert 'name="beyond_seats" id="choose-beyond-seats" data-choice' in page
    over = client.get(f"{url}?show=over")
    assert [(row.line, row.reason) for row in over.context["rows"]] == [
        (number, "No seat is left for this person.") for number in (17, 18, 19)
    ]
    removed = on_page(client.get(f"{url}?show=removed&chosen=1"))
    assert "a new invitation is required." in removed
    assert "may rejoin without an invitation." in removed
    assert f"{address('manage_learners', program)}?status=removed&amp;q=ruth%40acme.example" in removed


@pytest.mark.parametrize(
    ("query", "name", "lines"),
    [
        ("", "people-problems", [2, 3, 4, 5, 20, 21, 22]),
        ("?show=over", "people-over-the-seats", [17, 18, 19]),
        ("?show=over&chosen=1", "people-over-the-seats", [18]),
        ("?show=new", "people-new", list(range(7, 17))),
        ("?show=removed", "people-removed-before", [6]),
        ("?show=address", "people-address-is-not-valid", [21]),
        ("?show=nonsense", "people-problems", [2, 3, 4, 5, 20, 21, 22]),
    ],
)
def test_each_class_can_be_downloaded(program, contract, mixed, bob, signed_in, query, name, lines):
    job = stage(program, contract, mixed, bob)
    response = signed_in(bob).get(address("import_rows", program, job.pk) + query)
    assert response["Content-Disposition"] == f'attachment; filename="{name}.csv"'
    rows = list(csv.reader(io.StringIO(response.content.decode("utf-8-sig"))))
    assert [int(row[0]) for row in rows[1:]] == lines


def test_choices_that_the_page_did_not_speak_of_are_shown_before_anything_starts(
    program, contract, mixed, bob, signed_in
):
    job = stage(program, contract, mixed, bob)
    client = signed_in(bob)
    answer = {"mail": "on", "again": "on", "shown": "chosen=1&mail=on&again=on&beyond_seats=on"}
    response = client.post(address("import_start", program, job.pk), answer)
    assert response["Location"] == address("import_detail", program, job.pk) + "?chosen=1&mail=on&again=on"
    page = client.get(response["Location"])
    assert "Send 11 invitations" in on_page(page)
    assert [str(message) for message in page.context["messages"]] == [
        "Your choices are applied. Nothing has been started yet."
    ]
    job.refresh_from_db()
    assert job.state == "draft"
    answer["shown"] = page.context["form"].query
    client.post(address("import_start", program, job.pk), answer | {"seats": "11"})
    job.refresh_from_db()
    assert (job.state, job.total, job.chose_beyond_seats, job.last_line) == ("queued", 11, False, 16)


@pytest.mark.parametrize("seats", ["-1", "x", "99999999999", ""])
def test_seats_that_nobody_can_have_seen_are_those_left_now(program, contract, mixed, bob, signed_in, seats):
    job = stage(program, contract, mixed, bob)
    answer = {"again": "on", "seats": seats}
    signed_in(bob).post(address("import_start", program, job.pk), answer)
    job.refresh_from_db()
    assert (job.state, job.last_line) == ("queued", 16)


def test_the_result_accounts_for_every_row(program, contract, mixed, bob, signed_in):
    job = stage(program, contract, mixed, bob)
    worked_off(job, bob, resend=True, beyond_seats=False)
    client, url = signed_in(bob), address("import_detail", program, job.pk)
    page = on_page(client.get(url))
    cells = page.partition("What became of the rows")[2].partition("</table>")[0].split("<tr>")
    said = [cell.partition('scope="row">')[2].partition("<")[0] for cell in cells]
    assert [text for text in said if text] == [
        "Invited",
        "Mail sent again",
        "Mailed within 24 hours",
        "Over the seats",
        "Already a member",
        "Looks mistyped",
        "Cannot be used",
        "Rows in the file",
    ]
    assert "1 of them again, having been removed" in page
    over = client.get(address("import_rows", program, job.pk) + "?show=over").content.decode()
    assert [row.partition(",")[0] for row in over.splitlines()[1:]] == ["17", "18", "19"]
    ImportRow.objects.all().delete()
    page = on_page(client.get(url))
    assert "The rows were kept for 30 days." in page
    assert address("import_rows", program, job.pk) not in page


def test_an_invitee_named_by_two_of_their_addresses_is_mailed_again_once(
    program, contract, acme, carol, alice
):
    add_address(carol, "carol@private.example")
    known = PersonFactory(organization=acme, email=carol.email, user=carol)
    InvitationFactory(membership=MembershipFactory(program=program, contract=contract, person=known))
    lines = ["Carol,carol@private.example,", f"Carol,{carol.email},"]
    job = stage(program, contract, table(lines), alice)
    ahead = judged(job, Choices(resend=True))
    assert (ahead.counts["invited"], ahead.resent) == (2, 1)
    done = worked_off(job, alice, resend=True)
    assert (done.invited, done.resent, done.skipped) == (0, 1, 1)
    assert OutboundEmail.objects.get().recipient == carol.email
