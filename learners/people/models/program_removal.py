from typing import ClassVar

from django.db import models

from orgs.models import Job


class ProgramRemoval(Job):
    """What is left to do after a program was removed: everyone in it is taken out and told.

    `total` is how many members and invitees it had; `done` counts both, `cursor` the chunks.
    """

    TASK: ClassVar[str] = "learners.remove_program"
    QUEUE: ClassVar[str] = "bulk"

    program = models.OneToOneField("programs.Program", on_delete=models.PROTECT, related_name="removal")

    def __str__(self) -> str:
        return f"removal of {self.program}"
