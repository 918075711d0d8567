"""Programs come into being here; operators create them, nobody does so in the portal."""

from django.utils.translation import gettext as _

from orgs.audit import record
from orgs.errors import ActionError, refuse_address, refuse_different, refuse_invalid
from orgs.models import Organization, User
from orgs.tenancy import org_transaction
from programs.models import Program


def create(
    *, by: User | None, organization: Organization, slug: str, name: str, tagline: str | None = None
) -> tuple[Program, bool]:
    """Create a program; its slug is its public address, so it is unique on the whole platform.

    Returns it and whether it is new: asking again with the same values finds it and changes nothing.
    Raises ActionError for other values than it has, and when another organization has the address.
    """
    given = {"name": " ".join(name.split())}
    if tagline is not None:
        given["tagline"] = " ".join(tagline.split())
    taken = Program.objects.filter(slug=slug).select_related("organization").first()
    if taken and taken.organization_id != organization.pk:
        raise ActionError(
            _("The address “%(slug)s” belongs to a program of another organization.") % {"slug": slug}, "slug"
        )
    if taken:
        refuse_different(taken, given)
        return taken, False
    refuse_address(slug)
    with org_transaction(organization):
        program = Program(organization=organization, slug=slug, **given)
        refuse_invalid(program)
        program.save()
        record(
            by=by,
            organization=organization,
            verb="program.created",
            target=program,
            program_id=program.pk,
            after={"slug": slug, **given},
        )
    return program, True
