"""Logs show of a personal link only what it is for: whoever reads them must not be able to open it."""

import re
from collections.abc import MutableMapping
from typing import Any

# The paths whose next part is the secret, as they are and as they stand encoded in a query string.
_SECRET = re.compile(
    r"((?:invitations|confirm-email|password(?:/|%2F)reset(?:/|%2F)key)(?:/|%2F))(?!done\b)[^/\s?&#'\"]+",
    re.IGNORECASE,
)


def links(text: str) -> str:
    """The text with every personal link in it cut off before its secret."""
    return _SECRET.sub(r"\1…", text)


def mask_links(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> dict[str, Any]:
    """A structlog processor: masks links in every text of a log entry."""
    return {key: links(value) if isinstance(value, str) else value for key, value in event.items()}
