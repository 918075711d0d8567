"""The text that courses are searched in, and what someone typed, in one form: case and accents set aside."""

import unicodedata
from collections.abc import Iterable


def plain(text: str) -> str:
    """Lower case without accents, single spaced. Made in Python only; SQL never lowers."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return " ".join("".join(mark for mark in decomposed if not unicodedata.combining(mark)).split())


def of_course(title: str, partner: str, skills: Iterable[str], summary: str) -> str:
    """`Course.search`: title, partner, names of the skills in their order of the alphabet, summary."""
    return plain(" ".join((title, partner, *sorted(skills), summary)))


def of_specialization(title: str, partner: str, summary: str) -> str:
    """`Specialization.search`: title, partner, summary."""
    return plain(f"{title} {partner} {summary}")
