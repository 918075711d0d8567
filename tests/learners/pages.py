"""What tests read from pages, and where links lead."""

import re

from django.apps import apps
from django.urls import reverse

from config.lib import tokens
from learners.models import Membership


def address(invitation, generation=None):
    return reverse(
        "invitation", args=[tokens.sign("invitation", invitation.pk, generation or invitation.generation)]
    )


def words(response):
    """The visible text of an answer, white space collapsed."""
    body = response.content.decode().partition("<main")[2].partition("</main>")[0]
    body = re.sub(r"</(h\d|p|li|div)>", " ", body)
    text = "".join(part.partition(">")[2] for part in body.split("<"))
    return " ".join(text.split()).replace("&#x27;", "'")


def rows():
    """How many rows every table has."""
    return {
        model._meta.label: model._base_manager.count() for model in apps.get_models(include_auto_created=True)
    }


def state():
    return Membership.objects.values_list("state", flat=True).get()
