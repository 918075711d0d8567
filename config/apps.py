from django.apps import AppConfig

from config import celery


class LyceumConfig(AppConfig):
    """Makes the Celery application known to every process, so that apps name tasks without importing it."""

    name = "config"
    celery_app = celery.app
