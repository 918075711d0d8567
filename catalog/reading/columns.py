"""Which column of a catalog, or key of a JSON line, holds what: known by its header in any case and order."""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

WORDS = {
    "slug": "slug; course slug; course id; id; course code; code; course key; key; sku",
    "title": "title; course title; course name; course; name",
    "partner": """partner; provider; institution; university; organization; organisation; publisher; vendor;
      school; author; offered by""",
    "kind": "kind; type; course type; content type; product type",
    "level": "level; difficulty; difficulty level; course level; skill level; audience",
    "language": "language; languages; course language; locale; lang",
    "hours": """hours; duration; estimated hours; duration hours; duration in hours; length; effort;
      estimated effort; workload; learning hours; estimated time; time""",
    "minutes": "minutes; duration minutes; duration in minutes; estimated minutes; length in minutes",
    "skills": "skills; skill; skill tags; skills taught; skills gained; skill weights; topics; tags",
    "summary": "summary; short description; subtitle; tagline; headline",
    "description": "description; about; about this course; long description; full description; overview",
    "activity_iri": "activity iri; activity id; xapi id; xapi activity id; iri",
    "is_offered": "is offered; offered; active; is active; available; published; status; state",
    "sessions": "sessions; session starts; start dates; starts; class starts; upcoming sessions",
}


def key(name: str) -> str:
    """A name without case, accents, spaces and signs; "&" is "and"."""
    plain = unicodedata.normalize("NFKD", name.replace("&", " and ").casefold())
    return "".join(character for character in plain if character.isalnum())


KNOWN = {
    key(word): (field, rank)
    for field, words in WORDS.items()
    for rank, word in enumerate(words.replace("\n", " ").split(";"))
}


@dataclass(frozen=True)
class Columns:
    """Where each field stands, and the headers that mean nothing here."""

    places: dict[str, int]
    unused: tuple[str, ...]


def recognise(header: Iterable[str]) -> Columns:
    """The columns by their names. Of two names for one field the more exact one counts."""
    places: dict[str, int] = {}
    ranks: dict[str, int] = {}
    names = list(header)
    for place, name in enumerate(names):
        field, rank = KNOWN.get(key(name), ("", 0))
        if field and rank < ranks.get(field, len(KNOWN)):
            places[field], ranks[field] = place, rank
    used = set(places.values())
    return Columns(
        places, tuple(name for place, name in enumerate(names) if place not in used and name.strip())
    )


def field_of(name: str) -> str:
    """The field that a key of a JSON line means, or the key itself when it means none."""
    return KNOWN.get(key(name), (name, 0))[0]
