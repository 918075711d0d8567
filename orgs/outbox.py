"""The outbox: mails are rows, committed with what causes them and sent by workers.

A worker claims a batch under a lease that is committed before the first mail goes out, so no row
lock is held while it talks to a server, and the rows of a dead worker come back when the lease ends.
`attempts` counts claims and is the fence: a worker whose rows were taken over may settle nothing.
"""

import logging
import random
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Now

from config.lib import emails
from config.lib.text import one_line
from orgs import jobs, mailing
from orgs.models import Organization, OutboundEmail, Suppression

logger = logging.getLogger(__name__)
TASK = "orgs.send_mail"
MAX_ATTEMPTS = 8
FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=12)
# After an outage the rows rest a little, so that a server that just came back is not met by all at once.
REST = timedelta(seconds=30)
State = OutboundEmail.State
FACTS = ("ip", "user_agent", "from_email", "to_email", "deleted_email")

# The clock is that of Django's `Now()`, so that what `is_due` sees is what this takes.
# Materialized, or the planner may ask the inner question again for each row and take more than a batch.
CLAIM = """
with due as materialized (
  select id from orgs_outboundemail
  where state in ('queued', 'sending') and not_before <= statement_timestamp()
  order by not_before, id limit %(batch)s for update skip locked)
update orgs_outboundemail set state = 'sending', attempts = attempts + 1,
  not_before = statement_timestamp() + make_interval(secs => %(lease)s)
where id in (select id from due)
returning *
"""
# Asked and told once a mail, so written as they are: composing them anew would cost more than sending.
IS_FRESH = """
select not_before > statement_timestamp() + make_interval(secs => %(lease)s / 2.0)
from orgs_outboundemail where id = %(id)s and state = 'sending' and attempts = %(attempts)s
"""
MARK_SENT = """
update orgs_outboundemail
set state = 'sent', sent_at = statement_timestamp(), error = '', message_id = %(message_id)s
where id = %(sent)s and state in ('queued', 'sending') returning id, data
"""


def queue(
    *, kind: str, recipient: str, organization: Organization | None, dedupe: str, data: dict[str, Any]
) -> None:
    """Queue one mail in the current transaction. The same `dedupe` is queued once, whoever asks.

    KeyError for a kind that nobody registered. `data` holds ids and plain values, never a link or a key.
    """
    mailing.kind(kind)
    OutboundEmail.objects.bulk_create(
        [OutboundEmail(kind=kind, recipient=recipient, organization=organization, dedupe=dedupe, data=data)],
        ignore_conflicts=True,
    )
    wake()


def queue_account_mail(*, template: str, recipient: str, context: Mapping[str, Any]) -> None:
    """Queue one of allauth's mails, `account/email/password_reset_key` for instance.

    Of its context only the account's id and plain facts are kept: links and keys are secrets, and are
    made when the mail is sent.
    """
    data: dict[str, Any] = {name: one_line(str(context[name])) for name in FACTS if context.get(name)}
    if user := context.get("user"):
        data["user"] = user.pk
    if moment := context.get("timestamp"):
        data["at"] = moment.isoformat()
    kind = f"account_{template.rpartition('/')[2]}"
    queue(kind=kind, recipient=recipient, organization=None, dedupe=f"account:{uuid4()}", data=data)


def wake() -> None:
    """Ask a mail worker to look at the outbox once this transaction is committed."""
    transaction.on_commit(lambda: jobs.send(TASK, "mail"))


def is_due() -> bool:
    """Whether any mail waits to be sent at this moment."""
    return OutboundEmail.objects.filter(
        state__in=(State.QUEUED, State.SENDING), not_before__lte=Now()
    ).exists()


def claim() -> list[OutboundEmail]:
    """Take up to `MAIL_BATCH` due rows for this worker, oldest first, and commit the claim."""
    parameters = {"lease": settings.MAIL_LEASE_SECONDS, "batch": settings.MAIL_BATCH}
    with transaction.atomic(durable=True):
        return sorted(OutboundEmail.objects.raw(CLAIM, parameters), key=lambda row: row.pk)


def hold(row: OutboundEmail) -> bool:
    """Whether the row is still this worker's, with at least half a lease left to send it in.

    Asked before each mail. False when the lease ran out and another worker took the row.
    """
    with connection.cursor() as cursor:
        cursor.execute(IS_FRESH, _fence(row))
        found = cursor.fetchone()
    if found is None or found[0]:
        return found is not None
    lease = timedelta(seconds=settings.MAIL_LEASE_SECONDS)
    return bool(_mine(row).update(not_before=Now() + lease))


def mark_sent(
    row: OutboundEmail, kind: mailing.Kind, message_id: str, following: OutboundEmail | None = None
) -> bool:
    """Record that the server took the mail: it did, whoever holds the row meanwhile.

    `message_id` is what `orgs.delivery` will find it by, when the provider tells how it went on. The
    kind's hook is part of the same statement. Its failure must not undo the mark, or the mail would go
    out again. The same statement looks at the `following` mail: True when it can be sent without `hold`.
    """
    if kind.on_sent:
        try:
            return _mark(f", hook as ({kind.on_sent})", row, message_id, following)
        except DatabaseError:
            logger.exception("The hook of mail %s (%s) failed after it was sent", row.pk, row.kind)
    return _mark("", row, message_id, following)


def retry(row: OutboundEmail, text: str) -> None:
    """Send it again later, each time after a longer pause; after `MAX_ATTEMPTS` it has failed."""
    if row.attempts >= MAX_ATTEMPTS:
        fail(row, text)
    else:
        _mine(row).update(state=State.QUEUED, not_before=Now() + pause(row.attempts), error=text[:500])


def fail(row: OutboundEmail, text: str, *, bounced: bool = False) -> None:
    """End it with a sentence. A bounced address is sent nothing from now on."""
    with transaction.atomic():
        if _mine(row).update(state=State.FAILED, error=text[:500]) and bounced:
            address = emails.normalize(row.recipient)
            reason = Suppression.Reason.BOUNCED
            Suppression.objects.bulk_create(
                [Suppression(email=address, reason=reason, detail=text[:500])], ignore_conflicts=True
            )


def cancel(row: OutboundEmail, text: str) -> None:
    """Send nothing: nobody wants it any more, or the address is suppressed."""
    _mine(row).update(state=State.CANCELLED, error=text[:500])


def give_back(rows: Iterable[OutboundEmail]) -> None:
    """Return claimed rows as if nobody had claimed them: the server was the reason, not the mail."""
    for row in rows:
        _mine(row).update(state=State.QUEUED, attempts=F("attempts") - 1, not_before=Now() + REST)


def suppressed(rows: Iterable[OutboundEmail]) -> set[str]:
    """Those of the rows' addresses, normalized, to which nothing is sent."""
    addresses = {emails.normalize(row.recipient) for row in rows}
    return set(Suppression.objects.filter(email__in=addresses).values_list("email", flat=True))


def pause(attempts: int) -> timedelta:
    """How long to wait after this many attempts: 1, 3, 9 … minutes up to 12 hours, give or take a fifth."""
    longer = min(FIRST_PAUSE * 3 ** (attempts - 1), LONGEST_PAUSE)
    return longer * random.uniform(0.8, 1.2)  # noqa: S311 - spreads load, guards nothing


def _mine(row: OutboundEmail) -> QuerySet[OutboundEmail]:
    return OutboundEmail.objects.filter(pk=row.pk, state=State.SENDING, attempts=row.attempts)


def _mark(hook: str, row: OutboundEmail, message_id: str, following: OutboundEmail | None) -> bool:
    """One statement that commits by itself, since a transaction would cost two more trips to the server."""
    parameters = _fence(following or row) | {"sent": row.pk, "message_id": message_id}
    with connection.cursor() as cursor:
        cursor.execute(f"with sent as ({MARK_SENT}){hook} {IS_FRESH}", parameters)
        found = cursor.fetchone()
    return following is not None and found is not None and found[0]


def _fence(row: OutboundEmail) -> dict[str, int | str]:
    return {"id": row.pk, "attempts": row.attempts, "lease": settings.MAIL_LEASE_SECONDS}
