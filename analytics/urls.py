from django.urls import URLPattern, path

from analytics import views

urlpatterns: list[URLPattern] = [
    path("o/<slug:org>/admin", views.home, name="home"),
]
