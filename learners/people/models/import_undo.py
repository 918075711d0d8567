from datetime import timedelta
from typing import ClassVar

from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from orgs.models import Job


class ImportUndo(Job):
    """The withdrawal of what is still open of one import: `total` were open when it was asked for.

    The cursor is the last invitation worked on, `done` how many were withdrawn. An import has one that did
    not fail.
    """

    TASK: ClassVar[str] = "learners.undo_import"
    QUEUE: ClassVar[str] = "bulk"
    # So long after an import has ended it may be undone.
    WITHIN: ClassVar[timedelta] = timedelta(days=7)

    undone = models.ForeignKey(
        "learners.InviteImport", on_delete=models.CASCADE, related_name="undos", db_index=False
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["undone"], condition=~models.Q(state="failed"), name="import_undone_once"
            )
        ]
        indexes = [models.Index(fields=["undone", "-id"], name="import_undo_by_import")]

    def __str__(self) -> str:
        return f"undo {self.pk}"

    @property
    def headline(self) -> str:
        """What is going on, for the progress row."""
        if self.state == self.State.FAILED:
            return _("Undoing has stopped")
        if self.state == self.State.DONE:
            text = ngettext("%(n)s invitation was withdrawn", "%(n)s invitations were withdrawn", self.done)
            return text % {"n": f"{self.done:,}"}
        text = ngettext("Withdrawing %(n)s invitation", "Withdrawing %(n)s invitations", self.total)
        return text % {"n": f"{self.total:,}"}
