"""What the tests of joining by domain share; the fixture `rule` is in conftest."""

from allauth.account.models import EmailAddress

from learners.models import Membership
from learners.people.actions import joining as actions


def enter(program, user):
    return actions.enter(program=program, user=user, by=user)


def add_address(user, email, *, verified=True):
    return EmailAddress.objects.create(user=user, email=email, verified=verified)


def members():
    return list(
        Membership.objects.filter(state="member")
        .values_list("person__email", "contract__name")
        .order_by("pk")
    )


def words(response):
    body = response.content.decode().partition("<main")[2].partition("</main>")[0]
    text = "".join(part.partition(">")[2] for part in body.split("<"))
    return " ".join(text.split()).replace("&#x27;", "'")
