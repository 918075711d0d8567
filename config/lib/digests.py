"""Keyed digests: whether a text was seen before can be told, the text itself cannot be read from them."""

import hashlib
import hmac

from django.conf import settings


def digest(purpose: str, text: str) -> str:
    """64 hexadecimal digits that stand for this text and purpose.

    The key is derived from SECRET_KEY, so nobody can try addresses against a stolen table. With a new
    SECRET_KEY every text has another digest: those kept from before match nothing any more.
    """
    key = hashlib.sha256(f"lyceum.digests.{purpose}:{settings.SECRET_KEY}".encode()).digest()
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
