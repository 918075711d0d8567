"""What account pages know of where their visitor is going: they wear the brand of that program."""

from urllib.parse import urlsplit

from allauth.account.internal.stagekit import LOGIN_SESSION_KEY
from allauth.account.utils import get_next_redirect_url
from django.http import HttpRequest
from django.urls import Resolver404, resolve

from learners.people.queries import joining
from programs.models import Program


def destination(request: HttpRequest) -> dict[str, object]:
    """On an account page: the program one will return to and its organization, when there is one."""
    match = request.resolver_match
    if match is None or not (match.url_name or "").startswith("account_"):
        return {}
    # Someone who has to confirm an address first carries the way back in the session.
    stashed = request.session.get(LOGIN_SESSION_KEY) or {}
    program = _program(get_next_redirect_url(request) or stashed.get("redirect_url") or "")
    return {"program": program, "organization": program.organization} if program else {}


def _program(path: str) -> Program | None:
    try:
        match = resolve(urlsplit(path).path)
    except Resolver404:
        return None
    if match.url_name == "program":
        return joining.program_at(match.kwargs["slug"])
    link = joining.link(match.kwargs["token"]) if match.url_name == "invitation" else None
    return link.program if link else None
