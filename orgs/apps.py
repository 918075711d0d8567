from importlib import import_module

from anymail.signals import tracking
from django.apps import AppConfig
from django.conf import settings
from django.core.checks import Tags, register
from django.utils.module_loading import import_string

from orgs import checks


class OrgsConfig(AppConfig):
    name = "orgs"

    def ready(self) -> None:
        """Register the checks, and the kinds of mail, which the apps write and settings name."""
        register(checks.search_stays_fast, Tags.database)
        for module in settings.MAIL_MODULES:
            import_module(module)
        # The one signal that is listened to: the provider's word on a mail comes in no other way.
        tracking.connect(import_string("orgs.delivery.track"), dispatch_uid="orgs.delivery")
