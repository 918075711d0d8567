from django.urls import URLPattern, path

from programs import views

DOMAINS = "o/<slug:org>/admin/programs/<slug:program>/domains"

urlpatterns: list[URLPattern] = [
    path(DOMAINS, views.domains, name="domains"),
    path(f"{DOMAINS}/add", views.domain_add, name="domain_add"),
    path(f"{DOMAINS}/import", views.domain_import, name="domain_import"),
    path(f"{DOMAINS}/template.csv", views.domain_template, name="domain_template"),
    path(f"{DOMAINS}/contract", views.domain_contract, name="domain_contract"),
    path(f"{DOMAINS}/remove", views.domain_remove, name="domain_remove"),
]
