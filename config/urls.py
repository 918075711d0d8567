"""Every address of the site. Admin pages stand under /o/<org>/admin, learners' pages at the root."""

from django.urls import URLPattern, URLResolver

urlpatterns: list[URLPattern | URLResolver] = []
