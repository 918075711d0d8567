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

    `draft` while it is previewed; `total` counts the usable lines once it is started and the cursor
    is the last line worked on. The staged rows are kept for a while after the end, so
    that the bad ones can still be downloaded.
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
    again = models.PositiveIntegerField(default=0, help_text="usable rows of people who were removed before")
    new_external_ids = models.PositiveIntegerField(
        default=0, help_text="usable rows that bring one to someone without"
    )
    invited = models.PositiveIntegerField(default=0, db_default=0)
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
