from learners.people.models import (
    ImportRow,
    Invitation,
    InviteImport,
    LicenceLedger,
    Membership,
    Person,
    TurnedAway,
)

__all__ = ["ImportRow", "Invitation", "InviteImport", "LicenceLedger", "Membership", "Person", "TurnedAway"]
