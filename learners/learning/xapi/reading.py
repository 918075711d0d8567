"""JSON from outside: what PostgreSQL could not keep or Python would choke on is refused in a sentence."""

import json
import math
from typing import Any, NoReturn

from learners.learning.xapi.validation import Invalid

DEEPEST = 100


def loads(data: bytes | str) -> Any:
    """The value of a JSON text in UTF-8. Raises Invalid for anything else: no JSON, numbers without end,
    characters that cannot be stored, more than 100 levels.
    """
    try:
        value = json.loads(data, parse_constant=_refuse, parse_float=_float)
    except UnicodeDecodeError as error:
        raise Invalid("The text is not UTF-8.") from error
    except RecursionError as error:
        raise Invalid(f"The JSON is nested more than {DEEPEST} levels deep.") from error
    except ValueError as error:
        raise error if isinstance(error, Invalid) else Invalid(f"This is not JSON: {error}.") from error
    _check(value, 0)
    return value


def _check(value: Any, depth: int) -> None:
    if depth > DEEPEST:
        raise Invalid(f"The JSON is nested more than {DEEPEST} levels deep.")
    if isinstance(value, dict):
        for key, part in value.items():
            _check(key, depth)
            _check(part, depth + 1)
    elif isinstance(value, list):
        for part in value:
            _check(part, depth + 1)
    elif isinstance(value, str) and not value.isascii():
        _check_characters(value)
    elif isinstance(value, str) and "\0" in value:
        _refuse_characters()


def _check_characters(value: str) -> None:
    if "\0" in value or any("\ud800" <= character <= "\udfff" for character in value):
        _refuse_characters()


def _refuse_characters() -> NoReturn:
    raise Invalid("A text holds a NUL or half a surrogate pair, which are no characters.")


def _float(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise Invalid(f"{text[:40]} is too large a number.")
    return value


def _refuse(text: str) -> NoReturn:
    raise Invalid(f"{text} is no number of JSON.")
