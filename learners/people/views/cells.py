"""The cells of the list of people. Made here, since a loop in the template would take twice the time."""

from collections.abc import Callable

from django.utils.formats import number_format
from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from config.templatetags.ui import ago
from learners.people.models import Membership
from learners.people.queries.mail_states import NOT_MAILED, MailState
from learners.people.queries.members import Column, MemberPage

PILLS = {Membership.State.MEMBER: " pill-ok", Membership.State.INVITED: " pill-info"}
Show = Callable[[Membership], str]


def lines(page: MemberPage) -> list[tuple[Membership, SafeString]]:
    """Each row with its cells after the name, in the order of the columns."""
    shows = [_show(column, page) for column in page.columns if column.kind != "person"]
    return [(row, mark_safe("".join(show(row) for show in shows))) for row in page.rows]  # noqa: S308


def _show(column: Column, page: MemberPage) -> Show:
    """How the cells of one column are made; whatever a person typed is escaped there."""
    if column.kind == "date":
        return lambda row: f"<td>{ago(getattr(row, column.field))}</td>"
    if column.kind == "number":
        return lambda row: (
            f'<td class="n">{number_format(getattr(row, column.field), force_grouping=True)}</td>'
        )
    return {
        "contract": lambda row: _clipped(row.contract.name),
        "external_id": lambda row: _clipped(row.person.external_id or "–"),
        "mail": lambda row: _mail(row, page.mails.get(row.pk, NOT_MAILED)),
        "return": _yes_or_no(_("Yes"), _("No")),
        "status": _state,
    }[column.kind]


def _clipped(text: str) -> str:
    safe = escape(text)
    return f'<td class="clip" title="{safe}">{safe}</td>'


def _state(row: Membership) -> str:
    label = escape(row.get_state_display())
    return f'<td><span class="pill{PILLS.get(row.state, "")}">{label}</span></td>'  # type: ignore[call-overload]


def _mail(row: Membership, state: MailState) -> str:
    """What became of the latest mail, when, and the how manieth it was."""
    notes = [ago(state.at)] if state.at else []
    count = row.invitation.sent_count if hasattr(row, "invitation") else 0
    if count > 1:
        notes.append(_("%(n)s mails") % {"n": count})
    kind = f" pill-{state.kind}" if state.kind else ""
    pill = format_html('<span class="pill{}">{}</span>', kind, state.label)
    said = format_html_join(", ", "{}", ((note,) for note in notes))
    more = format_html(' <span class="muted">{}</span>', said) if notes else ""
    if not state.reason:
        return format_html("<td>{}{}</td>", pill, more)
    return format_html('<td class="wrap">{}{}<br><small>{}</small></td>', pill, more, state.reason)


def _yes_or_no(yes: str, no: str) -> Show:
    return lambda row: format_html("<td>{}</td>", yes if row.allow_return else no)
