"""The mails of an account itself. allauth says when; these say what.

allauth hands over finished links, which would be secrets in the outbox. It keeps whom a mail is about
and what happened (`outbox.queue_account_mail`); the key in a link is made here, when the mail is sent.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from allauth.account import app_settings
from allauth.account.models import EmailAddress, EmailConfirmationHMAC
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from config.lib import emails
from orgs.mailing import Button, Mail, mail, site_url
from orgs.models import Organization, OutboundEmail, RoleGrant, User

Rows = Sequence[OutboundEmail]
SAMPLE_ADDRESS = "carol@acme.example"
SAMPLE_ORGANIZATION = Organization(name="Acme", slug="acme")
SAMPLE_FACTS = {
    "at": "2026-06-08T14:32:00+00:00",
    "ip": "203.0.113.7",
    "user_agent": "Firefox on Linux",
    "from_email": SAMPLE_ADDRESS,
    "to_email": "carol@home.example",
    "deleted_email": "carol@former.example",
}


def _sample_user() -> User:
    return User(pk=1, name="Carol Carlsson", email=SAMPLE_ADDRESS)


def _confirmation(name: str, address: str, key: str, *, signup: bool) -> Mail:
    days = app_settings.EMAIL_CONFIRMATION_EXPIRE_DAYS
    return Mail(
        subject=_("Confirm your e-mail address"),
        heading=_("Confirm your e-mail address"),
        preheader=_("One click, and %(address)s is yours on %(platform)s.") % _names(address),
        values={"name": name, "signup": signup},
        button=Button(
            _("Confirm this address"),
            site_url(reverse("account_confirm_email", args=[key])),
            ngettext(
                "Or paste this link into your browser. It works for a day:",
                "Or paste this link into your browser. It works for %(days)s days:",
                days,
            )
            % {"days": days},
        ),
        why=_("You get this because %(address)s was entered on %(platform)s.") % _names(address),
    )


def _confirmations(rows: Rows, *, signup: bool) -> list[Mail | None]:
    """For addresses that are still waiting to be confirmed."""
    found = EmailAddress.objects.filter(
        user__in=[row.data["user"] for row in rows], email__in=[row.recipient for row in rows], verified=False
    ).select_related("user")
    waiting = {(address.user_id, address.email): address for address in found}

    def compose(row: OutboundEmail) -> Mail | None:
        address = waiting.get((row.data["user"], row.recipient))
        if address is None:
            return None
        return _confirmation(
            address.user.name, row.recipient, EmailConfirmationHMAC(address).key, signup=signup
        )

    return [compose(row) for row in rows]


@mail(
    "account_email_confirmation_signup",
    gettext_lazy("Confirm the address of a new account"),
    samples=[lambda: _confirmation("Carol Carlsson", SAMPLE_ADDRESS, "example", signup=True)],
    template="account/email/email_confirmation",
)
def email_confirmation_signup(rows: Rows) -> list[Mail | None]:
    """After signing up. Not wanted once the address is verified or gone."""
    return _confirmations(rows, signup=True)


@mail(
    "account_email_confirmation",
    gettext_lazy("Confirm an added address"),
    samples=[lambda: _confirmation("Carol Carlsson", SAMPLE_ADDRESS, "example", signup=False)],
    template="account/email/email_confirmation",
)
def email_confirmation(rows: Rows) -> list[Mail | None]:
    """After adding an address to an account. Not wanted once the address is verified or gone."""
    return _confirmations(rows, signup=False)


def _password_reset(user: User, address: str, key: str) -> Mail:
    days = settings.PASSWORD_RESET_TIMEOUT // 86_400
    return Mail(
        subject=_("Set a new password"),
        heading=_("Set a new password"),
        preheader=_("Somebody asked to set a new password for your account."),
        values={"name": user.name},
        button=Button(
            _("Set a new password"),
            site_url(reverse("account_reset_password_from_key", args=[user_pk_to_url_str(user), key])),
            ngettext(
                "Or paste this link into your browser. It works once, for a day:",
                "Or paste this link into your browser. It works once, for %(days)s days:",
                days,
            )
            % {"days": days},
        ),
        why=_("You get this because a new password was asked for at %(platform)s for %(address)s.")
        % _names(address),
    )


@mail(
    "account_password_reset_key",
    gettext_lazy("Set a new password"),
    samples=[lambda: _password_reset(_sample_user(), SAMPLE_ADDRESS, "example")],
    template="account/email/password_reset_key",
)
def password_reset_key(rows: Rows) -> list[Mail | None]:
    """The link to a new password. Goes only to an address that is the account's at this moment."""
    accounts = User.objects.filter(is_active=True).in_bulk([row.data["user"] for row in rows])
    found = EmailAddress.objects.filter(user__in=accounts, email__in=[row.recipient for row in rows])
    owned = set(found.values_list("user_id", "email")) | {(user.pk, user.email) for user in accounts.values()}
    generator = app_settings.PASSWORD_RESET_TOKEN_GENERATOR()

    def compose(row: OutboundEmail) -> Mail | None:
        user = accounts.get(row.data["user"])
        if user is None or (user.pk, emails.normalize(row.recipient)) not in owned:
            return None
        return _password_reset(user, row.recipient, generator.make_token(user))

    return [compose(row) for row in rows]


def _unknown_account(address: str) -> Mail:
    return Mail(
        subject=_("There is no account with this address"),
        heading=_("There is no account with this address"),
        preheader=_("Perhaps your account has another address."),
        button=Button(_("Create an account"), site_url(reverse("account_signup"))),
        why=_("You get this because %(address)s was entered on %(platform)s.") % _names(address),
    )


@mail(
    "account_unknown_account",
    gettext_lazy("No account with this address"),
    samples=[lambda: _unknown_account(SAMPLE_ADDRESS)],
    template="account/email/unknown_account",
)
def unknown_account(rows: Rows) -> list[Mail | None]:
    """For an address at which somebody tried to sign in or to set a new password."""
    return [_unknown_account(row.recipient) for row in rows]


def _account_already_exists(address: str) -> Mail:
    return Mail(
        subject=_("You have an account already"),
        heading=_("You have an account already"),
        preheader=_("Sign in with this address."),
        values={"reset_url": site_url(reverse("account_reset_password"))},
        button=Button(_("Sign in"), site_url(reverse("account_login"))),
        why=_("You get this because %(address)s was entered on %(platform)s.") % _names(address),
    )


@mail(
    "account_account_already_exists",
    gettext_lazy("The account exists already"),
    samples=[lambda: _account_already_exists(SAMPLE_ADDRESS)],
    template="account/email/account_already_exists",
)
def account_already_exists(rows: Rows) -> list[Mail | None]:
    """For an address with which somebody tried to create a second account."""
    return [_account_already_exists(row.recipient) for row in rows]


def _notice(subject: str, happened: str, address: str, data: Mapping[str, Any]) -> Mail:
    """What changed, when and from where, and what to do if it was somebody else."""
    return Mail(
        subject=subject,
        heading=subject,
        preheader=happened,
        values={
            "happened": happened,
            "at": _moment(data.get("at")),
            "ip": data.get("ip", ""),
            "user_agent": data.get("user_agent", ""),
            "reset_url": site_url(reverse("account_reset_password")),
        },
        why=_("You get this because %(address)s belongs to an account on %(platform)s.") % _names(address),
    )


def _password_changed(address: str, data: Mapping[str, Any]) -> Mail:
    return _notice(
        _("Your password was changed"), _("The password of your account was changed."), address, data
    )


@mail(
    "account_password_changed",
    gettext_lazy("Password changed"),
    samples=[lambda: _password_changed(SAMPLE_ADDRESS, SAMPLE_FACTS)],
    template="account/email/notice",
)
def password_changed(rows: Rows) -> list[Mail | None]:
    """After the password was changed by someone who was signed in."""
    return [_password_changed(row.recipient, row.data) for row in rows]


def _password_set(address: str, data: Mapping[str, Any]) -> Mail:
    return _notice(_("Your account has a password"), _("A password was set for your account."), address, data)


@mail(
    "account_password_set",
    gettext_lazy("Password set"),
    samples=[lambda: _password_set(SAMPLE_ADDRESS, SAMPLE_FACTS)],
    template="account/email/notice",
)
def password_set(rows: Rows) -> list[Mail | None]:
    """After an account without a password was given one."""
    return [_password_set(row.recipient, row.data) for row in rows]


def _password_reset_done(address: str, data: Mapping[str, Any]) -> Mail:
    happened = _("A new password was set for your account through the link we mailed.")
    return _notice(_("Your password was changed"), happened, address, data)


@mail(
    "account_password_reset",
    gettext_lazy("New password set by link"),
    samples=[lambda: _password_reset_done(SAMPLE_ADDRESS, SAMPLE_FACTS)],
    template="account/email/notice",
)
def password_reset(rows: Rows) -> list[Mail | None]:
    """After a new password was set through the mailed link."""
    return [_password_reset_done(row.recipient, row.data) for row in rows]


def _email_changed(address: str, data: Mapping[str, Any]) -> Mail:
    happened = _("The main address of your account is now %(new)s instead of %(former)s.") % {
        "new": data.get("to_email", ""),
        "former": data.get("from_email", ""),
    }
    return _notice(_("Your main e-mail address was changed"), happened, address, data)


@mail(
    "account_email_changed",
    gettext_lazy("Main address changed"),
    samples=[lambda: _email_changed(SAMPLE_ADDRESS, SAMPLE_FACTS)],
    template="account/email/notice",
)
def email_changed(rows: Rows) -> list[Mail | None]:
    """To the former address, after another became the main one."""
    return [_email_changed(row.recipient, row.data) for row in rows]


def _email_added(address: str, data: Mapping[str, Any]) -> Mail:
    happened = _("The address %(address)s was added to your account. Whoever reads its mail can sign in.") % {
        "address": data.get("to_email", "")
    }
    return _notice(_("An e-mail address was added"), happened, address, data)


@mail(
    "account_email_added",
    gettext_lazy("Address added"),
    samples=[lambda: _email_added(SAMPLE_ADDRESS, SAMPLE_FACTS)],
    template="account/email/notice",
)
def email_added(rows: Rows) -> list[Mail | None]:
    """To the main address, after an invited address was connected to the account."""
    return [_email_added(row.recipient, row.data) for row in rows]


def _email_deleted(address: str, data: Mapping[str, Any]) -> Mail:
    happened = _("The address %(address)s was removed from your account.") % {
        "address": data.get("deleted_email", "")
    }
    return _notice(_("An e-mail address was removed"), happened, address, data)


@mail(
    "account_email_deleted",
    gettext_lazy("Address removed"),
    samples=[lambda: _email_deleted(SAMPLE_ADDRESS, SAMPLE_FACTS)],
    template="account/email/notice",
)
def email_deleted(rows: Rows) -> list[Mail | None]:
    """To the main address, after another address was taken off the account."""
    return [_email_deleted(row.recipient, row.data) for row in rows]


def _admin_added(name: str, address: str, organization: Organization, program: str) -> Mail:
    names = {"organization": organization.name, "program": program, "address": address}
    if program:
        title = _("You administer %(program)s now") % names
        why = _("You get this because %(address)s administers %(program)s of %(organization)s now.")
    else:
        title = _("You administer %(organization)s now") % names
        why = _("You get this because %(address)s administers %(organization)s now.")
    return Mail(
        subject=title,
        heading=title,
        preheader=_("See who joined, invite people, and keep an eye on your licences."),
        values={"name": name, "program": program, "address": address},
        button=Button(_("Open the administration"), site_url(reverse("home", args=[organization.slug]))),
        organization=organization,
        why=why % names,
    )


@mail(
    "admin_added",
    gettext_lazy("Administrator added"),
    samples=[
        lambda: _admin_added("Carol Carlsson", SAMPLE_ADDRESS, SAMPLE_ORGANIZATION, ""),
        lambda: _admin_added("Carol Carlsson", SAMPLE_ADDRESS, SAMPLE_ORGANIZATION, "English for Work"),
    ],
)
def admin_added(rows: Rows) -> list[Mail | None]:
    """To a new administrator. Not wanted once the role is withdrawn."""
    found = RoleGrant.objects.select_related("user", "organization", "program")
    grants = found.in_bulk([row.data["grant"] for row in rows])

    def compose(row: OutboundEmail) -> Mail | None:
        grant = grants.get(row.data["grant"])
        if grant is None or grant.organization_id != row.organization_id:
            return None
        program = str(grant.program) if grant.program_id else ""
        return _admin_added(grant.user.name, row.recipient, grant.organization, program)

    return [compose(row) for row in rows]


def _check() -> Mail:
    return Mail(
        subject=_("Test mail from %(platform)s") % {"platform": settings.PLATFORM_NAME},
        heading=_("Mail works"),
        preheader=_("The mail server takes what we send."),
        values={"sender": settings.DEFAULT_FROM_EMAIL},
        why=_("You get this because an operator of %(platform)s asked for a test mail.")
        % {"platform": settings.PLATFORM_NAME},
    )


@mail("check", gettext_lazy("Test mail"), samples=[_check])
def check(rows: Rows) -> list[Mail | None]:
    """For an operator who wants to see that mail arrives."""
    return [_check() for row in rows]


def _names(address: str) -> dict[str, str]:
    return {"address": address, "platform": settings.PLATFORM_NAME}


def _moment(value: str | None) -> str:
    moment: datetime | None = parse_datetime(value) if value else None
    return f"{date_format(moment, 'DATETIME_FORMAT')} UTC" if moment else ""
