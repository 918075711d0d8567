"""How long a course takes, as people write it: "3h 20m", "4 weeks at 5 hours a week", "PT2H30M"."""

import re
from decimal import ROUND_HALF_UP, Decimal

from django.utils.translation import gettext as _

from catalog.reading.refused import Refused

MOST = Decimal("9999.99")
CENT = Decimal("0.01")
LONGEST = 80
DAY = 24 * 3600
HOURS = {"h": Decimal(1), "m": Decimal(1) / 60, "s": Decimal(1) / 3600}
NUMBER = r"[0-9]+(?:[.,][0-9]+)?"
HOUR = r"h|hrs?|hours?|std|stunden?|heures?|horas?|or[ae]|uur|timm[ae]r?"
MINUTE = r"m|mins?|minutes?|minuten|minutos?|minut[io]"
SECOND = r"s|secs?|seconds?"
WEEK = r"(?:w|wks?|weeks?|wochen?|semaines?|semanas?|settiman[ae])\b"
# "PT2H30M" and "P1DT2H"; a day of it is a day and a night.
ISO = re.compile(
    rf"P(?:(?P<d>{NUMBER})D)?(?:T(?:(?P<h>{NUMBER})H)?(?:(?P<m>{NUMBER})M)?(?:(?P<s>{NUMBER})S)?)?",
    re.IGNORECASE,
)
PART = re.compile(
    rf"(?P<low>{NUMBER})(?:\s*(?:-|–|to)\s*(?P<high>{NUMBER}))?\s*"
    rf"(?:(?P<h>{HOUR})|(?P<m>{MINUTE})|(?P<s>{SECOND}))(?![a-z])\.?(?:\s*(?:,|and|und|et|y|e)\s*)?\s*",
    re.IGNORECASE,
)
# The minutes of "3h20" go without a unit.
TAIL = re.compile(r"(?P<m>[0-5]?[0-9])")
CLOCK = re.compile(r"(?P<h>[0-9]{1,3}):(?P<m>[0-5][0-9])(?::(?P<s>[0-5][0-9]))?")
BARE = re.compile(rf"(?P<low>{NUMBER})(?:\s*(?:-|–|to)\s*(?P<high>{NUMBER}))?")
WEEKS = re.compile(
    rf"(?P<weeks>{NUMBER})\s*{WEEK}(?: of study)?\s*[,;(x×@]?\s*(?:(?:at|of|with|à|mit)\b)?\s*"
    r"(?P<each>.+?)\s*"
    rf"(?:(?:/|\b(?:a|per|each|every|pro|par|por)\b)\s*{WEEK}|weekly)\)?",
    re.IGNORECASE,
)
AROUND = re.compile(
    r"^(?:about|approx(?:imately|\.)?|around|circa|ca\.?|up to|~|≈)\s*|\s*(?:in total|total)$"
)


def hours(text: str, unit: str = "h") -> Decimal:
    """The duration in hours, rounded to hundredths. A number alone is in `unit` ("h" or "m"); of a range,
    its middle is meant. Raises Refused.
    """
    rounded = _read(text, unit).quantize(CENT, ROUND_HALF_UP)
    if not 0 < rounded <= MOST:
        raise Refused(
            _("“%(text)s” is no duration: it must be more than 0 and below 10,000 hours.") % {"text": text}
        )
    return rounded


def seconds(text: str, unit: str = "m") -> int:
    """The duration in whole seconds, 0 to 24 hours. Raises Refused."""
    found = _read(text, unit) * 3600
    if found > DAY:
        raise Refused(_("“%(text)s” is longer than a day.") % {"text": text})
    return int(found.to_integral_value(ROUND_HALF_UP))


def _read(text: str, unit: str) -> Decimal:
    plain = AROUND.sub("", " ".join(text.split()).lower())
    found = _hours(plain, unit) if len(plain) <= LONGEST else None
    if found is None:
        reason = _("“%(text)s” is no duration: write it as 20 hours, 3h 20m, 90 min or PT2H30M.")
        raise Refused(reason % {"text": text[:LONGEST]})
    return found


def _hours(text: str, unit: str) -> Decimal | None:
    if match := BARE.fullmatch(text):
        return _middle(match) * HOURS[unit]
    if (match := CLOCK.fullmatch(text)) or (match := ISO.fullmatch(text)):
        return _sum(match) if any(match.groups()) else None
    if match := WEEKS.fullmatch(text):
        each = _hours(match["each"], "h")
        return None if each is None else _number(match["weeks"]) * each
    return _parts(text)


def _parts(text: str) -> Decimal | None:
    """Hours, minutes and seconds one after the other, each once."""
    total, place, seen = Decimal(0), 0, ""
    while match := PART.match(text, place):
        unit = next(unit for unit in "hms" if match[unit])
        if seen and unit <= seen[-1] and unit != "m":
            return None
        total += _middle(match) * HOURS[unit]
        place, seen = match.end(), seen + unit
    if seen == "h" and (tail := TAIL.fullmatch(text, place)):
        return total + _number(tail["m"]) * HOURS["m"]
    return total if seen in ("h", "m", "s", "hm", "hms", "ms") and place == len(text) else None


def _sum(match: re.Match[str]) -> Decimal:
    parts = match.groupdict()
    days = _number(parts.get("d") or "0") * 24
    return days + sum(_number(parts.get(unit) or "0") * size for unit, size in HOURS.items())


def _middle(match: re.Match[str]) -> Decimal:
    low = _number(match["low"])
    return (low + _number(match["high"])) / 2 if match["high"] else low


def _number(text: str) -> Decimal:
    return Decimal(text.replace(",", "."))
