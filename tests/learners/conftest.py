"""What tests of people's pages share."""

import pytest


@pytest.fixture
def own_cache(settings, request):
    """A cache of this test alone: rate limits count in it and must not reach other tests."""
    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
            "LOCATION": request.node.nodeid,
        }
    }
