"""Every route is stamped, and every admin route is tried by everyone."""

from base64 import b64encode

import pytest
from django.urls import reverse

from learners.learning.actions import credentials
from orgs.permissions import OF_A_PROGRAM, Permission
from tests.architecture.routes import ADMIN, API, OWN
from tests.architecture.samples import build_samples
from tests.factories import ContractFactory, MembershipFactory, ProgramFactory


@pytest.fixture
def samples(alice, program, contract):
    """A value for each URL argument, of rows that belong to Acme and to Bob's program."""
    return build_samples(program, contract, alice)


def address(route, samples) -> str:
    return reverse(route.name, kwargs={name: samples[name] for name in route.arguments})


def ask(client, url):
    """GET, or where only POST is answered an empty POST."""
    response = client.get(url)
    return client.post(url) if response.status_code == 405 else response


@pytest.mark.parametrize("route", OWN, ids=str)
def test_every_route_is_stamped_with_a_permission_a_credential_or_a_reason(route):
    view = route.view
    assert (
        isinstance(getattr(view, "permission", None), Permission)
        or getattr(view, "credential", None)
        or view.public_reason
    )


@pytest.mark.parametrize("method", ["get", "head", "post", "put", "patch", "delete", "options"])
@pytest.mark.parametrize("route", API, ids=str)
def test_the_api_answers_only_to_a_credential_that_is_in_use(route, method, acme, alice, signed_in):
    credential, secret = credentials.create(organization=acme, name="Player", by=None)
    credentials.revoke(credential=credential, by=None)
    client, url = signed_in(alice), reverse(route.name)
    revoked = {"Authorization": f"Basic {b64encode(f'{credential.key}:{secret}'.encode()).decode()}"}
    refused = 401 if method.upper() in route.view.credential else 405
    for headers in ({}, revoked, {"Authorization": "Basic ???"}, {"Authorization": "Bearer abc"}):
        response = getattr(client, method)(url, headers=headers)
        assert response.status_code == refused
        assert "Location" not in response


@pytest.mark.parametrize("route", ADMIN, ids=str)
def test_anonymous_is_sent_to_sign_in(route, samples, client):
    url = address(route, samples)
    response = ask(client, url)
    assert response.status_code == 302
    assert response["Location"].startswith("/accounts/login/?next=/o/acme/admin")


@pytest.mark.parametrize("route", ADMIN, ids=str)
def test_mallory_of_another_organization_finds_nothing(route, samples, mallory, signed_in):
    assert ask(signed_in(mallory), address(route, samples)).status_code == 404


@pytest.mark.parametrize("route", ADMIN, ids=str)
def test_carol_without_a_role_finds_nothing(route, samples, carol, signed_in):
    assert ask(signed_in(carol), address(route, samples)).status_code == 404


@pytest.mark.parametrize("route", ADMIN, ids=str)
def test_bob_may_exactly_what_a_program_admin_may(route, samples, bob, signed_in):
    response = ask(signed_in(bob), address(route, samples))
    if route.view.permission in OF_A_PROGRAM:
        assert response.status_code in (200, 302, 400, 422)
    else:
        assert response.status_code == 403


@pytest.mark.parametrize("route", [route for route in ADMIN if route.view.takes_program], ids=str)
def test_bob_does_not_see_a_program_that_is_not_his(route, samples, bob, other_program, signed_in):
    url = address(route, samples | {"program": other_program.slug})
    assert ask(signed_in(bob), url).status_code == 404


@pytest.mark.parametrize("route", ADMIN, ids=str)
def test_alice_may_everything(route, samples, alice, signed_in):
    assert ask(signed_in(alice), address(route, samples)).status_code in (200, 302, 400, 422)


@pytest.mark.parametrize("route", ADMIN, ids=str)
def test_no_page_of_acme_shows_a_string_of_globex(route, samples, alice, globex, signed_in):
    foreign = ProgramFactory(organization=globex, name="Zyzzyva program", slug="zyzzyva")
    MembershipFactory(
        program=foreign,
        joined=True,
        person__name="Zyzzyva Person",
        person__email="zyzzyva@globex.example",
        contract=ContractFactory(organization=globex, name="Zyzzyva contract"),
    )
    response = ask(signed_in(alice), address(route, samples))
    body = b"".join(response.streaming_content) if response.streaming else response.content
    assert b"zyzzyva" not in body.lower()
