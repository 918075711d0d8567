"""Where a mail provider calls: django-anymail reads each provider's events, `orgs.delivery` records them."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from anymail.urls import urlpatterns as of_providers
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponseBase
from django.urls import URLPattern

from orgs.access import public_view

WANTED = ("tracking_webhook", "mandrill_webhook")


def with_secret(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Close the door where no secret is set: anymail would then take anybody's word."""

    @wraps(view)
    def guarded(request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        if not settings.ANYMAIL.get("WEBHOOK_SECRET"):
            raise Http404
        return view(request, **kwargs)

    return public_view("A mail provider reports on mails; its secret is checked by django-anymail")(guarded)


urlpatterns = [
    URLPattern(entry.pattern, with_secret(entry.callback), entry.default_args, entry.name)
    for entry in of_providers
    if entry.name.endswith(WANTED)
]
