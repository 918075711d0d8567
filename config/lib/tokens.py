"""Signed tokens for links: ids and a generation with an HMAC, so that nothing secret is stored."""

import base64
import hashlib
import hmac

from django.conf import settings

SIGNATURE_BYTES = 15


def sign(purpose: str, *numbers: int) -> str:
    """A short URL-safe token for these numbers, valid for this purpose only."""
    payload = "-".join(_base36(number) for number in numbers)
    return f"{payload}.{_signature(purpose, payload)}"


def read(purpose: str, token: str) -> tuple[int, ...] | None:
    """The numbers of a token signed for this purpose, or None when it is forged, mangled or another's."""
    payload, dot, signature = token.partition(".")
    if not dot or not hmac.compare_digest(signature.encode(), _signature(purpose, payload).encode()):
        return None
    return tuple(int(part, 36) for part in payload.split("-"))


def mask(token: str) -> str:
    """What logs and stored copies show in its place."""
    return f"{token.partition('.')[0]}.…"


def _signature(purpose: str, payload: str) -> str:
    key = hashlib.sha256(f"lyceum.tokens.{purpose}:{settings.SECRET_KEY}".encode()).digest()
    digest = hmac.new(key, payload.encode(), hashlib.sha256).digest()[:SIGNATURE_BYTES]
    return base64.urlsafe_b64encode(digest).decode()


def _base36(number: int) -> str:
    digits = "0123456789abcdefghijklmnopqrstuvwxyz"
    text = ""
    while True:
        number, rest = divmod(number, 36)
        text = digits[rest] + text
        if not number:
            return text
