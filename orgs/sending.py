"""The mail worker: takes what is due from the outbox and hands it to the mail server, mail by mail.

Several run side by side. Each result is committed right after the server answered, so only a worker
that dies in that instant can repeat a mail, with the same Message-ID.
"""

import logging
import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from django.core import mail
from django.core.mail.backends.base import BaseEmailBackend
from django.db import InterfaceError, OperationalError, transaction
from django.utils.translation import gettext as _

from config.lib import emails
from orgs import delivery, letters, mailing, outbox
from orgs.letters import Letter
from orgs.models import OutboundEmail
from orgs.verdicts import Outcome, Verdict, judge

logger = logging.getLogger(__name__)
# So many in a row that the server puts off, or over which the connection breaks, and it is the server.
PATIENCE = {Outcome.AWAY: 1, Outcome.BROKEN: 2, Outcome.LATER: 10, Outcome.REFUSED: math.inf}
Due = tuple[OutboundEmail, mailing.Kind, Letter]


class ServerAway(Exception):
    """Nothing can be sent at this moment; what was claimed is given back and costs no attempt."""


def send_due() -> None:
    """Send all mail that is due. Ends early when the server takes no mail; the beat asks again."""
    try:
        rows = None
        while rows != [] and outbox.is_due():
            # Connected before anything is claimed: while the server is down no row is touched.
            with _connected() as connection:
                rows = outbox.claim()
                _deliver(connection, _composed(rows))
    except ServerAway as reason:
        logger.warning("Mail waits: %s", reason)


@contextmanager
def _connected() -> Iterator[BaseEmailBackend]:
    try:
        connection = mail.get_connection()
        connection.open()
    except Exception as error:
        raise ServerAway(judge(error).text) from error
    try:
        yield connection
    finally:
        _close(connection)


def _close(connection: BaseEmailBackend) -> None:
    """A connection that broke cannot say goodbye; what was sent over it is settled already."""
    try:
        connection.close()
    except Exception as error:
        logger.info("Closing the connection to the mail server failed: %s", error)


def _composed(rows: Sequence[OutboundEmail]) -> list[Due]:
    """The claimed rows as messages, oldest first; those that cannot or need not be sent are settled."""
    refused = outbox.suppressed(rows)
    by_kind: dict[str, list[OutboundEmail]] = defaultdict(list)
    for row in rows:
        address = emails.normalize(row.recipient)
        if row.attempts > outbox.MAX_ATTEMPTS:
            outbox.fail(row, _("Sending was broken off %(times)s times.") % {"times": outbox.MAX_ATTEMPTS})
        elif address in refused:
            outbox.cancel(row, _("Mail to this address came back before, so nothing is sent to it."))
        elif emails.problem(address) or not address.partition("@")[0].isascii():
            outbox.fail(row, _("This is not an e-mail address that can be written to."))
        else:
            by_kind[row.kind].append(row)
    due = [letter for name, group in by_kind.items() for letter in _of_kind(name, group)]
    return sorted(due, key=lambda letter: letter[0].pk)


def _of_kind(name: str, rows: list[OutboundEmail]) -> Iterator[Due]:
    """Compose a batch at once; if that fails, row by row, so that one bad row delays only itself."""
    try:
        kind = mailing.kind(name)
        with transaction.atomic():
            mails = kind.compose(rows)
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        if len(rows) == 1:
            _put_off(rows[0])
        else:
            for row in rows:
                yield from _of_kind(name, [row])
        return
    for row, composed in zip(rows, mails, strict=True):
        if composed is None:
            outbox.cancel(row, _("It was no longer wanted when its turn came."))
        elif letter := _letter(kind, composed, row):
            yield row, kind, letter


def _letter(kind: mailing.Kind, composed: mailing.Mail, row: OutboundEmail) -> Letter | None:
    try:
        return mailing.message(kind, composed, emails.normalize(row.recipient), row.dedupe)
    except Exception:
        _put_off(row)
        return None


def _put_off(row: OutboundEmail) -> None:
    """Called in an except block. A worker of the previous version may simply not know this kind yet."""
    logger.exception("Mail %s (%s) could not be composed", row.pk, row.kind)
    outbox.retry(row, _("The mail could not be composed."))


def _deliver(connection: BaseEmailBackend, due: list[Due]) -> None:
    """Hand over mail by mail and settle each row. When it is the server that takes none, give the rest
    back and raise `ServerAway`."""
    setbacks: dict[Outcome, int] = defaultdict(int)
    is_held = False
    for position, (row, kind, letter) in enumerate(due):
        if not (is_held or outbox.hold(row)):
            continue
        is_held = False
        try:
            letters.hand_over(letter, connection)
        except Exception as error:
            verdict = judge(error)
            setbacks[verdict.outcome] += 1
            _settle(row, verdict)
            if setbacks[verdict.outcome] >= PATIENCE[verdict.outcome] or not _is_usable(connection, verdict):
                outbox.give_back(rest for rest, _kind, _letter in due[position + 1 :])
                raise ServerAway(verdict.text) from error
        else:
            following = due[position + 1][0] if position + 1 < len(due) else None
            is_held = outbox.mark_sent(row, kind, delivery.message_id(letter), following)
            setbacks.clear()


def _settle(row: OutboundEmail, verdict: Verdict) -> None:
    if verdict.outcome == Outcome.AWAY:
        outbox.give_back([row])
    elif verdict.outcome == Outcome.REFUSED:
        outbox.fail(row, verdict.text, bounced=verdict.bounced)
    else:
        outbox.retry(row, verdict.text)


def _is_usable(connection: BaseEmailBackend, verdict: Verdict) -> bool:
    """Whether the next mail can go over this connection; one that broke is opened anew."""
    if verdict.outcome != Outcome.BROKEN:
        return True
    _close(connection)
    try:
        connection.open()
    except Exception as error:
        logger.info("The mail server could not be reached again: %s", error)
        return False
    return True
