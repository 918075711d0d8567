"""The one logged path by which a name and an address leave the history: the audit log and the mail log."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import pgtrigger
from django.db import transaction
from django.db.models import Q, TextField
from django.db.models.functions import Cast

from orgs.models import AuditEvent, Organization, OutboundEmail, User
from orgs.tenancy import org_transaction

OPEN = (OutboundEmail.State.QUEUED, OutboundEmail.State.SENDING)


@dataclass(frozen=True)
class Pseudonym:
    """What stands in place of a person: instead of their names and of their addresses."""

    name: str
    email: str
    names: frozenset[str]
    addresses: frozenset[str]

    @property
    def label(self) -> str:
        return f"{self.name} <{self.email}>"

    def cover(self, value: Any) -> Any:
        """The same text, list or object without the person. A name is replaced where it stands alone or
        before an address, never as a part of other words.
        """
        if isinstance(value, dict):
            return {key: self.cover(part) for key, part in value.items()}
        if isinstance(value, list):
            return [self.cover(part) for part in value]
        if not isinstance(value, str):
            return value
        if value in self.names:
            return self.name
        for address in self.addresses:
            one = re.escape(address)
            for name in self.names:
                value = value.replace(f"{name} <{address}>", self.label)
            value = re.sub(rf"(?<![\w.+-]){one}(?![\w-]|\.\w)", self.email, value, flags=re.IGNORECASE)
        return value


def cover_audit_log(
    *,
    organization: Organization,
    user: User,
    pseudonym: Pseudonym,
    labels: Mapping[tuple[str, int], str],
    private: Collection[str],
    by: User | None,
) -> int:
    """Replace a person in the audit log of one organization: as who acted, as whom it was about, and by
    their addresses wherever they stand. Returns the number of entries changed; whoever calls records it.

    `labels` are the rows that stand for the person, as (type, id), and what they are called from now on;
    of entries about those also the `private` values are emptied. Nothing else ever changes an entry.
    """
    changed = 0
    with org_transaction(organization), pgtrigger.ignore("orgs.AuditEvent:append_only"):
        for event in list(_entries(organization, user, pseudonym, labels)):
            before = (event.actor_label, event.target_label, event.before, event.after)
            _cover(event, user, pseudonym, labels.get((event.target_type, event.target_id or 0)), private)
            if before != (event.actor_label, event.target_label, event.before, event.after):
                event.save(update_fields=["actor_label", "target_label", "before", "after"])
                changed += 1
    return changed


@transaction.atomic
def cover_mail_log(*, organizations: Collection[Organization], pseudonym: Pseudonym, by: User | None) -> None:
    """Replace the person's addresses in the log of mails sent, and cancel what still waits for them from
    these organizations or about their account. What waits elsewhere is another organization's to send.
    """
    rows = OutboundEmail.objects.filter(recipient__in=pseudonym.addresses)
    mine = rows.filter(Q(organization=None) | Q(organization__in=organizations))
    mine.filter(state__in=OPEN).update(state=OutboundEmail.State.CANCELLED)
    past = rows.exclude(state__in=OPEN)
    # Facts about where a change came from are kept only of an account's own mails.
    past.filter(organization=None).update(data={})
    past.update(recipient=pseudonym.email, error="")


def _entries(
    organization: Organization, user: User, pseudonym: Pseudonym, labels: Mapping[tuple[str, int], str]
) -> Any:
    found = Q(actor=user)
    for kind in {kind for kind, _pk in labels}:
        found |= Q(target_type=kind, target_id__in=[pk for other, pk in labels if other == kind])
    for address in pseudonym.addresses:
        for text in ("actor_label", "target_label", "before_text", "after_text"):
            found |= Q(**{f"{text}__icontains": address})
    rows = AuditEvent.objects.filter(organization=organization)
    texts = {"before_text": Cast("before", TextField()), "after_text": Cast("after", TextField())}
    return rows.annotate(**texts).filter(found).order_by("pk")


def _cover(
    event: AuditEvent, user: User, pseudonym: Pseudonym, label: str | None, private: Collection[str]
) -> None:
    if event.actor_id == user.pk:
        event.actor_label = pseudonym.label
    else:
        event.actor_label = pseudonym.cover(event.actor_label)
    event.target_label = label if label is not None else pseudonym.cover(event.target_label)
    for side in ("before", "after"):
        values = pseudonym.cover(getattr(event, side))
        if label is not None and values:
            values = {key: _hidden(key, value, pseudonym, private) for key, value in values.items()}
        setattr(event, side, values)


def _hidden(key: str, value: Any, pseudonym: Pseudonym, private: Collection[str]) -> Any:
    if not value or key not in private:
        return value
    return {"name": pseudonym.name, "email": pseudonym.email}.get(key, "")
