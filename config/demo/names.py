"""Invented names of many languages, read from names.txt.

No surname stands in two languages: so an address belongs to one person.
"""

import random
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from math import gcd
from pathlib import Path

_LETTERS = str.maketrans(
    {"ø": "o", "æ": "ae", "å": "aa", "ß": "ss", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i", "œ": "oe"}
    | {"ä": "ae", "ö": "oe", "ü": "ue"}
)


@dataclass(frozen=True)
class Language:
    """First names and surnames that go together, how often they occur, where in the world most of them live,
    and how a full name is put together."""

    key: str
    region: str
    weight: int
    first: tuple[str, ...]
    last: tuple[str, ...]
    form: str


@dataclass(frozen=True, slots=True)
class Name:
    full: str
    local: str
    region: str


def ascii_of(entry: str) -> str:
    """The part of an address made of one entry: `Ní_Dhomhnaill` gives `nidhomhnaill`."""
    text = entry.partition("|")[2] or entry
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFC", text.lower()).translate(_LETTERS))
    return "".join(
        letter for letter in decomposed if letter.isascii() and (letter.isalnum() or letter == "-")
    )


def written(entry: str) -> str:
    """The entry as a person writes it."""
    return entry.partition("|")[0].replace("_", " ")


def _read(text: str) -> tuple[Language, ...]:
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    languages = []
    for head, first, last in zip(lines[::3], lines[1::3], lines[2::3], strict=True):
        key, region, weight, form = head.split("; ")
        languages.append(Language(key, region, int(weight), tuple(first.split()), tuple(last.split()), form))
    return tuple(languages)


LANGUAGES = _read(Path(__file__).with_suffix(".txt").read_text(encoding="utf-8"))


class Names:
    """Endless names, each address once: language by language they walk through all pairs in a shuffled order.

    When a language has run through its pairs, they come again with a number in the address. Nothing is
    remembered but one counter for each language.
    """

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._weights = [
            sum(language.weight for language in LANGUAGES[: i + 1]) for i in range(len(LANGUAGES))
        ]
        self._walks = [_walk(language, rng) for language in LANGUAGES]

    def __iter__(self) -> Iterator[Name]:
        pick, walks, weights = self._rng.choices, self._walks, self._weights
        numbers = range(len(walks))
        while True:
            for number in pick(numbers, cum_weights=weights, k=1000):
                yield next(walks[number])


def _walk(language: Language, rng: random.Random) -> Iterator[Name]:
    firsts = [(written(entry), ascii_of(entry)) for entry in language.first]
    lasts = [(written(entry), ascii_of(entry)) for entry in language.last]
    pairs = len(firsts) * len(lasts)
    step = rng.randrange(pairs // 3, pairs)
    while gcd(step, pairs) != 1:
        step += 1
    at, round_ = rng.randrange(pairs), 1
    while True:
        for _ in range(pairs):
            at = (at + step) % pairs
            (first, first_ascii), (last, last_ascii) = firsts[at // len(lasts)], lasts[at % len(lasts)]
            number = "" if round_ == 1 else str(round_)
            full = language.form.format(first=first, last=last)
            yield Name(full, f"{first_ascii}.{last_ascii}{number}", language.region)
        round_ += 1
