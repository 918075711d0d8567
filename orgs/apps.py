from django.apps import AppConfig
from django.core.checks import Tags, register

from orgs import checks


class OrgsConfig(AppConfig):
    name = "orgs"

    def ready(self) -> None:
        register(checks.search_stays_fast, Tags.database)
