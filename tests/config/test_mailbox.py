"""The development mailbox and the pages that show mails."""

import re

import pytest
from django.core.mail import EmailMultiAlternatives, get_connection
from django.urls import reverse

from config.lib import mailbox
from config.lib.mail_frame import mail_frame
from orgs import mailing


@pytest.fixture
def directory(settings, tmp_path):
    settings.EMAIL_BACKEND = "config.lib.mailbox.EmailBackend"
    settings.MAILBOX_DIR = tmp_path / "mailbox"
    return settings.MAILBOX_DIR


def send(*addresses, subject="Hello"):
    for address in addresses:
        letter = EmailMultiAlternatives(
            subject, f"Plain for {address}", "Lyceum <no-reply@localhost>", [address]
        )
        letter.attach_alternative(f'<head></head><a href="https://learn.example/">{address}</a>', "text/html")
        get_connection().send_messages([letter])


def test_each_message_is_kept_as_a_file_that_reads_back(directory):
    send("carol@acme.example", subject="Grüße")
    [message] = mailbox.messages(directory)
    assert (message.recipients, message.subject) == ("carol@acme.example", "Grüße")
    assert message.text == "Plain for carol@acme.example"
    assert message.html.strip() == '<head></head><a href="https://learn.example/">carol@acme.example</a>'
    assert ("To", "carol@acme.example") in message.headers
    assert message.at.tzinfo is not None
    assert [path.name for path in directory.iterdir()] == [message.name]


def test_messages_are_found_by_part_of_the_recipient_newest_first(directory):
    send("carol@acme.example", "dave@acme.example", "Carol@home.example")
    found = [message.recipients for message in mailbox.messages(directory, "CAROL")]
    assert found == ["Carol@home.example", "carol@acme.example"]


def test_an_empty_mailbox_has_no_messages(directory):
    assert mailbox.messages(directory) == []


@pytest.mark.parametrize(
    "address", [f"{'x' * 64}@{'y' * 60}.{'z' * 60}.{'w' * 50}.example", "a/../b@acme.example"]
)
def test_no_recipient_breaks_the_name_of_a_file(directory, address):
    send(address)
    [message] = mailbox.messages(directory)
    assert message.recipients.startswith(address[:60])
    assert len(message.name) < 255


@pytest.mark.parametrize("name", ["../settings.py", "nothing.eml", "20260101T000000000000_00000000_../x.eml"])
def test_only_messages_are_read(directory, name):
    directory.mkdir()
    assert mailbox.find(directory, name) is None


def test_a_frame_allows_inline_styles_and_no_script():
    response = mail_frame('<head></head><a target="_blank">', "dark")
    assert "script-src" not in response["Content-Security-Policy"]
    assert response["Content-Security-Policy"].startswith("default-src 'none'; style-src 'unsafe-inline';")
    assert "sandbox allow-top-navigation-by-user-activation" in response["Content-Security-Policy"]
    assert response["X-Frame-Options"] == "SAMEORIGIN"
    assert response.content == b'<head><base target="_top"></head><a>'


def test_a_frame_shows_the_theme_it_is_asked_for():
    html = ":root { color-scheme: light dark; } @media (prefers-color-scheme: dark) { }"
    assert mail_frame(html, "dark").content == b":root { color-scheme: dark; } @media all { }"
    assert mail_frame(html, "light").content == b":root { color-scheme: light; } @media not all { }"


@pytest.mark.urls("tests.config.dev_site")
def test_the_mailbox_page_searches_and_pages(client, directory):
    send(*(f"p{number:02}@acme.example" for number in range(51)), "carol@home.example")
    first = client.get(reverse("dev_mailbox"))
    assert "1–50 of 52" in first.text
    assert re.findall(r"p\d\d@acme\.example</td>", first.text)[0].startswith("p50")
    second = client.get(reverse("dev_mailbox"), {"page": "2"})
    assert re.findall(r"(p\d\d)@acme\.example</td>", second.text) == ["p01", "p00"]
    found = client.get(reverse("dev_mailbox"), {"q": "home"})
    assert "1 mail<" in found.text
    assert "carol@home.example" in found.text


@pytest.mark.urls("tests.config.dev_site")
def test_a_kept_mail_is_shown_as_it_looks_as_text_and_with_its_headers(client, directory):
    send("carol@acme.example", subject="<b>Hello</b>")
    [message] = mailbox.messages(directory)
    page = client.get(reverse("dev_letter", args=[message.name]))
    assert "&lt;b&gt;Hello&lt;/b&gt;" in page.text
    assert "Plain for" in page.text
    assert "frame-src 'self'" in page["Content-Security-Policy"]
    frame = client.get(reverse("dev_letter_frame", args=[message.name]))
    assert "https://learn.example/" in frame.text
    assert frame["Content-Security-Policy"].startswith("default-src 'none'; style-src 'unsafe-inline';")
    assert client.get(reverse("dev_letter", args=["nothing.eml"])).status_code == 404


@pytest.mark.urls("tests.config.dev_site")
def test_the_gallery_shows_every_kind_and_every_sample(client):
    gallery = client.get(reverse("dev_emails")).text
    for kind in mailing.kinds():
        for number in range(len(kind.samples)):
            url = reverse("dev_email", args=[kind.name, number])
            assert url in gallery
            assert client.get(url, {"width": "320", "theme": "dark"}).status_code == 200
            assert client.get(reverse("dev_email_frame", args=[kind.name, number])).status_code == 200
    assert client.get(reverse("dev_email", args=["horoscope", 0])).status_code == 404
    assert client.get(reverse("dev_email", args=["invitation", 9])).status_code == 404
