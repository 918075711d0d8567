"""What an action says when it refuses."""

import re
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import models
from django.utils.text import capfirst, slugify
from django.utils.translation import gettext as _

ADDRESS = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


class ActionError(Exception):
    """A refusal in words a customer can read.

    `field` names the form field it concerns, `code` lets callers tell refusals apart without
    comparing sentences. Raised inside the action's transaction, so nothing of it remains.
    """

    def __init__(self, text: str, field: str | None = None, *, code: str = "") -> None:
        super().__init__(str(text))
        self.text = str(text)
        self.field = field
        self.code = code


def refuse_invalid(row: models.Model) -> None:
    """Refuse a row that its model does not accept, with the first complaint and the field it concerns."""
    try:
        row.full_clean()
    except ValidationError as error:
        field, messages = next(iter(error.message_dict.items()))
        if field == NON_FIELD_ERRORS:
            raise ActionError(messages[0]) from error
        raise ActionError(f"{capfirst(_label(row, field))}: {messages[0]}", field) from error


def refuse_different(row: models.Model, given: Mapping[str, Any]) -> None:
    """Refuse to make again what exists with other values; asking twice for the same is no mistake."""
    for field, value in given.items():
        if getattr(row, field) != value:
            raise ActionError(
                _("%(what)s exists already with the %(field)s “%(now)s”, not “%(asked)s”.")
                % {
                    "what": row,
                    "field": _label(row, field),
                    "now": getattr(row, field),
                    "asked": value,
                },
                field,
                code="different",
            )


def refuse_address(slug: str) -> None:
    """Refuse a slug that cannot stand in an address: small letters, digits and single hyphens can."""
    if ADDRESS.fullmatch(slug):
        return
    text = _("“%(slug)s” cannot be an address: use small letters, digits and hyphens, such as “%(hint)s”.")
    hint = slugify(slug.replace("_", "-")).strip("-") or "acme-group"
    raise ActionError(text % {"slug": slug, "hint": hint}, "slug")


def _label(row: models.Model, name: str) -> str:
    field = row._meta.get_field(name)
    return str(getattr(field, "verbose_name", name))
