"""The mails to people about their place in a program: invited, joined, removed."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from config.lib import tokens
from learners.models import Invitation, Membership
from learners.people import wording
from learners.people.wording import Wording
from orgs import mailing
from orgs.mailing import Button, Mail, mail, site_url
from orgs.models import Organization, OutboundEmail, User
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


def _invitation(
    program: Program,
    name: str,
    address: str,
    token: str,
    *,
    words: Wording | None = None,
    is_reminder: bool = False,
) -> Mail:
    """What administrators wrote, or without `words`, and with the standard ones, the standard mail."""
    names = {"organization": program.organization.name, "program": program.name, "address": address}
    subject, heading = _("%(organization)s invites you to %(program)s"), _("Your place in %(program)s")
    preheader = _("Your place is ready and paid for by %(organization)s.")
    subject, heading, preheader = subject % names, heading % names, preheader % names
    values: dict[str, object] = {"name": name, "program": program.name, "tagline": program.tagline}
    if words is not None and words != wording.standard():
        given = wording.values(program, name or address)
        subject = words.subject_for(given)
        values["paragraphs"] = words.paragraphs_for(given)
    if is_reminder:
        subject = _("A reminder: %(subject)s") % {"subject": subject}
        heading = _("A reminder of your place in %(program)s") % names
        preheader = _("Your place is kept for you and paid for by %(organization)s.") % names
        values["is_reminder"] = True
    return Mail(
        subject=subject,
        heading=heading,
        preheader=preheader,
        values=values,
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
    return mailing.render(
        mailing.kind("invitation"), invitation_draft(program, name=name, address=address), address
    )


def invitation_draft(program: Program, *, name: str, address: str, words: Wording | None = None) -> Mail:
    """The same in its parts, for a page that draws it: its text is in email/invitation.html. `words` are
    shown instead of those that hold now."""
    words = words or wording.written_for(program)
    return _invitation(program, name, address, tokens.mask("example."), words=words)


# Counts the mail on its invitation, in the statement that marks it sent. Not joined: before the table was
# ever analyzed the planner would read all of it for each mail.
INVITATION_SENT = """
update learners_invitation set sent_at = statement_timestamp(), sent_count = sent_count + 1
where id = (select (data ->> 'invitation')::bigint from sent)
"""
SAMPLE_WORDS = Wording(
    "[LEARNER_NAME], your place in [PROGRAM_NAME]",
    "Hi [LEARNER_NAME],\n\nan hour a week is enough, and you choose when.\n\n"
    "Alice Andersson\nLearning at [ORGANIZATION_NAME]",
)


@mail(
    "invitation",
    gettext_lazy("Invitation"),
    samples=[
        lambda: _invitation(_sample_program(), SAMPLE_NAME, SAMPLE_ADDRESS, "example"),
        lambda: _invitation(_sample_program(), SAMPLE_NAME, SAMPLE_ADDRESS, "example", words=SAMPLE_WORDS),
    ],
    on_sent=INVITATION_SENT,
)
def invitation(rows: Rows) -> list[Mail | None]:
    """The personal link. Not wanted once the invitation is accepted, removed or replaced by a newer one:
    the cause `invite:<id>:<generation>` names the generation it was queued for."""
    return _invitations(rows, is_reminder=False)


@mail(
    "invitation_reminder",
    gettext_lazy("Invitation reminder"),
    samples=[
        lambda: _invitation(_sample_program(), SAMPLE_NAME, SAMPLE_ADDRESS, "example", is_reminder=True)
    ],
    template="email/invitation",
    on_sent=INVITATION_SENT,
)
def invitation_reminder(rows: Rows) -> list[Mail | None]:
    """The same link again, for who got it before and has not come. Wanted as long as the first one."""
    return _invitations(rows, is_reminder=True)


def _invitations(rows: Rows, *, is_reminder: bool) -> list[Mail | None]:
    # A batch has few programs: each is fetched once, and not with every person.
    found = Invitation.objects.select_related("membership__person").prefetch_related(
        "membership__program__organization"
    )
    invitations = found.in_bulk([row.data["invitation"] for row in rows])

    def compose(row: OutboundEmail) -> Mail | None:
        one = invitations.get(row.data["invitation"])
        if one is None or not _is_open(one, row):
            return None
        program, token = one.membership.program, tokens.sign("invitation", one.pk, one.generation)
        words, name = wording.written_for(program), one.membership.person.name
        return _invitation(program, name, row.recipient, token, words=words, is_reminder=is_reminder)

    return [compose(row) for row in rows]


def _test(program: Program, name: str, address: str, words: Wording) -> Mail:
    draft = invitation_draft(program, name=name, address=address, words=words)
    return replace(
        draft,
        subject=_("[Test] %(subject)s") % {"subject": draft.subject},
        why=_("You get this because a test was asked for with %(address)s. Its link opens nothing.")
        % {"address": address},
    )


@mail(
    "invitation_test",
    gettext_lazy("Test of an invitation"),
    samples=[lambda: _test(_sample_program(), SAMPLE_NAME, SAMPLE_ADDRESS, SAMPLE_WORDS)],
    template="email/invitation",
)
def invitation_test(rows: Rows) -> list[Mail | None]:
    """An administrator's look at their own words. The sample program stands in where there is none yet."""
    organizations = Organization.objects.in_bulk([row.organization_id for row in rows])
    users = User.objects.in_bulk([row.data["user"] for row in rows])
    programs = Program.objects.in_bulk([row.data["program"] for row in rows if row.data["program"]])

    def compose(row: OutboundEmail) -> Mail | None:
        organization, user = organizations.get(row.organization_id or 0), users.get(row.data["user"])
        if organization is None or user is None:
            return None
        program = programs.get(row.data["program"])
        if program is None or program.organization_id != organization.pk:
            program = unnamed_program(organization)
        words = Wording(row.data["subject"], row.data["message"])
        return _test(program, user.name, row.recipient, words)

    return [compose(row) for row in rows]


def unnamed_program(organization: Organization) -> Program:
    """Stands in for a program where an organization has none yet. Never saved."""
    return Program(name=_("Your program"), organization=organization)


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


def _removed(program: Program, name: str, address: str) -> Mail:
    names = {"organization": program.organization.name, "program": program.name, "address": address}
    return Mail(
        subject=_("%(program)s has been closed") % names,
        heading=_("%(program)s has been closed") % names,
        preheader=_("Your progress, grades and certificates stay in your account."),
        values={"name": name, "program": program.name},
        button=Button(_("Go to your start page"), site_url(reverse("start"))),
        organization=program.organization,
        why=_("You get this because %(address)s had a place in %(program)s of %(organization)s.") % names,
    )


@mail(
    "program_removed",
    gettext_lazy("Program removed"),
    samples=[lambda: _removed(_sample_program(), SAMPLE_NAME, SAMPLE_ADDRESS)],
)
def program_removed(rows: Rows) -> list[Mail | None]:
    """To each member when the program itself was removed, which is for good."""
    memberships = _memberships(rows)

    def compose(row: OutboundEmail) -> Mail | None:
        one = memberships.get(row.data["membership"])
        if one is None or one.organization_id != row.organization_id or one.program.is_active:
            return None
        return _removed(one.program, one.person.name, row.recipient)

    return [compose(row) for row in rows]


def _memberships(rows: Iterable[OutboundEmail]) -> dict[int, Membership]:
    found = Membership.objects.select_related("person", "program__organization")
    return found.in_bulk([row.data["membership"] for row in rows])
