from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from orgs.models import TenantModel


class Membership(TenantModel):
    """One person in one program: invited, member or removed. Occupies a licence while a member.

    The counters are what lists sort by; they move in the transaction of the enrollment that
    changes them. `sort_name` is copied from the person. The organization has no foreign key of its
    own: program and person have it, and `reconcile` compares them.
    """

    class State(models.TextChoices):
        INVITED = "invited", _("Invited")
        MEMBER = "member", _("Member")
        REMOVED = "removed", _("Removed")

    organization = models.ForeignKey(
        "orgs.Organization", on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    program = models.ForeignKey(
        "programs.Program", on_delete=models.PROTECT, related_name="memberships", db_index=False
    )
    person = models.ForeignKey(
        "learners.Person", on_delete=models.PROTECT, related_name="memberships", db_index=False
    )
    contract = models.ForeignKey(
        "programs.Contract", on_delete=models.PROTECT, related_name="memberships", db_index=False
    )
    state = models.CharField(max_length=10, choices=State.choices)
    sort_name = models.CharField(max_length=400)
    enrollments = models.PositiveIntegerField(default=0, db_default=0)
    current_enrollments = models.PositiveIntegerField(default=0, db_default=0)
    completions = models.PositiveIntegerField(default=0, db_default=0)
    invited_at = models.DateTimeField(db_default=Now())
    joined_at = models.DateTimeField(null=True)
    removed_at = models.DateTimeField(null=True)
    last_activity_at = models.DateTimeField(null=True)
    last_completion_at = models.DateTimeField(null=True)
    allow_return = models.BooleanField(default=False, db_default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person", "program"], name="membership_once"),
            models.CheckConstraint(
                name="member_has_joined",
                condition=~Q(state="member") | Q(joined_at__isnull=False, last_activity_at__isnull=False),
            ),
            models.CheckConstraint(
                name="removed_has_date", condition=~Q(state="removed") | Q(removed_at__isnull=False)
            ),
        ]
        indexes = [
            models.Index(fields=["program", "sort_name", "id"], name="membership_by_name"),
            models.Index(fields=["program", "-invited_at", "-id"], name="membership_by_invitation"),
            models.Index(fields=["contract", "state"], name="membership_by_contract"),
            models.Index(fields=["program", "state"], include=["organization"], name="membership_by_state"),
            models.Index(
                fields=["program", "-joined_at", "-id"], condition=Q(state="member"), name="member_by_join"
            ),
            models.Index(
                fields=["program", "-enrollments", "-id"],
                condition=Q(state="member"),
                name="member_by_enrollments",
            ),
            models.Index(
                fields=["program", "-completions", "-id"],
                condition=Q(state="member"),
                name="member_by_completions",
            ),
            models.Index(
                fields=["program", "-last_activity_at", "-id"],
                include=[
                    "organization",
                    "current_enrollments",
                    "enrollments",
                    "completions",
                    "last_completion_at",
                ],
                condition=Q(state="member"),
                name="member_by_activity",
            ),
            models.Index(
                fields=["program", "-removed_at", "-id"], condition=Q(state="removed"), name="removed_by_date"
            ),
            models.Index(
                fields=["program", "-last_completion_at"],
                condition=Q(last_completion_at__isnull=False),
                name="membership_by_completion",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person} in {self.program}"
