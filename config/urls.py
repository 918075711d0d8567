"""Every address of the site. Admin pages stand under /o/<org>/admin, learners' pages at the root."""

from collections.abc import Iterable

from allauth import urls as allauth_urls
from django.conf import settings
from django.db import transaction
from django.urls import URLPattern, URLResolver, include, path

from config import brand, health


def atomic(patterns: Iterable[URLPattern | URLResolver]) -> None:
    """Let each view run in a transaction, so that what an account changes commits with the mail about it."""
    for entry in patterns:
        if isinstance(entry, URLResolver):
            atomic(entry.url_patterns)
        else:
            entry.callback = transaction.atomic(entry.callback)


atomic(allauth_urls.urlpatterns)
urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("brand/<hue>-<chroma>.css", brand.brand_css, name="brand_css"),
    path("", include("analytics.urls")),
    path("", include("learners.people.urls")),
    path("", include("learners.learning.api.urls")),
    path("", include("programs.urls")),
    path("", include("orgs.urls")),
    # Last: some of its pages are replaced by ours.
    path("accounts/", include(allauth_urls)),
]
if settings.DEV_PAGES:
    urlpatterns.append(path("dev/", include("config.dev_urls")))
