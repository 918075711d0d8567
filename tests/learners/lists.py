"""People in every state, for tests of lists; and what a list shows."""

from tests.factories import InvitationFactory, MembershipFactory, PersonFactory


def join(program, contract, name, **fields):
    """A member by name; the address is made from the name."""
    email = fields.pop("email", f"{name.lower().replace(' ', '.')}@acme.example")
    person = PersonFactory(
        organization=program.organization, name=name, email=email, external_id=fields.pop("external_id", "")
    )
    return MembershipFactory(program=program, person=person, contract=contract, joined=True, **fields)


def invite(program, contract, name, **fields):
    person = PersonFactory(organization=program.organization, name=name)
    row = MembershipFactory(program=program, person=person, contract=contract, **fields)
    InvitationFactory(membership=row)
    return row


def remove(program, contract, name, **fields):
    person = PersonFactory(organization=program.organization, name=name)
    return MembershipFactory(program=program, person=person, contract=contract, removed=True, **fields)


def shown(response):
    """The names of the list, in its order."""
    return [row.person.name for row in response.context["page"].rows]
