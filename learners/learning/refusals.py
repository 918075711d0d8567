"""Why someone cannot enroll, and how it is said."""

from enum import StrEnum

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy, ngettext

from learners.people.models import Membership
from orgs.errors import ActionError


class Refusal(StrEnum):
    """What stands in the way of a place in a course or specialization."""

    NOT_A_MEMBER = "not_a_member"
    PROGRAM_REMOVED = "program_removed"
    NOT_IN_CATALOG = "not_in_catalog"
    ALREADY_ENROLLED = "already_enrolled"
    ALREADY_COMPLETED = "already_completed"
    NOT_OFFERED = "not_offered"
    NO_CONTENT = "no_content"
    SESSION_OVER = "session_over"
    NOT_STARTED = "not_started"
    ENDED = "ended"
    LIMIT = "limit"
    NO_CREDITS = "no_credits"


TEXTS: dict[Refusal, Promise] = {
    Refusal.NOT_A_MEMBER: gettext_lazy("Only members of %(program)s can enroll in its courses."),
    Refusal.PROGRAM_REMOVED: gettext_lazy("%(program)s has been closed, so nobody can enroll any more."),
    Refusal.NOT_IN_CATALOG: gettext_lazy("This is not in the catalog of %(program)s."),
    Refusal.ALREADY_ENROLLED: gettext_lazy("You are enrolled in this already."),
    Refusal.ALREADY_COMPLETED: gettext_lazy("You have completed this already."),
    Refusal.NOT_OFFERED: gettext_lazy("This is no longer offered, so nobody can enroll in it any more."),
    Refusal.NO_CONTENT: gettext_lazy("This course has nothing to learn yet. Try again later."),
    Refusal.SESSION_OVER: gettext_lazy("This class is over. Choose another date, or learn at your own pace."),
    Refusal.NOT_STARTED: gettext_lazy("Enrolling in %(program)s begins on %(starts)s."),
    Refusal.ENDED: gettext_lazy("Enrolling in %(program)s ended on %(ends)s. Your courses stay open."),
    Refusal.NO_CREDITS: gettext_lazy(
        "%(organization)s has used all course enrollments it bought. Ask your administrator for more."
    ),
}


def error_for(refusal: Refusal, membership: Membership) -> ActionError:
    """The error that says so to this member; its code is the refusal's value."""
    program, contract = membership.program, membership.contract
    values = {
        "program": program.name,
        "organization": program.organization.name,
        "starts": date_format(contract.starts_on),
        "ends": date_format(contract.ends_on),
    }
    if refusal == Refusal.LIMIT:
        limit = program.enrollment_limit or 0
        text = ngettext(
            "%(program)s allows %(limit)s course for each learner, and you have reached that.",
            "%(program)s allows %(limit)s courses for each learner, completed ones included, and you have "
            "reached that.",
            limit,
        )
        return ActionError(text % {**values, "limit": limit}, code=refusal)
    return ActionError(str(TEXTS[refusal]) % values, code=refusal)
