"""The skill tree: domains, their competencies, the skills in each. Data that operators can change."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Domain(models.Model):
    """Business, Computer Science, Data Science; `color` is what charts paint it with."""

    slug = models.SlugField(_("slug"), max_length=80, unique=True)
    name = models.CharField(_("name"), max_length=120)
    color = models.CharField(_("color"), max_length=7)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.name


class Competency(models.Model):
    """A field within a domain that several skills belong to."""

    domain = models.ForeignKey(Domain, on_delete=models.PROTECT, related_name="competencies")
    slug = models.SlugField(_("slug"), max_length=80, unique=True)
    name = models.CharField(_("name"), max_length=120)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "id"]
        verbose_name_plural = "competencies"

    def __str__(self) -> str:
        return self.name


class Skill(models.Model):
    """What courses teach and assessments measure."""

    competency = models.ForeignKey(Competency, on_delete=models.PROTECT, related_name="skills")
    slug = models.SlugField(_("slug"), max_length=80, unique=True)
    name = models.CharField(_("name"), max_length=120)
    definition = models.TextField(_("definition"))
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.name


class SubSkill(models.Model):
    """A part of a skill, named in the glossary; never scored by itself."""

    skill = models.ForeignKey(Skill, on_delete=models.CASCADE, related_name="sub_skills")
    name = models.CharField(_("name"), max_length=120)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "id"]
        constraints = [models.UniqueConstraint(fields=["skill", "name"], name="sub_skill_once")]

    def __str__(self) -> str:
        return self.name
