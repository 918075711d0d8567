"""What became of the latest invitation mail of each person on a page."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from learners.people.models import Invitation, Membership
from orgs.models import OutboundEmail

State = OutboundEmail.State
Delivery = OutboundEmail.Delivery


@dataclass(frozen=True)
class MailState:
    """A word for the pill and its kind; `at` is when it became so, `reason` why a mail did not arrive."""

    label: str | Promise
    kind: str = ""
    at: datetime | None = None
    reason: str = ""


NOT_MAILED = MailState(_("Not mailed yet"))


def mail_states(memberships: Iterable[Membership]) -> dict[int, MailState]:
    """The state of the latest invitation mail of each of these memberships, by their id, in one query.

    They come with their `invitation`; one without is not mailed yet.
    """
    invitations = {row.pk: row.invitation for row in memberships if hasattr(row, "invitation")}
    causes = [cause for one in invitations.values() for cause in _causes(one)]
    found = {mail.dedupe: mail for mail in OutboundEmail.objects.filter(dedupe__in=causes)}
    return {
        pk: _of_latest(one, [found.get(cause) for cause in _causes(one)]) for pk, one in invitations.items()
    }


def _causes(one: Invitation) -> Sequence[str]:
    """The causes under which its latest mails stand in the outbox, the very latest first."""
    first = f"invite:{one.pk}:{one.generation}"
    counts = range(one.sent_count + 1, max(one.sent_count, 1) - 1, -1)
    return [f"{first}:{count}" if count > 1 else first for count in counts]


def _of_latest(one: Invitation, mails: Sequence[OutboundEmail | None]) -> MailState:
    latest = next((mail for mail in mails if mail is not None), None)
    if latest is None:
        return MailState(_("Sent"), "info", one.sent_at) if one.sent_at else NOT_MAILED
    if latest.state in (State.QUEUED, State.SENDING):
        return MailState(_("On its way"), "info", latest.created_at)
    if latest.state != State.SENT:
        return MailState(_("Failed"), "danger", latest.created_at, latest.error)
    at = latest.delivery_at or latest.sent_at
    if latest.delivery == Delivery.DELIVERED:
        return MailState(_("Delivered"), "ok", at)
    if latest.delivery == Delivery.BOUNCED:
        return MailState(_("Bounced"), "danger", at, latest.error)
    if latest.delivery == Delivery.COMPLAINED:
        return MailState(_("Marked as spam"), "danger", at, latest.error)
    return MailState(_("Sent"), "info", at)
