"""Writing the invitation in one's own words: for an organization, or for one of its programs."""

import hashlib

from django.utils import timezone
from django.utils.translation import gettext as _

from learners.people import wording
from learners.people.wording import MESSAGE_MAX, SUBJECT_MAX, Wording
from orgs import audit, outbox
from orgs.errors import ActionError
from orgs.models import Organization, User
from orgs.tenancy import org_transaction
from programs.models import Program

NONE = Wording("", "")


def save(*, place: Organization | Program, subject: str, message: str, by: User | None) -> bool:
    """Let invitations say this, from the next mail on. Returns whether anything changed.

    What equals the inherited words is not kept as one's own, so that it follows them. Refuses an empty
    or too long subject or text, and tags that do not exist.
    """
    asked = wording.tidy(subject, message)
    _refuse(asked)
    return _write(place, asked, "invitation_message.changed", by)


def reset(*, place: Organization | Program, by: User | None) -> bool:
    """Forget the words of this organization or program, so that the inherited ones hold. Returns whether
    there were any."""
    return _write(place, NONE, "invitation_message.reset", by)


def send_test(*, program: Program, subject: str, message: str, by: User) -> None:
    """Queue the invitation in these words, saved or not, to the administrator's own address.

    The link in it opens nothing. The same test is sent once a minute. Refuses what `save` refuses.
    """
    asked = wording.tidy(subject, message)
    _refuse(asked)
    digest = hashlib.sha256(f"{asked.subject}\n{asked.message}".encode()).hexdigest()[:16]
    minute = timezone.now().strftime("%Y%m%d%H%M")
    with org_transaction(program.organization):
        outbox.queue(
            kind="invitation_test",
            recipient=by.email,
            organization=program.organization,
            dedupe=f"invitation_test:{by.pk}:{program.pk or 0}:{minute}:{digest}",
            data={
                "program": program.pk,
                "user": by.pk,
                "subject": asked.subject,
                "message": asked.message,
            },
        )


def _refuse(asked: Wording) -> None:
    parts = ((asked.subject, SUBJECT_MAX, "subject"), (asked.message, MESSAGE_MAX, "message"))
    for text, limit, field in parts:
        if not text:
            raise ActionError(_("Write something here, or reset the message."), field)
        if len(text) > limit:
            raise ActionError(_("Use at most %(limit)s characters.") % {"limit": f"{limit:,}"}, field)
        if complaint := wording.complaint(text):
            raise ActionError(complaint, field)


def _write(place: Organization | Program, asked: Wording, verb: str, by: User | None) -> bool:
    organization = place.organization if isinstance(place, Program) else place
    with org_transaction(organization):
        row = type(place)._default_manager.select_for_update(no_key=True).get(pk=place.pk)
        before, words = wording.own(row) or NONE, NONE if asked == wording.inherited(row) else asked
        if words == before:
            return False
        row.invitation_subject, row.invitation_message = words.subject, words.message
        row.save(update_fields=["invitation_subject", "invitation_message"])
        audit.record(
            by=by,
            organization=organization,
            verb=verb,
            target=row,
            program_id=row.pk if isinstance(row, Program) else None,
            before=_noted(before),
            after=_noted(words),
        )
    return True


def _noted(words: Wording) -> dict[str, str]:
    return {"invitation_subject": words.subject, "invitation_message": words.message}
