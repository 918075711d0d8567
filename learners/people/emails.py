"""The mails to people about their place in a program: invited, joined, removed."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from config.lib import tokens
from learners.models import Invitation, Membership
from orgs import mailing
from orgs.mailing import Button, Mail, mail, site_url
from orgs.models import Organization, OutboundEmail
from programs.models import Program

Rows = Sequence[OutboundEmail]
SAMPLE_NAME = "Carol Carlsson"
SAMPLE_ADDRESS = "carol@acme.example"
SAMPLE_REMOVAL = datetime(2026, 6, 8, 14, 32, tzinfo=UTC)


def _sample_program() -> Program:
    tagline = "Courses on writing, speaking and negotiating, at your own pace."
    return Program(
        name="English for Work",
        slug="english-for-work",
        tagline=tagline,
        organization=Organization(name="Acme"),
    )


def _invitation(program: Program, name: str, address: str, token: str) -> Mail:
    names = {"organization": program.organization.name, "program": program.name, "address": address}
    return Mail(
        subject=_("%(organization)s invites you to %(program)s") % names,
        heading=_("Your place in %(program)s") % names,
        preheader=_("Your place is ready and paid for by %(organization)s.") % names,
        values={"name": name, "program": program.name, "tagline": program.tagline},
        button=Button(
            _("Join the program"),
            site_url(reverse("invitation", args=[token])),
            _("Or paste this link into your browser. It is yours alone and works once:"),
        ),
        organization=program.organization,
        why=_("You get this because an administrator of %(organization)s invited %(address)s to %(program)s.")
        % names,
    )


def invitation_preview(program: Program, *, name: str, address: str) -> mailing.Rendered:
    """The invitation as this person will see it, before it exists: the link in it opens nothing."""
    kind = mailing.kind("invitation")
    return mailing.render(kind, _invitation(program, name, address, tokens.mask("example.")), address)


def invitation_draft(program: Program, *, name: str, address: str) -> Mail:
    """The same in its parts, for a page that draws it: its text is in email/invitation.html."""
    return _invitation(program, name, address, tokens.mask("example."))


# Counts the mail on its invitation, in the statement that marks it sent.
INVITATION_SENT = """
update learners_invitation set sent_at = statement_timestamp(), sent_count = sent_count + 1
from sent where learners_invitation.id = (sent.data ->> 'invitation')::bigint
"""


@mail(
    "invitation",
    gettext_lazy("Invitation"),
    samples=[lambda: _invitation(_sample_program(), SAMPLE_NAME, SAMPLE_ADDRESS, "example")],
    on_sent=INVITATION_SENT,
)
def invitation(rows: Rows) -> list[Mail | None]:
    """The personal link. Not wanted once the invitation is accepted, removed or replaced by a newer one:
    the cause `invite:<id>:<generation>` names the generation it was queued for."""
    found = Invitation.objects.select_related("membership__person", "membership__program__organization")
    invitations = found.in_bulk([row.data["invitation"] for row in rows])

    def compose(row: OutboundEmail) -> Mail | None:
        one = invitations.get(row.data["invitation"])
        if one is None or not _is_open(one, row):
            return None
        token = tokens.sign("invitation", one.pk, one.generation)
        return _invitation(one.membership.program, one.membership.person.name, row.recipient, token)

    return [compose(row) for row in rows]


def _is_open(one: Invitation, row: OutboundEmail) -> bool:
    generation = int(row.dedupe.split(":")[2])
    membership = one.membership
    return (
        one.organization_id == row.organization_id
        and one.generation == generation
        and membership.state == Membership.State.INVITED
        and membership.program.is_active
    )


def _welcome(program: Program, name: str, address: str) -> Mail:
    names = {"organization": program.organization.name, "program": program.name, "address": address}
    return Mail(
        subject=_("Welcome to %(program)s") % names,
        heading=_("Welcome to %(program)s") % names,
        preheader=_("You have joined. Choose your first course when you are ready."),
        values={"name": name, "program": program.name},
        button=Button(_("Go to the program"), site_url(reverse("program", args=[program.slug]))),
        organization=program.organization,
        why=_("You get this because %(address)s joined %(program)s of %(organization)s.") % names,
    )


@mail(
    "program_welcome",
    gettext_lazy("Learning program welcome"),
    samples=[lambda: _welcome(_sample_program(), SAMPLE_NAME, SAMPLE_ADDRESS)],
)
def program_welcome(rows: Rows) -> list[Mail | None]:
    """After joining. Not wanted once the person is no longer a member."""
    memberships = _memberships(rows)

    def compose(row: OutboundEmail) -> Mail | None:
        one = memberships.get(row.data["membership"])
        if one is None or one.state != Membership.State.MEMBER or one.organization_id != row.organization_id:
            return None
        return _welcome(one.program, one.person.name, row.recipient)

    return [compose(row) for row in rows]


def _exit(program: Program, name: str, address: str, ended: datetime, *, allow_return: bool) -> Mail:
    organization = program.organization
    names = {"organization": organization.name, "program": program.name, "address": address}
    rejoin = Button(_("Rejoin the program"), site_url(reverse("program", args=[program.slug])))
    return Mail(
        subject=_("Your place in %(program)s has ended") % names,
        heading=_("Your place in %(program)s has ended") % names,
        preheader=_("Your progress, grades and certificates stay in your account."),
        values={
            "name": name,
            "program": program.name,
            "ended": date_format(timezone.localtime(ended, organization.zone), "DATE_FORMAT"),
            "allow_return": allow_return,
        },
        button=rejoin if allow_return else None,
        organization=organization,
        why=_("You get this because %(address)s had a place in %(program)s of %(organization)s.") % names,
    )


@mail(
    "program_exit",
    gettext_lazy("Program exit"),
    samples=[
        lambda: _exit(_sample_program(), SAMPLE_NAME, SAMPLE_ADDRESS, SAMPLE_REMOVAL, allow_return=False),
        lambda: _exit(_sample_program(), SAMPLE_NAME, SAMPLE_ADDRESS, SAMPLE_REMOVAL, allow_return=True),
    ],
)
def program_exit(rows: Rows) -> list[Mail | None]:
    """After removal; with a button for who may come back by themselves. Not wanted once they are back."""
    memberships = _memberships(rows)

    def compose(row: OutboundEmail) -> Mail | None:
        one = memberships.get(row.data["membership"])
        if one is None or one.removed_at is None or one.organization_id != row.organization_id:
            return None
        if one.state != Membership.State.REMOVED:
            return None
        may_return = bool(row.data["allow_return"]) and one.program.is_active
        return _exit(one.program, one.person.name, row.recipient, one.removed_at, allow_return=may_return)

    return [compose(row) for row in rows]


def _memberships(rows: Iterable[OutboundEmail]) -> dict[int, Membership]:
    found = Membership.objects.select_related("person", "program__organization")
    return found.in_bulk([row.data["membership"] for row in rows])
