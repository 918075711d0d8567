from django.conf import settings
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from orgs.models import TenantModel

NAME_MAX = 200
EXTERNAL_ID_MAX = 120
# The shortest of the fields of the profile.
PROFILE_MAX = 200


class Person(TenantModel):
    """A human in one organization; `user` is empty until they join.

    `email`, `sort_name` and `search` are lower-cased once in Python (`learners.people.names`); SQL
    never lowers, since the two differ.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="people", db_index=False
    )
    email = models.CharField(_("e-mail"), max_length=254)
    name = models.CharField(_("full name"), max_length=NAME_MAX)
    sort_name = models.CharField(max_length=NAME_MAX * 2)
    search = models.TextField()
    external_id = models.CharField(
        _("External ID"), max_length=EXTERNAL_ID_MAX, default="", db_default="", blank=True
    )
    manager_name = models.CharField(
        _("Manager Name"), max_length=NAME_MAX, default="", db_default="", blank=True
    )
    manager_email = models.CharField(
        _("Manager Email"), max_length=254, default="", db_default="", blank=True
    )
    job_title = models.CharField(_("Job Title"), max_length=200, default="", db_default="", blank=True)
    job_type = models.CharField(_("Job Type"), max_length=200, default="", db_default="", blank=True)
    business_unit = models.CharField(
        _("Business Unit"), max_length=200, default="", db_default="", blank=True
    )
    business_unit_2 = models.CharField(
        _("Business Unit 2"), max_length=200, default="", db_default="", blank=True
    )
    location_city = models.CharField(
        _("Location City"), max_length=200, default="", db_default="", blank=True
    )
    location_country = models.CharField(
        _("Location Country"), max_length=200, default="", db_default="", blank=True
    )
    location_region = models.CharField(
        _("Location Region"), max_length=200, default="", db_default="", blank=True
    )
    extra = models.JSONField(default=dict, db_default=models.Value({}, models.JSONField()))
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            # The selective column first: an index that begins with a new organization would be walked
            # for each imported line, since the statistics do not know the organization yet.
            models.UniqueConstraint(fields=["email", "organization"], name="person_email_once"),
            models.UniqueConstraint(
                fields=["organization", "user"], condition=Q(user__isnull=False), name="person_user_once"
            ),
        ]
        indexes = [
            models.Index(fields=["user"], condition=Q(user__isnull=False), name="person_by_user"),
            models.Index(fields=["organization", "sort_name", "id"], name="person_by_name"),
            models.Index(
                fields=["external_id", "organization"],
                condition=~Q(external_id=""),
                name="person_by_external_id",
            ),
            GinIndex(F("organization"), OpClass(F("search"), "gin_trgm_ops"), name="person_search"),
        ]

    def __str__(self) -> str:
        return f"{self.name} <{self.email}>"
