"""A letter written straight down is what Django and Python's `email` write, byte for byte."""

import re
from email import message_from_bytes, policy

import pytest

from orgs import letters, mailing
from orgs.letters import Letter
from orgs.mailing import Button, Mail
from orgs.models import Organization
from tests.orgs.test_mailing import HOSTILE, NAMED, SAMPLES

NAMES = [
    "Acme",
    "Acme, Inc.",
    "Åkesson & Söner",
    "日本語の学習プログラムのとても長い名前" * 3,
    "A very long name of a program that does not fit into one line of a mail's header, which is folded",
    "From the start\n.\nFrom the dot",
    "line\rline\r\nline",
    *HOSTILE,
]


def letter(mail: Mail, recipient: str = "carol@acme.example") -> Letter:
    return mailing.message(mailing.kind("check"), mail, recipient, "cause")


def mail_from(name: str, **values: object) -> Mail:
    return Mail(
        subject=name,
        heading=name,
        why=name,
        organization=Organization(name=name),
        button=Button(name, "https://learn.example/x"),
        **values,
    )


def long_way(letter: Letter, written: bytes) -> bytes:
    """What Django writes for the letter, with the boundary and the moment of what was written."""
    message = letter.message()
    message.set_boundary(re.search(rb'boundary="([^"]+)"', written)[1].decode())
    del message["Date"]
    theirs = message.as_bytes(linesep="\r\n")
    date = re.search(rb"^Date: .*\r\n", written, re.M)[0]
    return theirs.replace(b"Message-ID:", date + b"Message-ID:", 1)


@pytest.mark.parametrize(("kind", "number"), SAMPLES, ids=NAMED)
def test_every_kind_is_written_straight_down_as_django_writes_it(kind, number, settings):
    settings.MAIL_REPLY_TO = "Helpdesk <help@learn.example>"
    made = mailing.message(kind, kind.samples[number](), "carol@acme.example", "cause")
    written = made.as_bytes()
    assert written == long_way(made, written)
    assert b"quoted-printable" not in written


def test_whatever_a_name_holds_it_is_written_as_django_writes_it():
    for name in NAMES:
        made = letter(mail_from(name, unsubscribe_url="https://learn.example/stop/1"), "carol@bücher.example")
        written = made.as_bytes()
        assert written == long_way(made, written)


def test_a_line_too_long_for_mail_is_encoded():
    words = "word " * 400
    written = letter(mail_from("Acme", preheader=words)).as_bytes()
    assert max(map(len, written.splitlines())) <= letters.LINE_MAX
    html = message_from_bytes(written, policy=policy.default).get_body(("html",))
    assert html["Content-Transfer-Encoding"] == "quoted-printable"
    assert words.strip() in html.get_content()


def test_a_header_of_two_lines_is_refused():
    made = letter(mail_from("Acme"))
    made.extra_headers["List-Unsubscribe"] = "<https://learn.example/>\nBcc: everyone@acme.example"
    with pytest.raises(ValueError, match="Header values can't contain newlines"):
        made.as_bytes()


def test_two_letters_have_boundaries_that_nobody_can_foretell():
    made = letter(mail_from("Acme"))
    first, second = (re.search(rb'boundary="([^"]+)"', made.as_bytes())[1] for _time in range(2))
    assert first != second
