"""Domains that look like a slip of the finger: gmial.com, or one letter off the organization's own.

Pure: knows no database. A suspicion, not a verdict: a careful few are better than many.
"""

import re
from collections.abc import Collection, Mapping

from config.lib import domains

# Where most slips end up: the services that people type by heart.
POPULAR = (
    "gmail.com",
    "googlemail.com",
    "outlook.com",
    "hotmail.com",
    "yahoo.com",
    "icloud.com",
    "aol.com",
    "protonmail.com",
)
# Of a file a domain is the measure of another when it holds so many times its addresses, and so many at all.
TIMES = 20
AT_LEAST = 5
# A list of colleagues has few domains; beyond this, none is the measure of the others.
MOST_DOMAINS = 2_000
# Shorter domains are too near each other; two slips only count in long ones.
SHORTEST = 7
LONG = 11
DIGITS = re.compile(r"[0-9]+")


def suggestions(
    of_file: Mapping[str, int], *, known: Collection[str], frequent: Collection[str]
) -> dict[str, str]:
    """The domains of a file that look mistyped, with what was probably meant.

    `of_file` counts the addresses at each domain; `known` domains are right as they are; `frequent` are
    those that people of the organization mostly have.
    """
    own = [domain for domain, count in of_file.items() if count >= AT_LEAST]
    found: dict[str, str] = {}
    for domain, count in of_file.items():
        if domain in known or domain in frequent or domains.is_public(domain):
            continue
        measures = [other for other in own if of_file[other] >= TIMES * count]
        for meant in (*POPULAR, *frequent, *measures):
            if meant != domain and _is_slip(domain, meant):
                found[domain] = meant
                break
    return found


def _is_slip(domain: str, meant: str) -> bool:
    if len(meant) < SHORTEST or abs(len(domain) - len(meant)) > 2 or domain.endswith(f".{meant}"):
        return False
    # Numbers tell things apart, and companies have their name under many endings.
    if DIGITS.findall(domain) != DIGITS.findall(meant):
        return False
    if domain.partition(".")[0] == meant.partition(".")[0] and meant not in POPULAR:
        return False
    return distance(domain, meant) <= (2 if len(meant) >= LONG and domain[0] == meant[0] else 1)


def distance(one: str, other: str) -> int:
    """How many letters were added, left out, replaced or swapped with their neighbour."""
    before: list[int] = []
    above = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        row = [i]
        for j, there in enumerate(other, 1):
            cost = min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (letter != there))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == there:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        before, above = above, row
    return above[-1]
