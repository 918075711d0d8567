"""What its owner does to an account: name and preferences, two accounts made one, the end of it."""

from collections.abc import Sequence

from allauth.account.models import EmailAddress
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from config.lib import emails
from learners.learning.actions import enrollments, statements
from learners.learning.models import Left
from learners.people import names
from learners.people.actions import merging
from learners.people.licences import give_back
from learners.people.models import BarredAddress, ImportRow, LicenceLedger, Membership, Person, TurnedAway
from learners.people.queries import accounts as queries
from learners.people.queries import joining
from orgs.actions import pseudonyms
from orgs.actions.pseudonyms import Pseudonym
from orgs.audit import record
from orgs.errors import ActionError
from orgs.models import AuditEvent, Job, Organization, RoleGrant, User
from orgs.outbox import queue_account_mail
from orgs.permissions import Role
from orgs.tenancy import org_transaction

State = Membership.State
# Nothing is ever sent to this domain: it is reserved for addresses that cannot be.
ERASED_EMAIL = "erased-%d@erased.invalid"
CLOSED_JOBS = (Job.State.DONE, Job.State.FAILED, Job.State.CANCELLED)


def rename(*, user: User, name: str, by: User | None) -> User:
    """Give the account another name. Those that organizations wrote about the person stay theirs.

    Raises ActionError for an empty name.
    """
    cleaned = names.clean(name)
    if not cleaned:
        raise ActionError(_("Write your name."), "name")
    user.name = cleaned
    user.save(update_fields=["name"])
    return user


def choose_mail(*, user: User, course: bool, program: bool, by: User | None) -> User:
    """Say which mails the account wants besides those about itself: of courses, of programs."""
    user.wants_course_mail, user.wants_program_mail = course, program
    user.save(update_fields=["wants_course_mail", "wants_program_mail"])
    return user


def connect(*, one: User, other: User, by: User | None) -> User:
    """Make one account of two whose owner has proven both, and return the one that stays.

    That is the one with coursework, else the older: its password, name and primary address stay, so
    coursework never moves. Addresses, persons, memberships and roles of the other come to it; where both
    are persons of one organization these become one, and a seat held twice is given back once. Raises
    ActionError when both have coursework (`coursework`), one has no confirmed address (`unconfirmed`),
    or one is gone already (`connected`).
    """
    with transaction.atomic():
        # Accounts first, then persons, memberships, contracts: the order in which joining locks them.
        held = (
            User.objects.select_for_update().filter(pk__in=[one.pk, other.pk], is_active=True).order_by("pk")
        )
        accounts = list(held)
        if len(accounts) < 2:
            raise ActionError(_("These accounts are connected already."), code="connected")
        _refuse_unconfirmed(accounts)
        people = list(Person.objects.select_for_update().filter(user__in=accounts).order_by("pk"))
        list(Membership.objects.select_for_update(no_key=True).filter(person__in=people).order_by("pk"))
        keep, gone = _which_stays(accounts)
        for person in people:
            if person.user_id == gone.pk:
                _move_person(person, keep, by)
        _move_roles(keep, gone, by)
        _move_jobs(keep, gone)
        statements.move(gone=gone, keep=keep, by=by)
        _move_addresses(keep, gone)
        gone.delete()
        facts = {"user": keep, "timestamp": timezone.now(), "to_email": gone.email}
        queue_account_mail(template="account/email/email_added", recipient=keep.email, context=facts)
        return keep


def erase(*, user: User, by: User | None) -> Pseudonym:
    """End an account for good: its owner becomes "Erased person 123" wherever their name or address stood.

    Memberships are removed and give back their licences, courses end; what organizations wrote about the
    person is emptied, their figures and coursework stay. Addresses and roles are deleted; audit log, mail
    log and files of finished imports show the pseudonym, which is returned. Where a new invitation is needed
    to come back, a digest of the addresses is kept that nobody can read them from. The account's row stays
    without name, address and password, so that nobody can sign in to it and figures still have someone to
    belong to. Invitations to an address that nobody joined with stay: they are the organization's. Raises
    ActionError when an organization would be left without administrator (`last_admin`) or the account is
    closed already.
    """
    with transaction.atomic():
        # Organizations first, as granting a role does, so that two last administrators find each other.
        works = RoleGrant.objects.filter(user=user).values("organization")
        list(Organization.objects.select_for_update(no_key=True).filter(pk__in=works).order_by("pk"))
        held = User.objects.select_for_update().filter(pk=user.pk, is_active=True).first()
        if held is None:
            raise ActionError(_("This account is closed already."), code="closed")
        _refuse_last_admin(held)
        people = Person.objects.select_for_update().filter(user=held).select_related(None).order_by("pk")
        persons = {person.organization_id: person for person in people}
        pseudonym = _pseudonym(held, list(persons.values()))
        about = models.Q(target_type=User._meta.label_lower, target_id=held.pk)
        entered = AuditEvent.objects.filter(models.Q(actor=held) | about).values("organization")
        concerned = Organization.objects.filter(
            models.Q(pk__in=list(persons)) | models.Q(pk__in=works) | models.Q(pk__in=entered)
        ).order_by("pk")
        organizations = list(concerned)
        for organization in organizations:
            _erase_in(organization, persons.get(organization.pk), held, pseudonym, by)
        pseudonyms.cover_mail_log(organizations=organizations, pseudonym=pseudonym, by=by)
        EmailAddress.objects.filter(user=held).delete()
        held.name, held.email, held.is_active = pseudonym.name, pseudonym.email, False
        held.wants_course_mail = held.wants_program_mail = False
        # Ends every session as well: they are bound to the password.
        held.set_unusable_password()
        held.save()
        return pseudonym


def _refuse_last_admin(user: User) -> None:
    orphaned = queries.orphaned(user)
    if orphaned:
        text = _(
            "You are the only administrator of %(organizations)s. Make someone else an administrator there "
            "first, then delete your account."
        )
        listed = ", ".join(organization.name for organization in orphaned)
        raise ActionError(text % {"organizations": listed}, code="last_admin")


def _pseudonym(user: User, people: Sequence[Person]) -> Pseudonym:
    """Covers only addresses that are proven to be theirs, or an address could be erased by claiming it."""
    confirmed = EmailAddress.objects.filter(user=user, verified=True).values_list("email", flat=True)
    return Pseudonym(
        name=_("Erased person %(number)s") % {"number": user.pk},
        email=ERASED_EMAIL % user.pk,
        names=frozenset({user.name, *(person.name for person in people)} - {""}),
        addresses=frozenset({*confirmed, *(person.email for person in people)}),
    )


def _erase_in(
    organization: Organization, person: Person | None, user: User, pseudonym: Pseudonym, by: User | None
) -> None:
    """Erase the person from one organization and leave the entry that says so."""
    with org_transaction(organization):
        labels = {(User._meta.label_lower, user.pk): pseudonym.name}
        licences = 0
        if person is not None:
            _bar(organization, person, pseudonym)
            licences = _end_memberships(organization, person, by)
            _empty(person, pseudonym)
            labels[Person._meta.label_lower, person.pk] = str(person)
            rows = Membership.objects.filter(person=person).select_related("person", "program")
            labels |= {(Membership._meta.label_lower, row.pk): str(row) for row in rows}
        _cover_traces(organization, pseudonym)
        statements.cover(organization=organization, user=user, pseudonym=pseudonym, by=by)
        entries = pseudonyms.cover_audit_log(
            organization=organization,
            user=user,
            pseudonym=pseudonym,
            labels=labels,
            private=("name", "email", *merging.PROFILE),
            by=by,
        )
        roles, _kinds = RoleGrant.objects.filter(user=user, organization=organization).delete()
        record(
            by=by,
            by_label=pseudonym.label if by is not None and by.pk == user.pk else "",
            organization=organization,
            verb="person.erased",
            target=person or User(pk=user.pk, name=pseudonym.name),
            after={"licences": licences, "roles": roles, "entries": entries},
        )


def _bar(organization: Organization, person: Person, pseudonym: Pseudonym) -> None:
    """Whoever was removed and needs a new invitation does not get round that by deleting the account."""
    programs = Membership.objects.filter(person=person, state=State.REMOVED, allow_return=False)
    BarredAddress.objects.bulk_create(
        (
            BarredAddress(organization=organization, program_id=program, digest=joining.bar_digest(email))
            for program in programs.values_list("program", flat=True)
            for email in sorted(map(emails.normalize, pseudonym.addresses))
        ),
        ignore_conflicts=True,
    )


def _end_memberships(organization: Organization, person: Person, by: User | None) -> int:
    rows = Membership.objects.select_for_update(no_key=True).filter(person=person).order_by("pk")
    open_rows = [row for row in rows if row.state != State.REMOVED]
    now = timezone.now()
    Membership.objects.filter(pk__in=[row.pk for row in open_rows]).update(
        state=State.REMOVED, removed_at=now
    )
    # Nobody comes back as an erased person.
    Membership.objects.filter(person=person).update(allow_return=False)
    members = [row for row in open_rows if row.state == State.MEMBER]
    enrollments.audit(memberships=[row.pk for row in members], at=now, reason=Left.PROGRAM, by=by)
    return give_back(organization, members, LicenceLedger.Reason.REMOVED)


def _empty(person: Person, pseudonym: Pseudonym) -> None:
    for field in merging.PROFILE:
        setattr(person, field, "")
    person.name, person.email, person.user, person.extra = pseudonym.name, pseudonym.email, None, {}
    person.sort_name = names.sort_name(person.name)
    person.search = names.search(person.name, person.email, "")
    person.save()
    Membership.objects.filter(person=person).update(sort_name=person.sort_name)


def _cover_traces(organization: Organization, pseudonym: Pseudonym) -> None:
    """What is left of an address in lists of refusals and in the files of imports that are over."""
    TurnedAway.objects.filter(organization=organization, email__in=pseudonym.addresses).delete()
    ImportRow.objects.filter(
        job__organization=organization, job__state__in=CLOSED_JOBS, email__in=pseudonym.addresses
    ).update(
        raw_name=pseudonym.name,
        raw_email=pseudonym.email,
        name=pseudonym.name,
        email=pseudonym.email,
        sort_name=names.sort_name(pseudonym.name),
        search=names.search(pseudonym.name, pseudonym.email, ""),
        external_id="",
    )


def _refuse_unconfirmed(accounts: list[User]) -> None:
    for user in accounts:
        if not EmailAddress.objects.filter(user=user, verified=True).exists():
            text = _(
                "%(email)s is not confirmed yet. Sign in with it once and open the link that we mail you."
            )
            raise ActionError(text % {"email": user.email}, "email", code="unconfirmed")


def _which_stays(accounts: list[User]) -> tuple[User, User]:
    first, second = sorted(accounts, key=lambda user: (user.date_joined, user.pk))
    has_work = [queries.has_coursework(user) for user in (first, second)]
    if all(has_work):
        raise ActionError(
            _(
                "Both accounts have courses of their own. Two sets of progress and certificates cannot be "
                "made one without losing some of it, so both accounts stay as they are."
            ),
            code="coursework",
        )
    return (second, first) if has_work[1] else (first, second)


def _move_person(person: Person, keep: User, by: User | None) -> None:
    with org_transaction(person.organization):
        twin = Person.objects.filter(organization=person.organization_id, user=keep).first()
        if twin is not None:
            merging.merge(keep=twin, gone=person, primary=keep.email, by=by)
        else:
            person.user = keep
            person.save(update_fields=["user"])


def _move_roles(keep: User, gone: User, by: User | None) -> None:
    # Org admins first: who is one needs no role in a single program besides.
    grants = RoleGrant.objects.filter(user=gone).select_related("organization")
    for grant in grants.order_by("organization", "role", "pk"):
        with org_transaction(grant.organization):
            held = RoleGrant.objects.filter(user=keep, organization=grant.organization_id)
            if held.filter(models.Q(role=Role.ORG_ADMIN) | models.Q(program=grant.program_id)).exists():
                grant.delete()
            else:
                grant.user = keep
                grant.save(update_fields=["user"])
                if grant.role == Role.ORG_ADMIN:
                    held.exclude(pk=grant.pk).delete()
            record(
                by=by,
                by_label=str(keep) if by is not None and by.pk in (keep.pk, gone.pk) else "",
                organization=grant.organization,
                verb="admin.connected",
                target=keep,
                program_id=grant.program_id,
                before={"email": gone.email},
                after={"email": keep.email},
            )


def _move_jobs(keep: User, gone: User) -> None:
    """What the account asked for is its successor's, whatever kinds of jobs there are."""
    for field in User._meta.get_fields(include_hidden=True):
        if isinstance(field, models.ManyToOneRel) and issubclass(field.related_model, Job):
            name = field.field.name
            field.related_model._default_manager.filter(**{name: gone}).update(**{name: keep})


def _move_addresses(keep: User, gone: User) -> None:
    # An address that one account had begun and the other confirmed is kept once, confirmed.
    for row in EmailAddress.objects.filter(user=gone):
        twin = EmailAddress.objects.filter(user=keep, email=row.email)
        if twin.exists() and not row.verified:
            row.delete()
        else:
            twin.delete()
            EmailAddress.objects.filter(pk=row.pk).update(user=keep, primary=False)
