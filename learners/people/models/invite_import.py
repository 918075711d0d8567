from typing import ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext as _

from config.lib import csvin
from config.lib.xlsxin import Sheet
from learners.people.models.import_undo import ImportUndo
from orgs.models import Job


class InviteImport(Job):
    """A file of people to invite to one program under one contract: staged, previewed, then worked off.

    `draft` while it is previewed; `total` counts the lines that are worked on once it is started and the
    cursor is the last of them that was. `problems` are the rows that cannot be used as they are. What was
    chosen at the start is in `chose_…` (`learners.people.choices`); `left_out` counts the rows of each
    class that stay out by it. The staged rows are kept for a while after the end, so that each class can
    still be downloaded.
    """

    TASK: ClassVar[str] = "learners.import_invitations"
    QUEUE: ClassVar[str] = "bulk"

    program = models.ForeignKey(
        "programs.Program", on_delete=models.PROTECT, related_name="imports", db_index=False
    )
    contract = models.ForeignKey("programs.Contract", on_delete=models.PROTECT, related_name="+")
    file_name = models.CharField(max_length=255)
    file_size = models.PositiveIntegerField(help_text="bytes")
    encoding = models.CharField(max_length=20)
    rows = models.PositiveIntegerField(default=0)
    problems = models.PositiveIntegerField(default=0)
    new_external_ids = models.PositiveIntegerField(
        default=0, help_text="usable rows that bring one to someone without"
    )
    chose_again = models.BooleanField(default=True, db_default=True)
    chose_beyond_seats = models.BooleanField(default=True, db_default=True)
    chose_mistyped = models.BooleanField(default=False, db_default=False)
    chose_resend = models.BooleanField(default=False, db_default=False)
    chose_recent = models.BooleanField(default=False, db_default=False)
    last_line = models.PositiveIntegerField(null=True, help_text="nobody is invited from the lines after it")
    left_out = models.JSONField(default=dict, db_default=models.Value({}, models.JSONField()))
    invited = models.PositiveIntegerField(default=0, db_default=0, help_text="also those invited again")
    reinvited = models.PositiveIntegerField(default=0, db_default=0, help_text="of the invited")
    resent = models.PositiveIntegerField(default=0, db_default=0)
    spared = models.PositiveIntegerField(default=0, db_default=0, help_text="mailed too recently")
    sends_mail = models.BooleanField(default=True)

    class Meta:
        indexes = [models.Index(fields=["program", "-created_at"], name="invite_import_by_program")]

    def __str__(self) -> str:
        return self.file_name

    @property
    def encoding_name(self) -> str:
        """The encoding of the file as people know it; a workbook has none that one could choose."""
        if self.encoding == Sheet.encoding:
            return _("Excel workbook")
        return csvin.NAMES.get(self.encoding, self.encoding)

    @property
    def unused(self) -> int:
        """The rows that are left out, by what is wrong with them or by choice."""
        return self.problems if self.state == self.State.DRAFT else self.rows - self.total

    @property
    def skipped(self) -> int:
        """The rows that were to be used and had nothing to do any more when their turn came."""
        return self.done - self.invited - self.resent - self.spared

    @property
    def unworked(self) -> int:
        """The rows that were to be used and that an import which stopped never came to."""
        return self.total - self.done

    @property
    def may_be_undone(self) -> bool:
        """Whether it invited somebody and ended so recently that this may be undone."""
        if self.is_open or self.finished_at is None:
            return False
        return self.invited > 0 and timezone.now() < self.finished_at + ImportUndo.WITHIN

    @property
    def headline(self) -> str:
        """What is going on, for the progress row."""
        match self.state:
            case self.State.DONE:
                return _("All rows were worked on")
            case self.State.FAILED | self.State.CANCELLED:
                return _("The import has stopped")
        return _("Inviting learners")
