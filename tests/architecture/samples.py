"""Rows whose keys stand in the addresses that the guards walk."""

from learners.models import InvitationResend, InviteImport, MembershipRemoval
from tests.factories import MembershipFactory


def build_samples(program, contract, requested_by) -> dict[str, object]:
    """A value for each URL argument of the admin pages: rows of this program, under this contract.

    `pk` is a finished import, `membership` an open invitation.
    """
    job = InviteImport.objects.create(
        organization=program.organization,
        program=program,
        contract=contract,
        requested_by=requested_by,
        file_name="people.csv",
        file_size=100,
        encoding="utf-8",
        state=InviteImport.State.DRAFT,
    )
    membership = MembershipFactory(program=program, contract=contract)
    asked = {"organization": program.organization, "program": program, "requested_by": requested_by}
    return {
        "org": program.organization.slug,
        "program": program.slug,
        "contract": contract.pk,
        "pk": job.pk,
        "membership": membership.pk,
        "removal": MembershipRemoval.objects.create(status="joined", **asked).pk,
        "resend": InvitationResend.objects.create(status="invited", **asked).pk,
    }
