"""Mail: the outbox's worker, Django's `send_messages`, and finished bytes, each over one connection."""

import smtplib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.core import mail
from django.test.utils import override_settings

from config.benchmarks import sink
from config.benchmarks.harness import Benchmark, ResultsDiffer, Variant
from config.benchmarks.places import Place, make_place
from config.lib import emails
from learners.people import names
from learners.people.sql import inviting
from orgs import mailing, sending
from orgs.letters import Letter
from orgs.models import OutboundEmail
from orgs.tenancy import org_transaction

State = OutboundEmail.State


@dataclass(frozen=True)
class Post:
    """Where the invitations are queued, how many, and the port that they go to."""

    place: Place
    rows: int
    port: int

    def queued(self) -> list[OutboundEmail]:
        return list(OutboundEmail.objects.filter(organization=self.place.organization).order_by("pk"))


@contextmanager
def prepare(rows: int) -> Iterator[Post]:
    """`rows` people invited by mail. What earlier rounds left unsent is set aside."""
    OutboundEmail.objects.filter(state=State.QUEUED).update(state=State.CANCELLED)
    place = make_place()
    with org_transaction(place.organization):
        inviting.invite(
            inviting.GIVEN,
            _people(rows, place.organization.slug)
            | {
                "organization": place.organization.pk,
                "program": place.program.pk,
                "contract": place.contract.pk,
                "mail": True,
                "job": None,
                "again": True,
            },
        )
    with sink.running() as port:
        yield Post(place, rows, port)


def result(post: Post, returned: object) -> tuple[int, int]:
    """How many mails the server took, and to how many people. Raises `ResultsDiffer` for one mail too few."""
    with smtplib.SMTP("127.0.0.1", post.port) as client:
        _code, answer = client.docmd("HELP")
    mails, people = (int(number) for number in answer.split())
    if (mails, people) != (post.rows, post.rows):
        raise ResultsDiffer(f"{mails} mails to {people} people in place of {post.rows}.")
    return mails, people


def written(post: Post) -> tuple[Post, list[Letter]]:
    """The same mails as Django's messages."""
    kind, queued = mailing.kind("invitation"), post.queued()
    letters = [
        mailing.message(kind, composed, emails.normalize(row.recipient), row.dedupe)
        for row, composed in zip(queued, kind.compose(queued), strict=True)
        if composed is not None
    ]
    return post, letters


def finished(post: Post) -> tuple[Post, list[tuple[str, bytes]]]:
    """The same mails as bytes, with the address each goes to."""
    return post, [(letter.to[0], letter.as_bytes()) for letter in written(post)[1]]


def by_product(post: Post) -> None:
    """The worker's own loop; every mail is marked sent, one by one, and counted on its invitation."""
    with _to_sink(post):
        sending.send_due()
    unsent = OutboundEmail.objects.filter(organization=post.place.organization).exclude(state=State.SENT)
    if unsent.exists():
        raise ResultsDiffer("A mail was sent and not marked.")


def by_bytes(given: tuple[Post, list[tuple[str, bytes]]]) -> None:
    """Finished mails handed over by the same client: what the conversation with the server costs."""
    post, mails = given
    with smtplib.SMTP("127.0.0.1", post.port) as client:
        for recipient, message in mails:
            client.sendmail("no-reply@localhost", [recipient], message)


def by_django(given: tuple[Post, list[Letter]]) -> None:
    """`send_messages` of all messages at once: Django writes them, and nothing is marked."""
    post, letters = given
    with _to_sink(post), mail.get_connection() as client:
        client.send_messages(letters)


def _to_sink(post: Post) -> override_settings:
    return override_settings(
        EMAIL_BACKEND="django.core.mail.backends.smtp.EmailBackend",
        EMAIL_HOST="127.0.0.1",
        EMAIL_PORT=post.port,
        EMAIL_HOST_USER="",
        EMAIL_USE_TLS=False,
        EMAIL_USE_SSL=False,
    )


def _people(rows: int, slug: str) -> dict[str, list[str]]:
    addresses = [f"person{number}@{slug}.example" for number in range(rows)]
    people = [f"Carol Carlsson {number}" for number in range(rows)]
    return {
        "emails": addresses,
        "names": people,
        "sort_names": [names.sort_name(name) for name in people],
        "searches": [names.search(*both, "") for both in zip(people, addresses, strict=True)],
        "external_ids": [""] * rows,
    }


BENCHMARK = Benchmark(
    name="mail",
    unit="mails",
    rows=1_000,
    prepare=prepare,
    result=result,
    variants=(
        Variant("product", by_product),
        Variant("raw bytes", by_bytes, finished, target=0.2),
        Variant("send_messages", by_django, written),
    ),
)
