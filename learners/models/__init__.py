from learners.people.models import (
    ImportRow,
    Invitation,
    InvitationResend,
    InviteImport,
    LicenceLedger,
    Membership,
    MembershipRemoval,
    Person,
    TurnedAway,
)

__all__ = [
    "ImportRow",
    "Invitation",
    "InvitationResend",
    "InviteImport",
    "LicenceLedger",
    "Membership",
    "MembershipRemoval",
    "Person",
    "TurnedAway",
]
