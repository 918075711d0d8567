"""/healthz and /readyz: what a load balancer may believe."""

import json

import pytest
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client


def ready() -> tuple[int, dict]:
    response = Client().get("/readyz")
    return response.status_code, json.loads(response.content)


def test_the_process_says_that_it_answers_without_asking_the_database():
    response = Client().get("/healthz")
    assert (response.status_code, response.content) == (200, b"ok\n")


@pytest.mark.django_db
def test_a_whole_site_is_ready():
    assert ready() == (200, {"ready": True, "missing": []})


@pytest.mark.django_db
def test_a_migration_that_is_not_applied_is_named():
    MigrationRecorder(connection).record_unapplied("orgs", "0001_initial")
    assert ready() == (503, {"ready": False, "missing": ["migrations"]})


@pytest.mark.django_db
def test_a_silent_redis_is_named(settings, tmp_path):
    settings.REDIS_URL = f"unix://{tmp_path}/nobody.sock"
    assert ready() == (503, {"ready": False, "missing": ["redis"]})


@pytest.mark.django_db(transaction=True)
def test_a_lost_database_is_named(monkeypatch, tmp_path):
    connection.close()
    with monkeypatch.context() as lost:
        lost.setitem(connection.settings_dict, "HOST", str(tmp_path))
        assert ready() == (503, {"ready": False, "missing": ["database"]})
    assert ready()[0] == 200
