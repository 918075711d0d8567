"""Mail: the outbox's worker, Django's `send_messages`, and finished bytes, each over one connection."""

import smtplib
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass

from django.core import mail
from django.test.utils import override_settings

from config.benchmarks import sink
from config.benchmarks.harness import Benchmark, ResultsDiffer, Variant
from config.benchmarks.places import make_place
from learners.people import names
from learners.people.sql import inviting
from orgs import mailing, sending
from orgs.letters import Letter
from orgs.models import OutboundEmail
from orgs.tenancy import org_transaction

State = OutboundEmail.State


@dataclass(frozen=True)
class Post:
    """Queued invitations, the same mails as Django's messages and as bytes, and where they go."""

    port: int
    rows: list[OutboundEmail]
    messages: list[Letter]
    finished: list[bytes]
    server: ExitStack


def prepare(rows: int) -> Post:
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
    queued = list(OutboundEmail.objects.filter(organization=place.organization).order_by("pk"))
    kind = mailing.kind("invitation")
    messages = [
        mailing.message(kind, letter, row.recipient, row.dedupe)
        for row, letter in zip(queued, kind.compose(queued), strict=True)
        if letter is not None
    ]
    finished = [message.message().as_bytes().replace(b"\n", b"\r\n") for message in messages]
    server = ExitStack()
    return Post(server.enter_context(sink.running()), queued, messages, finished, server)


def result(post: Post, returned: object) -> tuple[int, int]:
    """How many mails the server took, and to how many people. Raises `ResultsDiffer` for one mail too few."""
    with post.server, smtplib.SMTP("127.0.0.1", post.port) as client:
        _code, answer = client.docmd("HELP")
    mails, people = (int(number) for number in answer.split())
    if (mails, people) != (len(post.rows), len(post.rows)):
        raise ResultsDiffer(f"{mails} mails to {people} people in place of {len(post.rows)}.")
    return mails, people


def by_product(post: Post) -> None:
    """The worker's own loop; every mail is marked sent, one by one, and counted on its invitation."""
    sending.send_due()
    rows = [row.pk for row in post.rows]
    if OutboundEmail.objects.filter(pk__in=rows).exclude(state=State.SENT).exists():
        raise ResultsDiffer("A mail is not marked sent.")


def by_django(post: Post) -> None:
    """Django's backend with all mails at once: texts made before, headers and bodies put together here."""
    with mail.get_connection() as client:
        client.send_messages(post.messages)


def by_bytes(post: Post) -> None:
    """Finished mails handed over by the same client: what the conversation with the server costs."""
    with smtplib.SMTP("127.0.0.1", post.port) as client:
        for row, message in zip(post.rows, post.finished, strict=True):
            client.sendmail("no-reply@localhost", [row.recipient], message)


def _to_sink(way: Callable[[Post], None]) -> Callable[[Post], None]:
    def run(post: Post) -> None:
        backend = "django.core.mail.backends.smtp.EmailBackend"
        with override_settings(
            EMAIL_BACKEND=backend,
            EMAIL_HOST="127.0.0.1",
            EMAIL_PORT=post.port,
            EMAIL_HOST_USER="",
            EMAIL_USE_TLS=False,
            EMAIL_USE_SSL=False,
        ):
            way(post)

    return run


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
        Variant("product", _to_sink(by_product)),
        Variant("raw bytes", _to_sink(by_bytes)),
        Variant("send_messages", _to_sink(by_django)),
    ),
    targets={"raw bytes": 0.2},
)
