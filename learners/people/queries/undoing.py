"""What undoing an import would do, and what became of it."""

from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet

from learners.people.models import ImportUndo, Invitation, InviteImport, Membership

State = Membership.State


@dataclass(frozen=True)
class Outlook:
    """The invitations an import made: open (would be withdrawn), accepted (stay), removed since."""

    open: int
    accepted: int
    removed: int


def open_invitations(imported: InviteImport) -> QuerySet[Invitation]:
    """Those of this import that nobody has accepted or withdrawn."""
    return Invitation.objects.filter(made_by=imported, membership__state=State.INVITED)


def outlook(imported: InviteImport) -> Outlook:
    """How its invitations stand now. One query."""
    counts = Invitation.objects.filter(made_by=imported).aggregate(
        **{state: Count("id", filter=Q(membership__state=state)) for state in State.values}
    )
    return Outlook(counts[State.INVITED], counts[State.MEMBER], counts[State.REMOVED])


def latest(imported: InviteImport) -> ImportUndo | None:
    """The last time that undoing this import was asked for."""
    found = ImportUndo.objects.filter(undone=imported).select_related("requested_by", "undone")
    return found.order_by("-pk").first()
