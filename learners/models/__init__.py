from learners.people.models import (
    ImportRow,
    ImportUndo,
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
    "ImportUndo",
    "Invitation",
    "InvitationResend",
    "InviteImport",
    "LicenceLedger",
    "Membership",
    "MembershipRemoval",
    "Person",
    "TurnedAway",
]
