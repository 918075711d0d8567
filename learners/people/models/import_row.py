from django.db import models


class ImportRow(models.Model):
    """One line of an uploaded file, staged by COPY: as it was typed, as it will be used, and what is wrong.

    Outside the wall, since COPY cannot pass row security; reached only through its import.
    """

    class Removed(models.TextChoices):
        """How a person who was in the program has left it."""

        FOR_GOOD = "for_good", "until invited again"
        MAY_RETURN = "may_return", "free to come back"

    pk = models.CompositePrimaryKey("job_id", "line")
    job = models.ForeignKey(
        "learners.InviteImport", on_delete=models.CASCADE, related_name="staged", db_index=False
    )
    line = models.PositiveIntegerField()
    raw_name = models.TextField()
    raw_email = models.TextField()
    name = models.TextField()
    email = models.TextField()
    sort_name = models.TextField()
    search = models.TextField()
    external_id = models.TextField()
    profile = models.JSONField(
        default=dict, db_default=models.Value({}, models.JSONField()), help_text="fields of the person"
    )
    problem = models.CharField(max_length=20, default="", db_default="")
    detail = models.CharField(
        max_length=300, default="", db_default="", help_text="what the reason speaks of: a line, a date"
    )
    removed = models.CharField(
        max_length=10,
        choices=Removed.choices,
        default="",
        db_default="",
        help_text="how, if at all",
    )

    class Meta:
        indexes = [
            models.Index(fields=["job", "line"], condition=~models.Q(problem=""), name="import_row_problems")
        ]

    def __str__(self) -> str:
        return f"line {self.line}"
