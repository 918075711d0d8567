"""manage.py check_mail: does mail go out, and what waits in the outbox."""

import time
from typing import Any

from django.conf import settings
from django.core.mail import get_connection
from django.core.management.base import CommandError, CommandParser
from django.db.models import Count, Min, Q
from django.utils import timezone
from django.utils.timesince import timesince

from config.lib import emails
from orgs import mailing
from orgs.models import OutboundEmail, Suppression
from orgs.operators import OperatorCommand
from orgs.verdicts import judge

State = OutboundEmail.State


class Command(OperatorCommand):
    help = (
        "Send one test mail at once, past the outbox, and say what the mail server answered. "
        "Also counts the mails that wait or failed; without --to only that."
    )
    example = "  manage.py check_mail --to someone@example.org"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--to", help="address that gets the test mail")

    def run(self, **options: Any) -> None:
        self.say(_outbox())
        if options["to"]:
            address = emails.normalize(options["to"])
            if emails.problem(address):
                raise CommandError(f"“{options['to']}” is not an e-mail address.")
            self.done(_send(address))
            self._warn_of_suppression(address)

    def _warn_of_suppression(self, address: str) -> None:
        suppression = Suppression.objects.filter(email=address).first()
        if suppression:
            self.say(
                f"The outbox sends nothing to this address: it {suppression.reason}. {suppression.detail}"
            )


def _outbox() -> str:
    counts = OutboundEmail.objects.aggregate(
        waiting=Count("pk", filter=Q(state=State.QUEUED)),
        sending=Count("pk", filter=Q(state=State.SENDING)),
        failed=Count("pk", filter=Q(state=State.FAILED)),
        oldest=Min("created_at", filter=Q(state__in=(State.QUEUED, State.SENDING))),
    )
    text = "Outbox: {waiting} queued, {sending} being sent, {failed} failed.".format(**counts)
    if counts["oldest"]:
        text += f" The oldest that waits is {timesince(counts['oldest'], timezone.now())} old."
    return text.replace("\N{NO-BREAK SPACE}", " ")


def _send(address: str) -> str:
    """One sentence about the mail that went out; CommandError with one about why it did not."""
    kind = mailing.kind("check")
    began = time.monotonic()
    try:
        message = mailing.message(kind, kind.samples[0](), address, f"check:{time.time_ns()}")
        taken = get_connection().send_messages([message])
    except Exception as error:
        raise CommandError(f"No mail went out through {_server()}. {judge(error).text}") from error
    if not taken:
        raise CommandError(f"No mail went out through {_server()}: it took none.")
    seconds = time.monotonic() - began
    return f"A mail from {message.from_email} to {address} was taken by {_server()} after {seconds:.1f} s."


def _server() -> str:
    if settings.EMAIL_BACKEND == "config.lib.mailbox.EmailBackend":
        return f"the development mailbox in {settings.MAILBOX_DIR}"
    if not settings.EMAIL_BACKEND.endswith(".smtp.EmailBackend"):
        return settings.EMAIL_BACKEND
    secured = "SSL" if settings.EMAIL_USE_SSL else "TLS" if settings.EMAIL_USE_TLS else "no encryption"
    return f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT} ({secured})"
