from django.db import models
from django.utils.translation import gettext_lazy as _


class Partner(models.Model):
    """Who made a course: a university, a company, or the organization that runs the site."""

    slug = models.SlugField(_("slug"), max_length=80, unique=True)
    name = models.CharField(_("name"), max_length=200)

    class Meta:
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name
