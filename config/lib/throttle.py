"""How often something may happen in a minute, counted in the cache that all processes share."""

import time

from django.core.cache import cache

SECONDS = 60


def allows(name: str, per_minute: int) -> bool:
    """Count one more use of this name and say whether it is within the limit of the current minute."""
    key = f"throttle:{name}:{int(time.time()) // SECONDS}"
    # Twice as long as it is counted in, so that it cannot vanish between the two calls.
    cache.add(key, 0, SECONDS * 2)
    return cache.incr(key) <= per_minute
