"""Work in the background: every name that is sent is a task some worker knows."""

import ast

import pytest
from django.conf import settings

from config.celery import app
from orgs import jobs, outbox
from tests.architecture.source import modules, tree

app.loader.import_default_modules()
QUEUES = {"mail", "bulk", "default"}


@pytest.mark.parametrize("model", list(jobs.job_models()), ids=lambda model: model._meta.label)
def test_every_job_names_a_registered_task_and_a_known_queue(model):
    assert model.TASK in app.tasks
    assert model.QUEUE in QUEUES


def test_the_schedule_names_registered_tasks():
    assert {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()} - app.tasks.keys() == set()


def test_the_outbox_names_a_registered_task():
    assert outbox.TASK in app.tasks


@pytest.mark.parametrize("path", modules("actions", "queries", "emails", "forms"), ids=str)
def test_nothing_below_the_views_imports_a_task(path):
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.ImportFrom) and node.module:
            assert not node.module.endswith("tasks")
