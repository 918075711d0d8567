from zoneinfo import ZoneInfo, available_timezones

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from config.lib import colors


def validate_timezone(value: str) -> None:
    """Refuse what is not a name of the IANA time zone database."""
    if value not in available_timezones():
        raise ValidationError(_("“%(value)s” is not a known time zone."), params={"value": value})


class SizeBand(models.TextChoices):
    TO_99 = "1-99", _("1 to 99 people")
    TO_999 = "100-999", _("100 to 999 people")
    TO_9999 = "1000-9999", _("1,000 to 9,999 people")
    FROM_10000 = "10000+", _("10,000 people or more")


class Organization(models.Model):
    """The tenant. Its slug is its address and never changes."""

    name = models.CharField(_("name"), max_length=120)
    slug = models.SlugField(_("slug"), max_length=60, unique=True)
    brand_color = models.CharField(
        _("brand colour"),
        max_length=7,
        default="#006466",
        validators=[RegexValidator(r"^#[0-9a-fA-F]{6}$", _("Write the colour as # and six hex digits."))],
    )
    industry = models.CharField(_("industry"), max_length=80, blank=True)
    country = models.CharField(_("country"), max_length=2, blank=True)
    size_band = models.CharField(_("size"), max_length=12, choices=SizeBand.choices, blank=True)
    timezone = models.CharField(_("time zone"), max_length=64, default="UTC", validators=[validate_timezone])
    # The invitation in its own words, both or none; see learners.people.wording.
    invitation_subject = models.CharField(
        _("subject of the invitation"), max_length=78, default="", db_default="", blank=True
    )
    invitation_message = models.TextField(_("text of the invitation"), default="", db_default="", blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> ZoneInfo:
        """The time zone in which this organization's people read times and count days."""
        return ZoneInfo(self.timezone)

    @property
    def brand_hue(self) -> float:
        return colors.hue_and_chroma(self.brand_color)[0]

    @property
    def brand_chroma(self) -> float:
        return colors.hue_and_chroma(self.brand_color)[1]
