"""The mail to a new administrator."""

from orgs import sending
from orgs.actions import role_grants
from orgs.models import OutboundEmail, RoleGrant


def test_a_new_org_admin_is_told_with_the_way_in(acme, carol, mailoutbox, settings):
    settings.SITE_URL = "https://learn.example"
    role_grants.grant(by=None, user=carol, organization=acme)
    sending.send_due()
    [letter] = mailoutbox
    assert letter.to == ["carol@acme.example"]
    assert letter.subject == "You administer Acme now"
    assert "https://learn.example/o/acme/admin\n" in letter.body
    assert "Administering takes no licence." in " ".join(letter.body.split())


def test_a_program_admin_is_told_of_that_program_alone(acme, program, carol, mailoutbox):
    role_grants.grant(by=None, user=carol, organization=acme, program=program)
    sending.send_due()
    assert mailoutbox[0].subject == "You administer English for Work now"


def test_one_who_administers_already_is_told_nothing(acme, alice):
    role_grants.grant(by=None, user=alice, organization=acme)
    assert OutboundEmail.objects.count() == 0


def test_one_whose_role_was_withdrawn_meanwhile_is_told_nothing(acme, carol, mailoutbox):
    role_grants.grant(by=None, user=carol, organization=acme)
    RoleGrant.objects.all().delete()
    sending.send_due()
    assert mailoutbox == []
    assert OutboundEmail.objects.get().state == "cancelled"


def test_a_grant_of_another_organization_is_not_told(acme, globex, carol, mailoutbox):
    role_grants.grant(by=None, user=carol, organization=acme)
    OutboundEmail.objects.update(organization=globex)
    sending.send_due()
    assert mailoutbox == []
