"""For whom a course is, as catalogs say it."""

import re

from django.utils.translation import gettext as _

from catalog.models import Course
from catalog.reading.refused import Refused

Level = Course.Level
WORDS = {
    Level.BEGINNER: """beginner beginners basic basics introductory introduction intro foundation foundations
        foundational fundamental fundamentals entry novice elementary starter easy 1 l1 100
        anfänger einsteiger grundlagen débutant principiante básico iniciante base""",
    Level.INTERMEDIATE: """intermediate medium middle moderate 2 l2 200 mittel mittelstufe fortgeschritten
        fortgeschrittene intermédiaire moyen intermedio intermediário""",
    Level.ADVANCED: """advanced expert experts professional hard difficult 3 l3 300 experte experten avancé
        confirmé avanzado avançado avanzato esperto""",
    Level.MIXED: """mixed all any various everyone multiple alle tous todos""",
}
KNOWN = {word: level for level, words in WORDS.items() for word in words.split()}
NOISE = re.compile(r"\b(levels?|learners?|course|welcome|niveau|stufe|nivel|livello|nível)\b|[:.()]")
PARTED = re.compile(r"\s*(?:/|,|;|\+|&|–|\bto\b|\band\b|\bbis\b|-)\s*")


def level(text: str) -> Level:
    """The level of these words; of several, Mixed. Raises Refused."""
    plain = " ".join(NOISE.sub(" ", text.casefold()).split()).strip(" -")
    if plain in KNOWN:
        return KNOWN[plain]
    several = {KNOWN.get(part) for part in PARTED.split(plain)}
    if None in several:
        reason = _("“%(text)s” is no level: write Beginner, Intermediate, Advanced or Mixed.")
        raise Refused(reason % {"text": text if len(text) <= 80 else f"{text[:79]}…"})
    return next(found for found in several if found) if len(several) == 1 else Level.MIXED
