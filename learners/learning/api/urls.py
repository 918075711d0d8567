"""The addresses of the API."""

from django.urls import path

from learners.learning.api import statements

urlpatterns = [
    path("xapi/about", statements.about, name="xapi_about"),
    path("xapi/statements", statements.statements, name="xapi_statements"),
]
