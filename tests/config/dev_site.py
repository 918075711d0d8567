"""The site with its development pages, whatever DEV_PAGES says where the tests run."""

from django.urls import include, path

urlpatterns = [path("", include("config.urls")), path("dev/", include("config.dev_urls"))]
