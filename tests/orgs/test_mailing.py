"""Every kind of mail as HTML and as text, whatever its names hold; and what the headers say."""

import re
from email import message_from_bytes, policy
from html.parser import HTMLParser
from pathlib import Path

import allauth.account
import pytest
from django.template.loader import get_template

from orgs import mailing
from orgs.mailing import Button, Mail
from orgs.models import Organization

SAMPLES = [(kind, number) for kind in mailing.kinds() for number in range(len(kind.samples))]
NAMED = [f"{kind.name}-{number}" for kind, number in SAMPLES]
# allauth has these too, but they are not sent: codes are off, and a confirmed address needs no mail.
NOT_SENT = {"email_confirm", "login_code", "password_reset_code"}
HOSTILE = [
    "<script>alert(1)</script>",
    "Eve\r\nBcc: everyone@acme.example",
    "\u202eemca\u202c \u2066Acme",
    "Å" * 200,
    '"quoted" <eve@globex.example>',
    "{{ 7|add:7 }} {% now 'Y' %}",
]


class Reader(HTMLParser):
    """The tags, the text and the addresses of a mail."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.links, self.sources, self.words = set(), [], [], []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        values = dict(attrs)
        self.links += [values["href"]] if "href" in values else []
        self.sources += [values["src"]] if "src" in values else []

    def handle_data(self, data):
        self.words.append(data)


def written(mail: Mail, recipient="carol@acme.example"):
    """The mail as a reader's program parses it."""
    message = mailing.message(mailing.kind("check"), mail, recipient, "cause")
    return message_from_bytes(message.message().as_bytes(), policy=policy.default)


@pytest.mark.parametrize(("kind", "number"), SAMPLES, ids=NAMED)
def test_every_kind_renders_from_its_sample_in_html_and_text(kind, number):
    mail = kind.samples[number]()
    rendered = mailing.render(kind, mail, "carol@acme.example")
    page = Reader(rendered.html)
    assert rendered.subject == mail.subject != ""
    assert mail.preheader != ""
    for body in ("".join(page.words), rendered.text):
        flat = " ".join(body.split())
        assert mail.heading in flat
        assert mail.why in flat
        assert "{{" not in flat
        assert "{%" not in flat
    assert "carol@acme.example" in rendered.text or not mail.organization
    if mail.button:
        assert mail.button.url in page.links
        assert f"\n{mail.button.url}\n" in rendered.text
        assert mail.button.label in page.words
    assert page.sources == []
    assert page.tags.isdisjoint({"script", "link", "img", "iframe", "form"})
    assert max(len(line) for line in rendered.text.splitlines() if "://" not in line) <= mailing.TEXT_WIDTH


@pytest.mark.parametrize(("kind", "number"), SAMPLES, ids=NAMED)
def test_every_link_leads_to_the_site_or_to_the_support_address(kind, number, settings):
    settings.SITE_URL = "https://learn.example"
    page = Reader(mailing.render(kind, kind.samples[number](), "carol@acme.example").html)
    assert page.links != []
    for link in page.links:
        assert link.startswith(("https://learn.example/", f"mailto:{settings.SUPPORT_EMAIL}"))


@pytest.mark.parametrize("kind", mailing.kinds(), ids=lambda kind: kind.name)
def test_every_kind_says_everything_in_translatable_text(kind):
    for ending in ("html", "txt"):
        source = get_template(f"{kind.template}.{ending}").template.source
        bare = re.sub(
            r"{% blocktranslate.*?{% endblocktranslate %}|{%.*?%}|{{.*?}}|<[^>]*>", "", source, flags=re.S
        )
        assert bare.strip() == ""


def test_every_mail_of_allauth_has_a_kind():
    folder = Path(allauth.account.__file__).parents[1] / "templates/account/email"
    theirs = {path.name.removesuffix("_subject.txt") for path in folder.glob("*_subject.txt")}
    ours = {
        kind.name.removeprefix("account_") for kind in mailing.kinds() if kind.name.startswith("account_")
    }
    assert theirs - NOT_SENT <= ours
    assert ours.isdisjoint(NOT_SENT)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_stays_a_name(name):
    organization = Organization(name=name)
    mail = Mail(subject=f"{name} invites you", heading=name, why=name, organization=organization,
                button=Button(name, "https://learn.example/x"))  # fmt: skip
    letter = written(mail)
    assert letter["Bcc"] is None
    assert letter["To"] == "carol@acme.example"
    assert letter["From"].addresses[0].addr_spec == "no-reply@localhost"
    assert letter["From"].addresses[0].display_name.endswith("via Lyceum")
    assert len(letter["Subject"].strip()) <= 200
    for header in (letter["Subject"], letter["From"].addresses[0].display_name):
        assert not re.search(r"[\r\n\u202a-\u202e\u2066-\u2069]", header)
    html = letter.get_body(("html",)).get_content()
    assert "<script" not in html
    assert "".join(Reader(html).words).count(name.replace("\r\n", "\n")) >= 3
    assert name.splitlines()[0] in letter.get_body(("plain",)).get_content()


def test_the_sender_is_the_organization_by_way_of_the_platform(settings):
    settings.DEFAULT_FROM_EMAIL = "Lyceum <no-reply@learn.example>"
    assert mailing.sender(None) == "Lyceum <no-reply@learn.example>"
    assert mailing.sender(Organization(name="Acme")) == "Acme via Lyceum <no-reply@learn.example>"
    assert (
        mailing.sender(Organization(name="Acme, Inc.")) == '"Acme, Inc. via Lyceum" <no-reply@learn.example>'
    )


def test_the_message_id_depends_on_the_cause_alone(settings):
    settings.DEFAULT_FROM_EMAIL = "Lyceum <no-reply@learn.example>"
    assert mailing.message_id("invite:1:1") == "<ec2d0aee92339c2c097d5613@learn.example>"
    assert mailing.message_id("invite:1:2") != mailing.message_id("invite:1:1")


def test_answers_go_where_the_settings_say(settings):
    mail = mailing.kind("check").samples[0]()
    assert written(mail)["Reply-To"] is None
    settings.MAIL_REPLY_TO = "help@learn.example"
    assert written(mail)["Reply-To"] == "help@learn.example"


def test_a_mail_one_may_opt_out_of_says_how():
    mail = Mail(subject="Weekly", heading="Weekly", why="", unsubscribe_url="https://learn.example/stop/1")
    letter = written(mail)
    assert letter["List-Unsubscribe"] == "<https://learn.example/stop/1>"
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert "https://learn.example/stop/1" in letter.get_body(("plain",)).get_content()
    assert "https://learn.example/stop/1" in Reader(letter.get_body(("html",)).get_content()).links
    assert written(mailing.kind("check").samples[0]())["List-Unsubscribe"] is None


def test_the_brand_colours_the_bar_and_the_button_in_both_themes():
    mail = Mail(subject="s", heading="h", why="w", button=Button("Go", "https://learn.example/"),
                organization=Organization(name="Globex", brand_color="#7A1FA2"))  # fmt: skip
    html = mailing.render(mailing.kind("check"), mail, "carol@acme.example").html
    tones = mailing.mail_tones("#7A1FA2")
    for tone in (tones.bar, tones.button, tones.link, tones.button_dark, tones.link_dark):
        assert tone in html
    assert "prefers-color-scheme: dark" in html
