from django.urls import URLPattern, path

from orgs import views

SETTINGS = "o/<slug:org>/admin/settings"

urlpatterns: list[URLPattern] = [
    path(SETTINGS, views.settings, name="settings"),
    path(f"{SETTINGS}/audit", views.audit_log, name="audit_log"),
    path(f"{SETTINGS}/audit.csv", views.audit_export, name="audit_export"),
]
