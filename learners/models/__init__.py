from learners.people.models import (
    ColumnMapping,
    ImportFile,
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
    "ColumnMapping",
    "ImportFile",
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
