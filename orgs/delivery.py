"""What the mail provider says of a mail after it took it: delivered, bounced, called spam.

It says so in its own time, more than once and in any order; a stronger word stays (spam over bounced
over delivered). The rows are found across organizations: the wall is open in a provider's request.
"""

from datetime import datetime
from typing import Any

from anymail.signals import AnymailTrackingEvent, EventType, RejectReason
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from config.lib import emails
from config.lib.text import one_line
from orgs.models import OutboundEmail, Suppression
from orgs.verdicts import says_dead

Delivery = OutboundEmail.Delivery
MEANING = {
    EventType.DELIVERED: Delivery.DELIVERED,
    EventType.BOUNCED: Delivery.BOUNCED,
    EventType.REJECTED: Delivery.BOUNCED,
    EventType.FAILED: Delivery.BOUNCED,
    EventType.COMPLAINED: Delivery.COMPLAINED,
}
WEAKER: dict[str, list[str]] = {
    Delivery.DELIVERED: [""],
    Delivery.BOUNCED: ["", Delivery.DELIVERED],
    Delivery.COMPLAINED: ["", Delivery.DELIVERED, Delivery.BOUNCED],
}
# Reasons that are the mailbox's; the others (a policy, a full queue, a wish not to hear of us) are not.
DEAD = (RejectReason.BOUNCED, RejectReason.INVALID)
# Providers whose events name the kind of bounce call one that may pass so.
SOFT = "soft"


def message_id(message: EmailMultiAlternatives) -> str:
    """The id under which events will speak of a mail just sent: the provider's own, else our Message-ID."""
    status = getattr(message, "anymail_status", None)
    given = status.message_id if status else None
    return _bare(given if isinstance(given, str) else message.extra_headers["Message-ID"])


def track(sender: object, event: AnymailTrackingEvent, **about: Any) -> None:
    """Receive one event of the provider. What means nothing here, or is of an unknown mail, is ignored."""
    meaning = MEANING.get(event.event_type)
    if meaning is None or not _bare(event.message_id or ""):
        return
    reason = one_line(event.mta_response or event.description or _words(event.reject_reason), 500)
    record(event.message_id, meaning, event.timestamp, reason, is_final=_is_final(event, reason))


@transaction.atomic
def record(
    message_id: str, delivery: OutboundEmail.Delivery, at: datetime | None, reason: str, *, is_final: bool
) -> None:
    """Note what became of the mail, unless as much is known already; `is_final` suppresses its address.

    Told again it changes nothing, so that an address whose suppression was lifted stays free.
    """
    found = OutboundEmail.objects.filter(message_id=_bare(message_id))
    news: dict[str, Any] = {"delivery": delivery, "delivery_at": at or timezone.now()}
    if delivery != Delivery.DELIVERED:
        news["error"] = reason
    if not found.filter(delivery__in=WEAKER[delivery]).update(**news) or not is_final:
        return
    cause = Suppression.Reason.COMPLAINED if delivery == Delivery.COMPLAINED else Suppression.Reason.BOUNCED
    addresses = sorted({emails.normalize(address) for address in found.values_list("recipient", flat=True)})
    Suppression.objects.bulk_create(
        [Suppression(email=address, reason=cause, detail=reason) for address in addresses],
        ignore_conflicts=True,
    )


def _is_final(event: AnymailTrackingEvent, reason: str) -> bool:
    if event.event_type == EventType.COMPLAINED or event.reject_reason == RejectReason.SPAM:
        return True
    return event.reject_reason in DEAD and says_dead(reason) and not _is_soft(event.esp_event)


def _is_soft(raw: Any) -> bool:
    named = (raw.get(key) for key in ("Type", "type", "event")) if hasattr(raw, "get") else ()
    return any(SOFT in str(name).lower() for name in named)


def _words(reject_reason: str | None) -> str:
    return {
        RejectReason.INVALID: _("The address is not valid."),
        RejectReason.BOUNCED: _("The mailbox did not take the mail."),
        RejectReason.TIMED_OUT: _("The other side did not answer for a long time."),
        RejectReason.BLOCKED: _("The other side blocks our mail."),
        RejectReason.SPAM: _("The recipient marked a mail as spam."),
        RejectReason.UNSUBSCRIBED: _("The recipient wants no mail."),
    }.get(reject_reason, _("The provider gave no reason."))


def _bare(message_id: str) -> str:
    return one_line(message_id, 255).strip("<>")
