"""Plain text that has to stay on one line: subjects, display names, log lines."""

import re

# Line breaks, other controls and marks that turn the reading direction: none may reach a mail header,
# where the first would start a new header and the last would show an address backwards.
_UNFIT = re.compile(r"[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]+")
_SPACE = re.compile(r"\s+")


def one_line(value: str, limit: int = 200) -> str:
    """The value without controls, line breaks and direction marks, single spaced, at most `limit` long."""
    line = _SPACE.sub(" ", _UNFIT.sub(" ", value)).strip()
    return line if len(line) <= limit else f"{line[: limit - 1].rstrip()}…"
