"""The classes that the rows of a file fall into, and what an administrator chose to do with them.

Pure: knows no database. Every row is in exactly one class, so that their counts add up to the file.
"""

from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from learners.people.imports import Problem


class Kind(StrEnum):
    """A class of rows, in the order in which they are shown."""

    NEW = "new"
    REMOVED = "removed"
    OVER = "over"
    INVITED = "invited"
    MEMBER = "member"
    MISTYPED = "mistyped"
    UNUSABLE = "unusable"


LABELS: dict[str, str | Promise] = {
    Kind.NEW: _("New"),
    Kind.REMOVED: _("Removed before"),
    Kind.OVER: _("Over the seats"),
    Kind.INVITED: _("Already invited"),
    Kind.MEMBER: _("Already a member"),
    Kind.MISTYPED: _("Looks mistyped"),
    Kind.UNUSABLE: _("Cannot be used"),
}
BY_PROBLEM = {
    Problem.INVITED: Kind.INVITED,
    Problem.MEMBER: Kind.MEMBER,
    Problem.MISTYPED: Kind.MISTYPED,
}


@dataclass(frozen=True)
class Choices:
    """What happens to the classes about which there is a choice. Stored with the import, by these names.

    `again`: who was removed is invited again. `beyond_seats`: so is who comes after the seats that are
    left. `mistyped`: addresses that look mistyped are used as they are. `resend`: who is invited already
    gets the mail again, `recent` even if it went out within 24 hours.
    """

    again: bool = True
    beyond_seats: bool = True
    mistyped: bool = False
    resend: bool = False
    recent: bool = False

    @classmethod
    def of(cls, row: Any) -> "Choices":
        """Those of an import that was started."""
        return cls(**{field.name: getattr(row, f"chose_{field.name}") for field in fields(cls)})

    def stored(self) -> dict[str, bool]:
        """The values of the import's columns."""
        return {f"chose_{field.name}": getattr(self, field.name) for field in fields(self)}

    def is_candidate(self, problem: str, removed: str) -> bool:
        """Whether a row like this is invited while there are seats."""
        if problem:
            return problem == Problem.MISTYPED and self.mistyped
        return self.again or not removed

    def kind(self, problem: str, removed: str, *, is_beyond: bool) -> Kind:
        """The class of a row like this; `is_beyond` says that it comes after the seats that are left."""
        if is_beyond and self.is_candidate(problem, removed):
            return Kind.OVER
        if problem:
            return BY_PROBLEM.get(Problem(problem), Kind.UNUSABLE)
        return Kind.REMOVED if removed else Kind.NEW

    def invites(self, kind: Kind) -> bool:
        """Whether the people of this class are invited."""
        chosen = {Kind.REMOVED: self.again, Kind.OVER: self.beyond_seats, Kind.MISTYPED: self.mistyped}
        return kind == Kind.NEW or chosen.get(kind, False)

    def uses(self, kind: Kind) -> bool:
        """Whether anything happens to the people of this class."""
        return self.invites(kind) or (kind == Kind.INVITED and self.resend)


DEFAULT = Choices()
