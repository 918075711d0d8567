"""Every address of the site. Admin pages stand under /o/<org>/admin, learners' pages at the root."""

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path

from config import brand, health

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("brand/<hue>-<chroma>.css", brand.brand_css, name="brand_css"),
    path("", include("analytics.urls")),
    path("", include("learners.people.urls")),
    path("", include("programs.urls")),
    path("", include("orgs.urls")),
    # Last: some of its pages are replaced by ours.
    path("accounts/", include("allauth.urls")),
]
if settings.DEV_PAGES:
    urlpatterns.append(path("dev/", include("config.dev_urls")))
