"""The door of the API: a credential of one organization in, JSON out, every refusal in one sentence."""

import base64
import binascii
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from config.lib import throttle
from learners.learning.actions import credentials
from learners.learning.models import XapiCredential
from learners.learning.queries import credentials as queries
from learners.learning.xapi.validation import VERSION_FORM, Invalid
from orgs.errors import ActionError
from orgs.tenancy import org_transaction

VERSION = "1.0.3"
VERSION_HEADER = "X-Experience-API-Version"
View = Callable[..., HttpResponse]
# What an action's refusal is called in HTTP; any other is the request's fault.
STATUSES = {"conflict": 409}


class Refusal(Exception):
    """An answer other than success, with its sentence."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status, self.text = status, text


def api_view(*methods: str) -> Callable[[View], View]:
    """Open a view to systems that hold a credential, by HTTP Basic; no session and no cookie is looked at.

    The view is called as `view(request, organization)` inside `org_transaction`; whatever it raises rolls
    all back. The stamp `credential` tells the guards that it is a route of this kind.
    """

    def decorate(view: View) -> View:
        @csrf_exempt
        @wraps(view)
        def guarded(request: HttpRequest) -> HttpResponse:
            response = _answered(view, request, methods)
            response[VERSION_HEADER] = VERSION
            return response

        guarded.credential = methods  # type: ignore[attr-defined]
        return guarded

    return decorate


def body(request: HttpRequest) -> bytes:
    """The request's JSON, unread. Refuses what is no JSON by its type (400) or too large (413)."""
    kind, _, parameters = request.headers.get("Content-Type", "").partition(";")
    charset = parameters.lower().replace('"', "").replace(" ", "")
    if kind.strip().lower() == "multipart/mixed":
        raise Refusal(400, "Attachments are not taken: send the statements alone, as application/json.")
    if kind.strip().lower() != "application/json" or charset not in ("", "charset=utf-8"):
        raise Refusal(400, "Send the statements as application/json in UTF-8.")
    limit = settings.XAPI_MAX_BODY
    if int(request.META.get("CONTENT_LENGTH") or 0) > limit or len(data := request.read(limit + 1)) > limit:
        raise Refusal(413, f"The body is larger than {limit:,} bytes: send fewer statements at a time.")
    return data


def _answered(view: View, request: HttpRequest, methods: tuple[str, ...]) -> HttpResponse:
    if request.method not in methods:
        refused = _error(405, f"Use {', '.join(methods)} here.")
        refused["Allow"] = ", ".join(methods)
        return refused
    credential = _credential(request)
    if credential is None:
        refused = _error(401, "Sign in by HTTP Basic with the key and the secret of a credential.")
        refused["WWW-Authenticate"] = 'Basic realm="xAPI", charset="UTF-8"'
        return refused
    if not throttle.allows(f"xapi:{credential.pk}", settings.XAPI_REQUESTS_PER_MINUTE):
        refused = _error(429, "Too many requests in this minute: send statements in batches.")
        refused["Retry-After"] = str(throttle.SECONDS)
        return refused
    if not VERSION_FORM.fullmatch(request.headers.get(VERSION_HEADER, "")):
        return _error(400, f"Name a version 1.0.x in the header {VERSION_HEADER}.")
    credentials.touch(credential=credential, by=None)
    try:
        with org_transaction(credential.organization):
            return view(request, credential.organization)
    except Refusal as refusal:
        return _error(refusal.status, refusal.text)
    except Invalid as invalid:
        return _error(400, invalid.text)
    except ActionError as error:
        return _error(STATUSES.get(error.code, 400), error.text)


def _credential(request: HttpRequest) -> XapiCredential | None:
    scheme, _, encoded = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        key, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return queries.authenticate(key, secret) if "\0" not in key else None


def _error(status: int, text: str) -> JsonResponse:
    return JsonResponse({"error": text}, status=status)


def json(value: Any) -> JsonResponse:
    """A JSON answer of any shape."""
    return JsonResponse(value, safe=False)
