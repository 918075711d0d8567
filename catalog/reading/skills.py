"""Lists of skills with or without weights: "Python; SQL", "Python:0.5; SQL:0.5", "60% Python | 40% SQL",
["Python", "SQL"], {"python": 0.5, "sql": 0.5}.
"""

import difflib
import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from catalog.reading.columns import key
from catalog.reading.refused import Refused

SEPARATORS = ("|", ";", "\n", ",")
TOLERANCE = 0.005
NUMBER = r"[0-9]*[.,]?[0-9]+"
# After a space alone a number belongs to the name, unless it is a percentage.
AFTER = re.compile(
    rf"(?P<name>.+?)\s*(?:[:=(]\s*(?P<weight>-?{NUMBER})\s*%?\s*\)?|\s(?P<percent>{NUMBER})\s*%)"
)
BEFORE = re.compile(rf"(?P<percent>{NUMBER})\s*%\s*(?P<name>.+)")
NAMES = ("skill", "name", "slug")


@dataclass(frozen=True, slots=True)
class Named:
    """One entry of a list: a skill as it was written, and its weight where it has one."""

    name: str
    weight: float | None = None


class SkillIndex:
    """The skills of the site by everything they may be called: slug, name, sub-skill; case set aside."""

    def __init__(self, skills: Iterable[tuple[str, str, Iterable[str]]]) -> None:
        """Take (slug, name, sub-skills) of each. What names two things means the wider: slug, then name."""
        self._slugs: dict[str, set[str]] = {}
        self._names: dict[str, str] = {}
        known = list(skills)
        for kind in (
            ((slug, [slug]) for slug, _name, _parts in known),
            ((slug, [name]) for slug, name, _parts in known),
            ((slug, parts) for slug, _name, parts in known),
        ):
            self._take(kind)
        self._names |= {key(name): name for _slug, name, _parts in known}
        self._sentences: dict[str, str] = {}

    def _take(self, called: Iterable[tuple[str, Iterable[str]]]) -> None:
        new: dict[str, set[str]] = {}
        for slug, names in called:
            for name in names:
                new.setdefault(key(name), set()).add(slug)
                self._names.setdefault(key(name), name)
        self._slugs = new | self._slugs

    def find(self, name: str) -> str | None:
        """The slug of the skill that is meant, or None. Raises Refused when it could be several."""
        found = self._slugs.get(key(name), set())
        if len(found) > 1:
            raise Refused(
                _("“%(name)s” is a part of several skills: %(skills)s. Name the one that is meant.")
                % {"name": name, "skills": ", ".join(sorted(found))}
            )
        return next(iter(found), None)

    def unknown(self, name: str) -> str:
        """A sentence about a skill that is not there, with what may have been meant."""
        if name not in self._sentences:
            self._sentences[name] = self._sentence(name)
        return self._sentences[name]

    def _sentence(self, name: str) -> str:
        sentence = _("There is no skill “%(name)s”.") % {"name": name[:80]}
        near = difflib.get_close_matches(key(name), self._names, n=2, cutoff=0.75)
        if not near:
            return sentence
        meant = _(" or ").join(self._names[one] for one in near)
        return f"{sentence} " + _("Did you mean %(meant)s?") % {"meant": meant}


def weights(value: Any, known: SkillIndex) -> tuple[dict[str, float], list[str]]:
    """The weight of each skill by its slug, and a sentence about each that is not known and left out.

    Without weights each counts the same. Weights must sum to 1, percentages to 100 (± 0.5 %); they are kept
    as they are, never scaled, so a list with weights must name known skills only. Two parts of one skill are
    that skill with both weights. Raises Refused.
    """
    entries = list(_entries(value))
    weighted = [entry for entry in entries if entry.weight is not None]
    if weighted and len(weighted) < len(entries):
        raise Refused(_("Some skills have a weight and some have none: give one to each or to none."))
    slugs, missing = [], []
    for entry in entries:
        slug = known.find(entry.name)
        if slug is None:
            missing.append(known.unknown(entry.name))
        else:
            slugs.append((slug, entry.weight))
    if not weighted:
        distinct = dict.fromkeys(slug for slug, _weight in slugs)
        return dict.fromkeys(distinct, 1 / len(distinct) if distinct else 0), missing
    if missing:
        raise Refused(missing[0])
    return _summed([(slug, weight or 0.0) for slug, weight in slugs]), []


def _summed(given: list[tuple[str, float]]) -> dict[str, float]:
    if any(not math.isfinite(weight) or weight <= 0 for _slug, weight in given):
        raise Refused(_("The weight of a skill must be more than 0."))
    total = sum(weight for _slug, weight in given)
    whole = 100 if total > 1.5 else 1  # noqa: PLR2004 -- nobody who means parts of 1 comes so far
    if abs(total - whole) > whole * TOLERANCE + 1e-9:
        reason = _("The weights of the skills sum to %(total)s; they must sum to 1, or to 100 percent.")
        raise Refused(reason % {"total": f"{total:.4g}"})
    summed: dict[str, float] = {}
    for slug, weight in given:
        summed[slug] = min(1.0, summed.get(slug, 0) + weight / whole)
    return summed


def _entries(value: Any) -> Iterator[Named]:
    if isinstance(value, str):
        value = _decoded(value.strip())
    match value:
        case Mapping():
            yield from (Named(str(name), _number(weight)) for name, weight in value.items())
        case list():
            yield from (_entry(one) for one in value)
        case str():
            separator = next((sign for sign in SEPARATORS if sign in value), ",")
            yield from (_written(part.strip()) for part in value.split(separator) if part.strip())
        case _:
            raise _no_list()


def _decoded(text: str) -> Any:
    if not text.startswith(("[", "{")):
        return text
    try:
        return json.loads(text)
    except ValueError:
        raise _no_list() from None


def _entry(value: Any) -> Named:
    match value:
        case str() if value.strip():
            return _written(value.strip())
        case Mapping() if name := next((value[word] for word in NAMES if value.get(word)), None):
            return Named(str(name), None if value.get("weight") is None else _number(value["weight"]))
    raise _no_list()


def _written(text: str) -> Named:
    match = BEFORE.fullmatch(text) or AFTER.fullmatch(text)
    if match is None:
        return Named(text)
    parts = match.groupdict()
    weight = parts.get("weight") or parts["percent"]
    return Named(parts["name"].strip(), float(weight.replace(",", ".")))


def _number(value: Any) -> float:
    try:
        return float(str(value).rstrip(" %").replace(",", "."))
    except ValueError:
        raise Refused(_("“%(value)s” is no weight of a skill.") % {"value": str(value)[:40]}) from None


def _no_list() -> Refused:
    return Refused(_("The skills are no list: write them as “Statistics; Marketing” or as a JSON array."))
