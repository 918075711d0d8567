from learners.people.models.barred_address import BarredAddress
from learners.people.models.column_mapping import ColumnMapping, ImportFile
from learners.people.models.import_row import ImportRow
from learners.people.models.import_undo import ImportUndo
from learners.people.models.invitation import Invitation
from learners.people.models.invite_import import InviteImport
from learners.people.models.licence_ledger import LicenceLedger
from learners.people.models.membership import Membership
from learners.people.models.membership_job import InvitationResend, MembershipJob, MembershipRemoval
from learners.people.models.person import Person
from learners.people.models.program_removal import ProgramRemoval
from learners.people.models.turned_away import TurnedAway

__all__ = [
    "BarredAddress",
    "ColumnMapping",
    "ImportFile",
    "ImportRow",
    "ImportUndo",
    "Invitation",
    "InvitationResend",
    "InviteImport",
    "LicenceLedger",
    "Membership",
    "MembershipJob",
    "MembershipRemoval",
    "Person",
    "ProgramRemoval",
    "TurnedAway",
]
