"""Acts on more people than one request should wait for: the filter is kept, not a list of ids."""

from typing import ClassVar

from django.db import models

from orgs.models import Job


class MembershipJob(Job):
    """What was asked for the people of one program that a status and a search meant at that moment.

    `total` is how many those were; the cursor is the last membership worked on. Whoever came into the
    list after `created_at` is left alone.
    """

    QUEUE: ClassVar[str] = "bulk"

    program = models.ForeignKey(
        "programs.Program", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    status = models.CharField(max_length=20)
    search = models.CharField(max_length=200, blank=True)

    class Meta:
        abstract = True


class MembershipRemoval(MembershipJob):
    """Members or invitees to be taken out of a program."""

    TASK: ClassVar[str] = "learners.remove_memberships"

    allow_return = models.BooleanField(default=False)

    class Meta:
        indexes = [models.Index(fields=["program", "-created_at"], name="removal_by_program")]

    def __str__(self) -> str:
        return f"removal {self.pk}"


class InvitationResend(MembershipJob):
    """Invitees who get their mail again. With `spare_recent` those mailed within the last 24 hours do not."""

    TASK: ClassVar[str] = "learners.resend_invitations"

    spare_recent = models.BooleanField(default=True)

    class Meta:
        indexes = [models.Index(fields=["program", "-created_at"], name="resend_by_program")]

    def __str__(self) -> str:
        return f"resend {self.pk}"
