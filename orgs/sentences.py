"""The audit log in words: what each verb says, and what changed. A verb without a sentence still reads."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from orgs.models import AuditEvent

# verb: (what the filter calls it, the sentence). %(target)s is the row's name then, %(…)s a value of `after`.
VERBS: dict[str, tuple[str | Promise, str | Promise]] = {
    "organization.created": (
        gettext_lazy("Organization created"),
        gettext_lazy("Created the organization %(target)s"),
    ),
    "program.created": (gettext_lazy("Program created"), gettext_lazy("Created the program %(target)s")),
    "program.removed": (
        gettext_lazy("Program removed"),
        gettext_lazy("Removed the program %(target)s with its %(members)s members"),
    ),
    "contract.created": (gettext_lazy("Contract created"), gettext_lazy("Created the contract %(target)s")),
    "domain.added": (
        gettext_lazy("Domain added"),
        gettext_lazy("Added %(target)s to the domain allow-list"),
    ),
    "domains.added": (
        gettext_lazy("Domains added"),
        gettext_lazy("Added %(domains)s domains to the allow-list of %(target)s"),
    ),
    "domain.changed": (
        gettext_lazy("Contract of a domain changed"),
        gettext_lazy("Changed the contract of the domain %(target)s"),
    ),
    "domains.changed": (
        gettext_lazy("Contracts of domains changed"),
        gettext_lazy("Changed the contract of %(domains)s domains of %(target)s"),
    ),
    "domain.removed": (
        gettext_lazy("Domain removed"),
        gettext_lazy("Removed %(target)s from the domain allow-list"),
    ),
    "domains.removed": (
        gettext_lazy("Domains removed"),
        gettext_lazy("Removed %(domains)s domains from the allow-list of %(target)s"),
    ),
    "admin.added": (gettext_lazy("Administrator added"), gettext_lazy("Made %(target)s an administrator")),
    "credential.created": (
        gettext_lazy("xAPI credential created"),
        gettext_lazy("Created the xAPI credential %(target)s"),
    ),
    "credential.revoked": (
        gettext_lazy("xAPI credential revoked"),
        gettext_lazy("Revoked the xAPI credential %(target)s"),
    ),
    "invitation.created": (gettext_lazy("Learner invited"), gettext_lazy("Invited %(target)s")),
    "invitations.created": (
        gettext_lazy("Learners invited"),
        gettext_lazy("Invited %(people)s people to %(target)s"),
    ),
    "invitations.imported": (
        gettext_lazy("Invitations imported"),
        gettext_lazy("Started to invite %(rows)s people from the file %(target)s"),
    ),
    "import.undone": (
        gettext_lazy("Import undone"),
        gettext_lazy("Started to withdraw the %(people)s open invitations of the file %(target)s"),
    ),
    "invitation.resent": (
        gettext_lazy("Invitation sent again"),
        gettext_lazy("Sent the invitation again to %(target)s"),
    ),
    "invitations.resent": (
        gettext_lazy("Invitations sent again"),
        gettext_lazy("Sent %(people)s invitations to %(target)s again"),
    ),
    "resend.started": (
        gettext_lazy("Sending again started"),
        gettext_lazy("Started to send %(people)s invitations to %(target)s again"),
    ),
    "invitation.link_replaced": (
        gettext_lazy("Invitation link replaced"),
        gettext_lazy("Replaced the invitation link of %(target)s"),
    ),
    "invitation_message.changed": (
        gettext_lazy("Invitation message changed"),
        gettext_lazy("Changed the invitation message of %(target)s"),
    ),
    "invitation_message.reset": (
        gettext_lazy("Invitation message reset"),
        gettext_lazy("Reset the invitation message of %(target)s"),
    ),
    "invitation.removed": (
        gettext_lazy("Invitation removed"),
        gettext_lazy("Removed the invitation of %(target)s"),
    ),
    "invitations.removed": (
        gettext_lazy("Invitations removed"),
        gettext_lazy("Removed %(people)s invitations to %(target)s"),
    ),
    "membership.joined": (gettext_lazy("Learner joined"), gettext_lazy("Joined: %(target)s")),
    "membership.removed": (gettext_lazy("Learner removed"), gettext_lazy("Removed %(target)s")),
    "memberships.removed": (
        gettext_lazy("Learners removed"),
        gettext_lazy("Removed %(people)s learners from %(target)s"),
    ),
    "enrollment.created": (
        gettext_lazy("Learner enrolled"),
        gettext_lazy("Enrolled in %(course)s: %(target)s"),
    ),
    "enrollment.left": (
        gettext_lazy("Enrollment ended"),
        gettext_lazy("Ended the enrollment in %(course)s: %(target)s"),
    ),
    "specialization.enrolled": (
        gettext_lazy("Learner enrolled in a specialization"),
        gettext_lazy("Enrolled in the specialization %(specialization)s: %(target)s"),
    ),
    "specialization.left": (
        gettext_lazy("Enrollment in a specialization ended"),
        gettext_lazy("Ended the enrollment in the specialization %(specialization)s: %(target)s"),
    ),
    "person.merged": (
        gettext_lazy("Two entries of a learner became one"),
        gettext_lazy("Connected the addresses of %(target)s, who is one person now"),
    ),
    "person.erased": (
        gettext_lazy("Learner erased"),
        gettext_lazy("Erased name and address of a person, who is %(target)s now"),
    ),
    "admin.connected": (
        gettext_lazy("Administrator’s accounts connected"),
        gettext_lazy("Administers with another address now: %(target)s"),
    ),
    "removal.started": (
        gettext_lazy("Removal started"),
        gettext_lazy("Started to remove %(people)s people from %(target)s"),
    ),
    "demo.created": (gettext_lazy("Demo created"), gettext_lazy("Filled %(target)s with demo data")),
}
LABELS = {
    "allow_return": gettext_lazy("May come back"),
    "brand_color": gettext_lazy("Brand colour"),
    "contract": gettext_lazy("Contract"),
    "country": gettext_lazy("Country"),
    "domains": gettext_lazy("Domains"),
    "email": gettext_lazy("E-mail"),
    "ends_on": gettext_lazy("Last day"),
    "entries": gettext_lazy("Entries of this log without the name now"),
    "industry": gettext_lazy("Industry"),
    "invitations": gettext_lazy("Invitations"),
    "invitation_message": gettext_lazy("Text of the invitation"),
    "invitation_subject": gettext_lazy("Subject of the invitation"),
    "kind": gettext_lazy("Type"),
    "licences": gettext_lazy("Licences given back"),
    "mail": gettext_lazy("With a mail"),
    "name": gettext_lazy("Name"),
    "people": gettext_lazy("People"),
    "program": gettext_lazy("Program"),
    "quantity": gettext_lazy("Quantity"),
    "resent": gettext_lazy("Mailed again"),
    "role": gettext_lazy("Role"),
    "rows": gettext_lazy("Rows"),
    "roles": gettext_lazy("Roles withdrawn"),
    "search": gettext_lazy("Search"),
    "shared": gettext_lazy("Programs in which both had a place"),
    "size_band": gettext_lazy("Size"),
    "slug": gettext_lazy("Address"),
    "spare_recent": gettext_lazy("Without those mailed within 24 hours"),
    "starts_on": gettext_lazy("First day"),
    "state": gettext_lazy("State"),
    "status": gettext_lazy("List"),
    "tagline": gettext_lazy("Tagline"),
    "timezone": gettext_lazy("Time zone"),
}
VALUES = {
    "enrollments": gettext_lazy("Enrollments"),
    "invited": gettext_lazy("Invited"),
    "joined": gettext_lazy("Joined this program"),
    "member": gettext_lazy("Member"),
    "org_admin": gettext_lazy("Organization admin"),
    "program_admin": gettext_lazy("Program admin"),
    "removed": gettext_lazy("Removed"),
    "seats": gettext_lazy("Seats"),
    "unlimited": gettext_lazy("Unlimited"),
}
# Those whose value is a word of ours; a program called “seats” stays as it is.
CODED = {"kind", "role", "state", "status"}


@dataclass(frozen=True)
class Change:
    """One thing that an entry says was changed, or set: then `before` is empty."""

    label: str
    before: str
    after: str


def sentence(event: AuditEvent) -> str:
    """What was done, in one plain sentence without the actor."""
    known = VERBS.get(event.verb)
    if known is None:
        return f"{title(event.verb)}: {event.target_label}" if event.target_label else title(event.verb)
    values = {key: _shown(key, value) for key, value in (event.after or {}).items()}
    return str(known[1]) % defaultdict(lambda: "?", values, target=event.target_label)


def title(verb: str) -> str:
    """What a verb is called where it stands alone."""
    known = VERBS.get(verb)
    return str(known[0]) if known else verb.replace(".", " ").replace("_", " ").capitalize()


def changes(event: AuditEvent) -> list[Change]:
    """What the entry says of before and after, key by key; what did not change is left out."""
    before, after = event.before or {}, event.after or {}
    said = str(VERBS[event.verb][1]) if event.verb in VERBS else ""
    keys = [key for key in {**before, **after} if f"%({key})s" not in said]
    return [
        Change(label(key), _shown(key, before.get(key)), _shown(key, after.get(key)))
        for key in keys
        if before.get(key) != after.get(key)
    ]


def label(key: str) -> str:
    """The name of a field in the log."""
    return str(LABELS.get(key) or key.replace("_", " ").capitalize())


def _shown(key: str, value: Any) -> str:
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, int):
        return str(number_format(value, force_grouping=True))
    return str(VALUES.get(value, value)) if key in CODED else str(value)
