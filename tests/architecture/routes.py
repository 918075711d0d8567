"""The routes of the site, for the guards that walk them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

# Pages of an installed package; it guards them itself and they show no organization's rows.
FOREIGN = ("allauth.",)


@dataclass(frozen=True)
class Route:
    name: str
    view: Any
    arguments: tuple[str, ...]

    @property
    def is_foreign(self) -> bool:
        return self.view.__module__.startswith(FOREIGN)

    @property
    def is_admin(self) -> bool:
        return hasattr(self.view, "permission")

    @property
    def is_api(self) -> bool:
        return hasattr(self.view, "credential")

    def __str__(self) -> str:
        return self.name


def routes(resolver: URLResolver | None = None) -> Iterator[Route]:
    """Every route, depth first."""
    for entry in (resolver or get_resolver()).url_patterns:
        if isinstance(entry, URLResolver):
            yield from routes(entry)
        elif isinstance(entry, URLPattern):
            yield Route(entry.name or str(entry.pattern), entry.callback, tuple(entry.pattern.converters))


OWN = [route for route in routes() if not route.is_foreign]
API = [route for route in OWN if route.is_api]
ADMIN = [route for route in OWN if route.is_admin]
