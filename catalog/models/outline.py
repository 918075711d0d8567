"""What a version of a course consists of: modules, lessons, items, and how graded items count."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from catalog.models.course import CourseVersion
from catalog.models.skill import Skill


class Module(models.Model):
    """A part of a course, about a week of work."""

    version = models.ForeignKey(CourseVersion, on_delete=models.CASCADE, related_name="modules")
    title = models.CharField(_("title"), max_length=250)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.title


class Lesson(models.Model):
    """A few items that belong together; taken when all its required items are completed."""

    module = models.ForeignKey(Module, on_delete=models.CASCADE, related_name="lessons")
    title = models.CharField(_("title"), max_length=250)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.title


class Item(models.Model):
    """One thing to do: watch, read, answer, hand in. `key` names it in every version of the course.

    `content` is what the player shows, by kind (catalog.content). `activity_iri` is how systems elsewhere
    name it.
    """

    class Kind(models.TextChoices):
        VIDEO = "video", _("Video")
        READING = "reading", _("Reading")
        PRACTICE_QUIZ = "practice_quiz", _("Practice quiz")
        GRADED_QUIZ = "graded_quiz", _("Graded quiz")
        ASSIGNMENT = "assignment", _("Assignment")
        DISCUSSION = "discussion", _("Discussion")

    GRADED = (Kind.GRADED_QUIZ, Kind.ASSIGNMENT)

    version = models.ForeignKey(CourseVersion, on_delete=models.CASCADE, related_name="items", db_index=False)
    lesson = models.ForeignKey(Lesson, on_delete=models.CASCADE, related_name="items")
    key = models.CharField(_("key"), max_length=120)
    kind = models.CharField(_("kind"), max_length=14, choices=Kind.choices)
    title = models.CharField(_("title"), max_length=250)
    position = models.PositiveSmallIntegerField(default=0)
    is_required = models.BooleanField(_("required"), default=True)
    seconds = models.PositiveIntegerField(_("estimated seconds"), default=0)
    activity_iri = models.CharField(_("activity IRI"), max_length=500, default="", blank=True)
    content = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ["position", "id"]
        constraints = [models.UniqueConstraint(fields=["version", "key"], name="item_key_once")]
        indexes = [models.Index(fields=["activity_iri"], condition=~Q(activity_iri=""), name="item_by_iri")]

    def __str__(self) -> str:
        return self.title

    @property
    def is_graded(self) -> bool:
        """Whether its score counts for the course grade."""
        return self.kind in self.GRADED


class Assessment(models.Model):
    """How an item is scored: its weight in the course grade, the score that passes, how often one may try.

    Practice quizzes have one too, of weight 0: their attempts are kept and never graded.
    """

    item = models.OneToOneField(Item, on_delete=models.CASCADE, primary_key=True, related_name="assessment")
    weight = models.FloatField(_("weight"), default=1, help_text=_("relative to the others of the course"))
    pass_mark = models.DecimalField(
        _("pass mark"), max_digits=5, decimal_places=2, default=60, help_text=_("0 to 100")
    )
    attempts = models.PositiveSmallIntegerField(
        _("attempts allowed"), null=True, blank=True, help_text=_("empty: no limit")
    )
    skills = models.ManyToManyField(Skill, through="AssessmentSkill", related_name="assessments")

    class Meta:
        constraints = [
            models.CheckConstraint(name="assessment_weight", condition=Q(weight__gte=0)),
            models.CheckConstraint(
                name="assessment_pass_mark", condition=Q(pass_mark__gte=0, pass_mark__lte=100)
            ),
            models.CheckConstraint(
                name="assessment_attempts", condition=Q(attempts=None) | Q(attempts__gt=0)
            ),
        ]

    def __str__(self) -> str:
        return str(self.item)


class AssessmentSkill(models.Model):
    """A skill that the assessment measures; weights sum to 1. Without any, the course's skills count."""

    assessment = models.ForeignKey(Assessment, on_delete=models.CASCADE, related_name="tags", db_index=False)
    skill = models.ForeignKey(Skill, on_delete=models.PROTECT, related_name="assessment_tags")
    weight = models.FloatField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["assessment", "skill"], name="assessment_skill_once"),
            models.CheckConstraint(name="assessment_skill_weight", condition=Q(weight__gt=0, weight__lte=1)),
        ]

    def __str__(self) -> str:
        return f"{self.assessment}: {self.skill}"
