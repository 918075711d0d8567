from django.urls import URLPattern, URLResolver, include, path

from orgs import views, webhooks

SETTINGS = "o/<slug:org>/admin/settings"

urlpatterns: list[URLPattern | URLResolver] = [
    path("anymail/", include((webhooks.urlpatterns, "anymail"))),
    path(SETTINGS, views.settings, name="settings"),
    path(f"{SETTINGS}/audit", views.audit_log, name="audit_log"),
    path(f"{SETTINGS}/audit.csv", views.audit_export, name="audit_export"),
]
