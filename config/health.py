"""What a load balancer and a process supervisor ask: does the process answer, and can it do its work."""

from functools import lru_cache

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from redis import Redis, RedisError

from orgs.access import public_view

REDIS_SECONDS = 2


@public_view("Asked by the machine in front; shows nobody's rows")
@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """200 while this process answers at all; asks nothing of the database."""
    return HttpResponse("ok\n", content_type="text/plain")


@public_view("Asked by the machine in front; shows nobody's rows")
@never_cache
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """200 when requests can be served, else 503; `missing` names what lacks."""
    missing = missing_now()
    return JsonResponse({"ready": not missing, "missing": missing}, status=503 if missing else 200)


def missing_now() -> list[str]:
    """Which of `database`, `migrations` and `redis` are not there; empty when all are."""
    missing = []
    try:
        if _known_migrations() - set(MigrationRecorder(connection).applied_migrations()):
            missing.append("migrations")
    except DatabaseError:
        connection.close()
        missing.append("database")
    try:
        with Redis.from_url(
            settings.REDIS_URL, socket_timeout=REDIS_SECONDS, socket_connect_timeout=REDIS_SECONDS
        ) as client:
            client.ping()
    except RedisError:
        missing.append("redis")
    return missing


@lru_cache(maxsize=1)
def _known_migrations() -> frozenset[tuple[str, str]]:
    """What this code brings; it does not change while the process lives."""
    return frozenset(MigrationLoader(None).disk_migrations)
