"""The forms of a person's name and address that lists sort by and search in, made once in Python."""

import re
import unicodedata

# Control, format and bidirectional characters have no place in a name; they only hide things.
_INVISIBLE = re.compile(r"[\u0000-\u001f\u007f-\u009f\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]+")
_SPACE = re.compile(r"\s+")


def clean(value: str) -> str:
    """A name as it is kept: composed (NFC), without invisible characters, single spaces."""
    return _SPACE.sub(" ", _INVISIBLE.sub(" ", unicodedata.normalize("NFC", value))).strip()


def sort_name(name: str) -> str:
    """The key by which lists sort: case and accents set aside."""
    decomposed = unicodedata.normalize("NFKD", name.casefold())
    return "".join(mark for mark in decomposed if not unicodedata.combining(mark))[:400]


def search(name: str, email: str, external_id: str) -> str:
    """The text in which lists search, case set aside; searched by part, so the order does not matter."""
    return f"{name} {email} {external_id}".casefold()


def search_term(text: str) -> str:
    """What an administrator typed, in the form of `search`."""
    return clean(text).casefold()
