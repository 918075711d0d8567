"""A mail provider's HTTP API in place of a server, answering as it pleases."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from orgs import sending
from orgs.models import OutboundEmail, Suppression
from tests.orgs.mail import people, queue, row, states

REFUSED = {"ErrorCode": 300, "Message": "Invalid email request"}


class Provider(ThreadingHTTPServer):
    """Speaks as much of Postmark as the backend asks for; `answers` says for an address (status, body)."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.taken, self.answers = [], {}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        mail = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        status, body = self.server.answers.get(mail["To"], (200, None))
        if status == 200:
            self.server.taken.append(mail)
            body = {"ErrorCode": 0, "Message": "OK", "MessageID": "1", "To": mail["To"]}
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *arguments):
        """Say nothing."""


@pytest.fixture
def provider(settings):
    server = Provider()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    settings.EMAIL_BACKEND = "anymail.backends.postmark.EmailBackend"
    address = f"http://127.0.0.1:{server.server_port}/"
    settings.ANYMAIL = {"POSTMARK_SERVER_TOKEN": "test", "POSTMARK_API_URL": address}
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_mail_goes_out_through_the_provider_with_its_message_id(db, provider):
    queue(*people(2))
    sending.send_due()
    assert [mail["To"] for mail in provider.taken] == people(2)
    assert {header["Name"] for header in provider.taken[0]["Headers"]} == {"Message-ID", "Auto-Submitted"}
    assert states() == dict.fromkeys(people(2), "sent")
    assert row(people(2)[0]).message_id == "1"


def test_a_refused_mail_fails_alone(db, provider):
    first, refused, last = people(3)
    provider.answers[refused] = (422, REFUSED)
    queue(first, refused, last)
    sending.send_due()
    assert states() == {first: "sent", refused: "failed", last: "sent"}
    assert row(refused).error.startswith("The mail provider refused the mail: ")
    assert Suppression.objects.count() == 0


@pytest.mark.parametrize("status", [401, 403, 429])
def test_a_provider_that_takes_nothing_from_us_costs_no_attempt(db, provider, status):
    queue(*people(3))
    provider.answers = dict.fromkeys(people(3), (status, REFUSED))
    sending.send_due()
    assert states() == dict.fromkeys(people(3), "queued")
    assert set(OutboundEmail.objects.values_list("attempts", flat=True)) == {0}


def test_a_provider_in_trouble_is_left_alone_after_two_mails(db, provider):
    queue(*people(4))
    provider.answers = dict.fromkeys(people(4), (503, REFUSED))
    sending.send_due()
    assert states() == dict.fromkeys(people(4), "queued")
    assert list(OutboundEmail.objects.order_by("pk").values_list("attempts", flat=True)) == [1, 1, 0, 0]


def test_an_address_the_provider_knows_as_dead_is_suppressed(db, provider):
    dead = people(1)[0]
    told = f"Found inactive addresses: {dead}. Inactive recipients are ones that bounced."
    inactive = {"ErrorCode": 406, "Message": told}
    provider.answers[dead] = (422, inactive)
    queue(dead)
    sending.send_due()
    assert states() == {dead: "failed"}
    assert Suppression.objects.get().email == dead


def test_a_provider_that_is_not_set_up_costs_nothing(db, settings):
    settings.EMAIL_BACKEND = "anymail.backends.postmark.EmailBackend"
    settings.ANYMAIL = {}
    queue("carol@acme.example")
    sending.send_due()
    assert (states(), row("carol@acme.example").attempts) == ({"carol@acme.example": "queued"}, 0)
