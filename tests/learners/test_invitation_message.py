"""The invitation in an administrator's own words: who may write it, what it may say, who gets it."""

import re

import pytest
from django.urls import reverse

from config.lib import tokens
from learners.people import wording
from learners.people.actions import invitation_messages, invitations
from orgs import sending
from orgs.errors import ActionError
from orgs.models import AuditEvent, Organization, OutboundEmail
from programs.models import Program
from tests.factories import InvitationFactory, MembershipFactory, PersonFactory
from tests.learners.pages import words

SUBJECT = "[LEARNER_NAME], come to [PROGRAM_NAME]"
MESSAGE = "Hello [LEARNER_NAME],\n\n[ORGANIZATION_NAME] keeps a place for you.\nAn hour a week.\n\nAlice"
OWN = {"subject": SUBJECT, "message": MESSAGE}
HOSTILE = '<img src=x onerror="alert(1)"> & [PROGRAM_NAME]'


@pytest.fixture
def url(program):
    return reverse("invitation_message", args=["acme", program.slug])


@pytest.fixture
def default_url(acme):
    return reverse("invitation_default", args=["acme"])


@pytest.fixture
def invited(program, contract, acme):
    """Make an invitation by name and send its mail; returns the letter."""

    def send(name="Carol Carlsson"):
        person = PersonFactory(organization=acme, name=name, email="carol@acme.example")
        membership = MembershipFactory(program=program, contract=contract, person=person)
        InvitationFactory(membership=membership)
        invitations.resend(memberships=[membership], by=None)
        sending.send_due()
        return membership

    return send


def write(place, **changed):
    return invitation_messages.save(place=place, by=None, **(OWN | changed))


def no_tag(name):
    return f"There is no tag [{name}]. Use {wording.TAGS_SHOWN}."


def html(letter):
    return letter.alternatives[0][0]


def test_the_mail_says_what_the_program_wrote(program, invited, mailoutbox):
    write(program)
    membership = invited()
    [letter] = mailoutbox
    assert letter.subject == "Carol Carlsson, come to English for Work"
    assert "Hello Carol Carlsson,\n\nAcme keeps a place for you.\nAn hour a week.\n\nAlice" in letter.body
    assert "Acme keeps a place for you.<br>An hour a week.</p>" in html(letter)
    assert "Your place is paid for." not in letter.body
    assert tokens.sign("invitation", membership.invitation.pk, 1) in letter.body


def test_a_program_without_words_of_its_own_says_what_the_organization_wrote(acme, invited, mailoutbox):
    write(acme, subject="Welcome to [ORGANIZATION_NAME]")
    invited()
    assert mailoutbox[0].subject == "Welcome to Acme"


def test_the_programs_words_win_over_the_organizations(acme, program, invited, mailoutbox):
    write(acme, subject="From the organization")
    write(program, subject="From the program")
    invited()
    assert mailoutbox[0].subject == "From the program"


def test_the_standard_words_make_the_standard_mail(alice, signed_in, acme, program, url):
    Program.objects.update(tagline="An hour a week is enough.")
    response = signed_in(alice).get(url)
    assert "An hour a week is enough." in words(response)
    shown = signed_in(alice).post(url, response.context["form"].initial | {"go": "preview"})
    assert "An hour a week is enough." in words(shown)


def test_values_are_escaped_and_never_read_as_tags(program, invited, mailoutbox):
    write(program, message="[LEARNER_NAME] & <b>you</b>")
    invited(name=HOSTILE)
    [letter] = mailoutbox
    assert (
        "&lt;img src=x onerror=&quot;alert(1)&quot;&gt; &amp; [PROGRAM_NAME] &amp; &lt;b&gt;you&lt;/b&gt;"
        in (html(letter))
    )
    assert "<img" not in html(letter)
    assert f"{HOSTILE} & <b>you</b>" in letter.body
    assert letter.subject == f"{HOSTILE}, come to English for Work"


def test_nothing_typed_becomes_a_header(program, invited, mailoutbox):
    write(program, subject="Hello\r\nBcc: everyone@acme.example")
    invited(name="Eve\r\nX-Evil: 1")
    [letter] = mailoutbox
    assert letter.subject == "Hello Bcc: everyone@acme.example"
    assert letter.message()["Bcc"] is None


def test_a_second_mail_is_a_reminder_with_the_same_link(program, invited, mailoutbox):
    membership = invited()
    invitations.resend(memberships=[membership], by=None, confirmed=True)
    sending.send_due()
    first, second = mailoutbox
    token = tokens.sign("invitation", membership.invitation.pk, 1)
    assert (first.subject, second.subject) == (
        "Acme invites you to English for Work",
        "A reminder: Acme invites you to English for Work",
    )
    assert token in first.body
    assert token in second.body
    assert "you have not joined yet" in " ".join(second.body.split())
    assert list(OutboundEmail.objects.order_by("pk").values_list("kind", flat=True)) == [
        "invitation",
        "invitation_reminder",
    ]
    membership.invitation.refresh_from_db()
    assert membership.invitation.sent_count == 2


def test_a_reminder_in_own_words_keeps_them(program, invited, mailoutbox):
    write(program)
    membership = invited()
    invitations.resend(memberships=[membership], by=None, confirmed=True)
    sending.send_due()
    assert mailoutbox[1].subject == "A reminder: Carol Carlsson, come to English for Work"
    assert "Acme keeps a place for you." in mailoutbox[1].body


@pytest.mark.parametrize(
    ("changed", "field", "text"),
    [
        ({"subject": ""}, "subject", "Write something here, or reset the message."),
        ({"message": " \r\n "}, "message", "Write something here, or reset the message."),
        ({"subject": "x" * 79}, "subject", "Use at most 78 characters."),
        ({"message": "x" * 3001}, "message", "Use at most 3,000 characters."),
        (
            {"message": "[COURSE_NAME]"},
            "message",
            no_tag("COURSE_NAME"),
        ),
        (
            {"message": "[learner_name]"},
            "message",
            no_tag("learner_name"),
        ),
        ({"subject": "[NAME]"}, "subject", no_tag("NAME")),
    ],
)
def test_what_cannot_be_sent_is_refused_beside_its_field(program, changed, field, text):
    with pytest.raises(ActionError) as refusal:
        write(program, **changed)
    assert (refusal.value.field, refusal.value.text) == (field, text)
    assert Program.objects.get().invitation_message == ""
    assert AuditEvent.objects.count() == 0


def test_brackets_that_are_no_tags_are_text(program):
    assert write(program, message="Read this [see below] first [1].") is True


def test_the_whole_length_is_taken_and_a_line_break_counts_once(alice, signed_in, program, url):
    text = "x\n" * 1499 + "xx"
    asked = {"subject": "s" * 78, "message": text.replace("\n", "\r\n")}
    assert signed_in(alice).post(url, asked).status_code == 302
    assert Program.objects.get().invitation_message == text


def test_saving_is_written_down_before_and_after(alice, signed_in, program, url):
    write(program, subject="Former")
    signed_in(alice).post(url, OWN | {"go": "save"})
    entry = AuditEvent.objects.latest("pk")
    assert (entry.verb, entry.actor, entry.target_id) == ("invitation_message.changed", alice, program.pk)
    assert entry.before["invitation_subject"] == "Former"
    assert entry.after == {"invitation_subject": SUBJECT, "invitation_message": MESSAGE}


def test_saving_the_same_again_changes_nothing(program):
    assert [write(program), write(program)] == [True, False]
    assert AuditEvent.objects.count() == 1


def test_words_like_the_inherited_ones_are_not_kept_as_own(acme, program):
    write(acme)
    assert write(program) is False
    write(acme, subject="Newer words")
    program.organization.refresh_from_db()
    assert wording.written_for(program).subject == "Newer words"


def test_reset_goes_back_to_what_is_inherited(alice, signed_in, program, url):
    write(program)
    assert signed_in(alice).post(url, {"go": "reset"}).status_code == 302
    found = Program.objects.get()
    assert (found.invitation_subject, found.invitation_message) == ("", "")
    entry = AuditEvent.objects.latest("pk")
    assert (entry.verb, entry.before["invitation_subject"]) == ("invitation_message.reset", SUBJECT)
    assert invitation_messages.reset(place=program, by=None) is False


def test_the_page_begins_with_the_standard_words_and_shows_the_mail(alice, signed_in, url):
    response = signed_in(alice).get(url)
    assert response.context["form"].initial["subject"] == "[ORGANIZATION_NAME] invites you to [PROGRAM_NAME]"
    text = words(response)
    assert "This program uses the standard message." in text
    assert "Acme invites you to English for Work" in text
    assert "Hi Alice Andersson," in text
    assert "Use the standard message" not in text


def test_the_preview_shows_what_is_typed_and_saves_nothing(alice, signed_in, program, url):
    response = signed_in(alice).post(url, OWN | {"go": "preview"})
    assert "Alice Andersson, come to English for Work" in words(response)
    assert Program.objects.get().invitation_message == ""
    assert OutboundEmail.objects.count() == 0


def test_the_preview_says_why_there_is_none(alice, signed_in, url):
    text = words(signed_in(alice).post(url, OWN | {"go": "preview", "message": "[COURSE_NAME]"}))
    assert f"The mail is shown here once the message can be used: {no_tag('COURSE_NAME')}" in text


def test_a_hostile_message_is_escaped_on_the_page(alice, signed_in, program, url):
    write(program, message="<script>alert(1)</script>", subject="</h3><script>alert(2)</script>")
    body = signed_in(alice).get(url).content
    assert b"<script>alert" not in body


def test_a_test_goes_to_the_administrators_own_address(alice, signed_in, program, url, mailoutbox):
    response = signed_in(alice).post(url, OWN | {"go": "test"})
    assert response.status_code == 200
    assert response.context["form"]["subject"].value() == SUBJECT
    sending.send_due()
    [letter] = mailoutbox
    assert letter.to == ["alice@acme.example"]
    assert letter.subject == "[Test] Alice Andersson, come to English for Work"
    link = re.search(r"/invitations/\S+", letter.body)[0]
    assert signed_in(alice).get(link).status_code == 404
    assert Program.objects.get().invitation_message == ""
    assert OutboundEmail.objects.get().organization == program.organization


def test_the_same_test_twice_in_a_minute_is_one_mail(alice, program):
    for _ in range(2):
        invitation_messages.send_test(program=program, by=alice, **OWN)
    assert OutboundEmail.objects.count() == 1


def test_a_test_in_an_organization_without_a_program_names_a_stand_in(
    alice, signed_in, default_url, mailoutbox
):
    signed_in(alice).post(default_url, OWN | {"go": "test"})
    sending.send_due()
    assert mailoutbox[0].subject == "[Test] Alice Andersson, come to Your program"


def test_alice_writes_the_default_of_her_organization(alice, signed_in, acme, globex, default_url):
    response = signed_in(alice).post(default_url, OWN)
    assert response.status_code == 302
    assert Organization.objects.get(slug="acme").invitation_subject == SUBJECT
    assert Organization.objects.get(slug="globex").invitation_subject == ""
    assert AuditEvent.objects.get().target_type == "orgs.organization"


def test_bob_writes_for_his_program_and_not_for_the_organization(bob, signed_in, program, url, default_url):
    browser = signed_in(bob)
    assert browser.post(url, OWN).status_code == 302
    assert Program.objects.get().invitation_subject == SUBJECT
    assert browser.post(default_url, OWN).status_code == 403
    assert Organization.objects.get().invitation_subject == ""


def test_bob_cannot_write_for_another_program(bob, signed_in, other_program):
    address = reverse("invitation_message", args=["acme", other_program.slug])
    assert signed_in(bob).post(address, OWN).status_code == 404
    other_program.refresh_from_db()
    assert other_program.invitation_message == ""


def test_mallory_finds_nothing_and_changes_nothing(mallory, signed_in, acme, program, url, default_url):
    browser = signed_in(mallory)
    for go in ("save", "reset", "test", "preview"):
        assert browser.post(url, OWN | {"go": go}).status_code == 404
        assert browser.post(default_url, OWN | {"go": go}).status_code == 404
    assert Program.objects.get().invitation_message == ""
    assert OutboundEmail.objects.count() == 0


def test_the_wizard_shows_the_written_words(alice, signed_in, program, contract):
    write(program)
    asked = {"name": "Carol Carlsson", "email": "carol@acme.example", "go": "review", "contract": contract.pk}
    text = words(signed_in(alice).post(reverse("invite", args=["acme", program.slug]), asked))
    assert "Carol Carlsson, come to English for Work" in text
    assert "Acme keeps a place for you." in text


def test_the_menu_of_the_list_leads_to_the_message(alice, signed_in, program, url):
    body = signed_in(alice).get(reverse("manage_learners", args=["acme", program.slug])).content.decode()
    assert f'href="{url}"' in body
