from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower, Now
from django.utils.translation import gettext_lazy as _

from config.lib import domains
from orgs.models import TenantModel


class DomainRule(TenantModel):
    """Everyone with a confirmed address at this domain may join the program, under this contract.

    `domain` is the ASCII form that mail servers use, `shown` the same as people read it; both are made
    once, in `config.lib.domains`. A subdomain is a domain of its own.
    """

    program = models.ForeignKey(
        "programs.Program", on_delete=models.PROTECT, related_name="domain_rules", db_index=False
    )
    contract = models.ForeignKey("programs.Contract", on_delete=models.PROTECT, related_name="domain_rules")
    domain = models.CharField(_("domain"), max_length=domains.MAX_LENGTH)
    shown = models.CharField(max_length=domains.MAX_LENGTH)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["domain", "program"], name="domain_rule_once"),
            models.CheckConstraint(name="domain_rule_is_lower", condition=Q(domain=Lower("domain"))),
        ]
        indexes = [models.Index(fields=["program", "shown", "id"], name="domain_rule_by_name")]

    def __str__(self) -> str:
        return self.shown
