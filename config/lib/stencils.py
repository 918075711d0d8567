"""Templates rendered once, with holes where the strings go: the thousandth mail of a campaign is a join.

A stencil serves every set of values of one shape: the same names, lists of the same length, the same
numbers, dates and truths. Only strings differ. Empty ones, which `{% if %}` may ask about, belong to the
shape. What comes out is what rendering anew would give, as long as templates print their strings and do
nothing else with them: no filter, no comparison.
"""

import re
import secrets
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from html import escape
from itertools import count
from typing import Any

from django.template import Context, Template
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import get_language, override

# No value can pose as a hole: nobody outside this process knows how one is marked.
_MARK = secrets.token_hex(8)
_HOLES = re.compile(f"\ue000{_MARK}:(\\d+)\ue001")
_HOLE = ("hole",)
CONSTANTS = (bool, int, float, Decimal, date, type(None))


@dataclass(frozen=True)
class Values:
    """What goes into a template, taken apart: its shape, and its strings in the order of the holes."""

    shape: tuple[tuple[str, Hashable], ...]
    strings: tuple[str, ...]

    def escaped(self) -> "Values":
        """The same for HTML; strings that are marked safe stay as they are."""
        return Values(
            self.shape, tuple([one if isinstance(one, SafeString) else escape(one) for one in self.strings])
        )

    def plus(self, name: str, string: str) -> "Values":
        """The same and one string more, which is put in as it is."""
        return Values((*self.shape, (name, _HOLE)), (*self.strings, string))


def values(given: Mapping[str, Any]) -> Values:
    """The values taken apart. TypeError for anything but strings, numbers, dates, truths, None, and lists
    and dictionaries of these: an object may print differently tomorrow."""
    strings: list[str] = []
    return Values(_pairs(given, strings), tuple(strings))


def fill(template: Template, given: Values) -> str:
    """The template with these values. Nothing is escaped here: for HTML give `Values.escaped`."""
    parts, holes = _stencil(template, get_language(), given.shape)
    filled = list(parts)
    filled[1::2] = [given.strings[hole] for hole in holes]
    return "".join(filled)


@lru_cache(maxsize=512)
def _stencil(
    template: Template, language: str | None, shape: tuple[tuple[str, Hashable], ...]
) -> tuple[Sequence[str], Sequence[int]]:
    """Text and numbers of holes in turn, and the numbers alone."""
    numbers = count()
    marked = {name: _marked(inner, numbers) for name, inner in shape}
    with override(language):
        text: str = template.render(Context(marked, autoescape=False))
    parts = tuple(_HOLES.split(text))
    return parts, tuple(int(number) for number in parts[1::2])


def _shape(value: Any, strings: list[str]) -> Hashable:
    if isinstance(value, Promise):
        value = str(value)
    if isinstance(value, str) and value:
        strings.append(value)
        return _HOLE
    if isinstance(value, (str, *CONSTANTS)):
        return "constant", type(value), value
    if isinstance(value, (list, tuple)):
        return "list", tuple([_shape(inner, strings) for inner in value])
    if isinstance(value, Mapping):
        return "dict", _pairs(value, strings)
    raise TypeError(f"a template with holes takes no {type(value).__name__}")


def _pairs(given: Mapping[str, Any], strings: list[str]) -> tuple[tuple[str, Hashable], ...]:
    return tuple([(name, _shape(value, strings)) for name, value in given.items()])


def _marked(shape: Any, numbers: Iterator[int]) -> Any:
    """Values of this shape, with a numbered mark for each string."""
    match shape:
        case ("list", inner):
            return [_marked(one, numbers) for one in inner]
        case ("dict", pairs):
            return {name: _marked(one, numbers) for name, one in pairs}
        case ("constant", _, value):
            return value
    return f"\ue000{_MARK}:{next(numbers)}\ue001"
