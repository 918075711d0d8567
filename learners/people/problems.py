"""Why a row cannot be used, in the words of the preview, the form and the downloaded file."""

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from config.lib import emails
from learners.people.columns import TITLES
from learners.people.imports import Problem
from learners.people.models import ImportRow, Membership
from learners.people.models.person import EXTERNAL_ID_MAX, NAME_MAX, PROFILE_MAX
from programs.models import Contract, Program

# What the rows that cannot be used are filtered by; four kinds of "too long" are one.
REASONS: dict[str, tuple[str | Promise, tuple[str, ...]]] = {
    "address": (gettext_lazy("Address is not valid"), (Problem.EMAIL_INVALID,)),
    "no_address": (gettext_lazy("Address is missing"), (Problem.EMAIL_MISSING,)),
    "twice": (gettext_lazy("Twice in this file"), (Problem.DUPLICATE,)),
    "no_name": (gettext_lazy("Name is missing"), (Problem.NAME_MISSING,)),
    "long": (
        gettext_lazy("Too long"),
        (Problem.NAME_LONG, Problem.EMAIL_LONG, Problem.EXTERNAL_ID_LONG, Problem.PROFILE_LONG),
    ),
}
FIELDS = {
    Problem.NAME_MISSING: "name",
    Problem.NAME_LONG: "name",
    Problem.EXTERNAL_ID_LONG: "external_id",
}


@dataclass(frozen=True)
class Marked:
    """A value in three parts, the middle one being what is wrong with it."""

    before: str
    wrong: str
    after: str


def sentence(problem: str, detail: str, email: str) -> str:
    """The reason as one sentence; `email` is the address as typed. Dates are in the reader's time zone."""
    match problem:
        case Problem.EMAIL_MISSING:
            return _("Address is missing.")
        case Problem.EMAIL_INVALID:
            return _("Address is not valid: %(reason)s.") % {"reason": _fault(detail, email)}
        case Problem.NAME_MISSING:
            return _("Name is missing.")
        case Problem.NAME_LONG:
            return _("Name is too long: %(count)s characters, at most %(most)s.") % _lengths(detail, NAME_MAX)
        case Problem.EMAIL_LONG:
            return _("Address is too long: %(count)s characters, at most %(most)s.") % _lengths(
                detail, emails.MAX_LENGTH
            )
        case Problem.EXTERNAL_ID_LONG:
            return _("External ID is too long: %(count)s characters, at most %(most)s.") % _lengths(
                detail, EXTERNAL_ID_MAX
            )
        case Problem.PROFILE_LONG:
            field_name, _colon, count = detail.partition(":")
            text = _("%(column)s is too long: %(count)s characters, at most %(most)s.")
            return text % {"column": TITLES[field_name], **_lengths(count, PROFILE_MAX)}
        case Problem.DUPLICATE:
            line = f"{int(detail):,}"
            return _("Twice in this file: the same address is on line %(line)s.") % {"line": line}
        case Problem.INVITED:
            return _("Already invited on %(day)s, not joined yet.") % {"day": _day(detail)}
        case Problem.MISTYPED:
            return _("Looks mistyped: did you mean %(domain)s?") % {"domain": detail}
        case Problem.MEMBER:
            return _("Already a member since %(day)s.") % {"day": _day(detail)}
    raise ValueError(problem)


def removal(removed: str, day: str) -> str:
    """How a person who was in the program has left it, as one sentence."""
    if removed == ImportRow.Removed.MAY_RETURN:
        return _("Removed on %(day)s, may rejoin without an invitation.") % {"day": _day(day)}
    return _("Removed on %(day)s, a new invitation is required.") % {"day": _day(day)}


def standing(membership: Membership) -> str:
    """The same sentence for someone who is in the program already; empty when they may be invited."""
    if membership.state == Membership.State.MEMBER and membership.joined_at:
        return sentence(Problem.MEMBER, membership.joined_at.isoformat(), "")
    if membership.state == Membership.State.INVITED:
        return sentence(Problem.INVITED, membership.invited_at.isoformat(), "")
    return ""


def refusal(program: Program, contract: Contract) -> str:
    """Why nobody can be invited to this program under this contract; empty when somebody can."""
    if not program.is_active:
        return _("%(program)s was removed, so nobody can be invited to it.") % {"program": program}
    if contract.organization_id != program.organization_id:
        return _("This contract is not there any more. Choose another.")
    if contract.ends_on < contract.today:
        return _(
            "%(contract)s ended on %(day)s and takes no new members. Choose a contract that still runs."
        ) % {"contract": contract, "day": date_format(contract.ends_on, "DATE_FORMAT")}
    return ""


def field(problem: str) -> str:
    """The form field that the problem concerns."""
    return FIELDS.get(Problem(problem), "email")


def marked(problem: str, detail: str, email: str) -> Marked:
    """The address with the part in it that is wrong."""
    start, end = _span(detail, email) if problem == Problem.EMAIL_INVALID else (0, 0)
    if problem == Problem.MISTYPED:
        start, end = email.find("@") + 1, len(email)
    return Marked(email[:start], email[start:end], email[end:])


def _fault(code: str, email: str) -> str:
    address = emails.normalize(email)
    local, _at, domain = address.partition("@")
    match code:
        case "comma" if "," in domain and " " not in domain:
            return _("there is a comma where a dot belongs")
        case "comma":
            return _("there is a comma in it") if "," in address else _("there is a semicolon in it")
        case "local" if " " in local:
            return _("there is a space in it")
        case "local" if len(local) > 64:
            return _("more than 64 characters stand before the @")
    return str(FAULTS[code])


FAULTS = {
    "no_at": gettext_lazy("there is no @ in it"),
    "two_ats": gettext_lazy("there is more than one @ in it"),
    "no_local": gettext_lazy("nothing stands before the @"),
    "no_domain": gettext_lazy("nothing follows the @"),
    "local": gettext_lazy("there is a character in it that no address has"),
    "dots": gettext_lazy("there is a dot too many before the @"),
    "no_ending": gettext_lazy("its domain has no ending such as .com"),
    "domain": gettext_lazy("what follows the @ is not a domain"),
}


def _span(code: str, email: str) -> tuple[int, int]:
    at = email.find("@")
    match code:
        case "no_at":
            return 0, len(email)
        case "two_ats":
            return (second := email.find("@", at + 1)), second + 1
        case "no_local" | "no_domain":
            return at, at + 1
        case "comma":
            return (place := next(i for i, sign in enumerate(email) if sign in ",;")), place + 1
        case "dots":
            return _dots(email, at)
        case "local":
            wrong = next((i for i in range(at) if not emails.LOCAL.fullmatch(email[i])), None)
            return (0, at) if wrong is None else (wrong, wrong + 1)
    return at + 1, len(email)


def _dots(email: str, at: int) -> tuple[int, int]:
    if email.startswith("."):
        return 0, 1
    double = email.find("..", 0, at)
    return (double, double + 2) if double >= 0 else (at - 1, at)


def _lengths(count: str, most: int) -> dict[str, str]:
    return {"count": f"{int(count):,}", "most": f"{most:,}"}


def _day(moment: str) -> str:
    return date_format(timezone.localtime(datetime.fromisoformat(moment)), "DATE_FORMAT")
