from orgs.models.audit_event import AuditEvent
from orgs.models.job import Job
from orgs.models.organization import Organization
from orgs.models.outbound_email import OutboundEmail
from orgs.models.role_grant import RoleGrant
from orgs.models.suppression import Suppression
from orgs.models.tenant import TenantModel
from orgs.models.user import User

__all__ = [
    "AuditEvent",
    "Job",
    "Organization",
    "OutboundEmail",
    "RoleGrant",
    "Suppression",
    "TenantModel",
    "User",
]
