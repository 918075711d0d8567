"""Organizations come into being here; operators create them, nobody does so in the portal."""

import difflib
from zoneinfo import available_timezones

from django.db import transaction
from django.utils.translation import gettext as _

from config.lib import countries
from orgs.audit import record
from orgs.errors import ActionError, refuse_address, refuse_different, refuse_invalid
from orgs.models import Organization, User
from orgs.models.organization import SizeBand


@transaction.atomic
def create(
    *,
    by: User | None,
    slug: str,
    name: str,
    brand_color: str | None = None,
    timezone: str | None = None,
    country: str | None = None,
    industry: str | None = None,
    size_band: str | None = None,
) -> tuple[Organization, bool]:
    """Create the organization at the address `slug`; what is None takes the model's default.

    Returns it and whether it is new: asking again with the same values finds it and changes nothing.
    Raises ActionError for other values than it has, and for an address, colour, time zone, country
    or size that cannot be.
    """
    values = {
        "name": " ".join(name.split()),
        "brand_color": brand_color and brand_color.lower(),
        "timezone": timezone,
        "country": country and country.upper(),
        "industry": industry and " ".join(industry.split()),
        "size_band": size_band,
    }
    given = {field: value for field, value in values.items() if value is not None}
    existing = Organization.objects.filter(slug=slug).first()
    if existing:
        refuse_different(existing, given)
        return existing, False
    refuse_address(slug)
    _refuse_timezone(given.get("timezone"))
    _refuse_country(given.get("country"))
    _refuse_size(given.get("size_band"))
    organization = Organization(slug=slug, **given)
    refuse_invalid(organization)
    organization.save()
    record(
        by=by,
        organization=organization,
        verb="organization.created",
        target=organization,
        after={"slug": slug, **given},
    )
    return organization, True


def _refuse_timezone(name: str | None) -> None:
    if name is None or name in available_timezones():
        return
    near = difflib.get_close_matches(name, sorted(available_timezones()), n=1)
    if near:
        raise ActionError(
            _("“%(zone)s” is not a known time zone. Did you mean %(near)s?")
            % {"zone": name, "near": near[0]},
            "timezone",
        )
    raise ActionError(
        _("“%(zone)s” is not a known time zone; write it as Europe/Copenhagen.") % {"zone": name},
        "timezone",
    )


def _refuse_country(code: str | None) -> None:
    if code and code not in countries.CODES:
        raise ActionError(
            _("“%(code)s” is not a two-letter country code such as DK.") % {"code": code}, "country"
        )


def _refuse_size(size: str | None) -> None:
    if size and size not in SizeBand.values:
        text = _("“%(size)s” is not a size; choose one of %(choices)s.")
        raise ActionError(text % {"size": size, "choices": ", ".join(SizeBand.values)}, "size_band")
