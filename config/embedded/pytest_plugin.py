"""Boots throw-away engines before pytest-django reads the settings; loaded early by `-p` in pyproject.toml.

* Only the process that was started by hand boots them; xdist's workers inherit their addresses. With
  `DATABASE_URL` (and `REDIS_URL`, `SECRET_KEY`) in the environment nothing is booted at all.
* Each worker has a prefix of its own for its keys in Redis.
* The first worker that needs a database migrates a template, and every worker clones it. `DATABASE_URL`
  then names the clone, so a real Celery worker that a test starts works on the test's own database.

When pytest ends, by whatever signal, the keeper of the engines stops them and deletes their folder.
"""

import os
import shutil
import tempfile
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from config.embedded import environment, lease

WORKER = "PYTEST_XDIST_WORKER"


class DatabaseFixtures:
    """Replaces pytest-django's way to make the test database (it migrates once per worker)."""

    @pytest.fixture(scope="session")
    def django_db_setup(
        self, request: pytest.FixtureRequest, django_test_environment: None, django_db_blocker: "object"
    ) -> Iterator[None]:
        """The database of this worker, cloned from the migrated template; dropped at the end."""
        # Django's models and settings may be read now, not when this plugin is loaded.
        from config.embedded import clones  # noqa: PLC0415

        with django_db_blocker.unblock():  # type: ignore[attr-defined]
            clones.use_clone(os.environ.get(WORKER, "main"))
        yield
        with django_db_blocker.unblock():  # type: ignore[attr-defined]
            clones.drop_clone()


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None, object, object]:
    """Around pytest-django's own hook, which imports the settings."""
    worker = os.environ.get(WORKER)
    os.environ["REDIS_PREFIX"] = f"test-{worker or 'main'}:"
    if worker is None and "DATABASE_URL" not in os.environ:
        boot(early_config)
    result = yield
    # After pytest-django is registered, so that this fixture is the one that counts.
    early_config.pluginmanager.register(DatabaseFixtures(), "lyceum-databases")
    return result


def boot(config: pytest.Config) -> None:
    """Start engines in a temporary folder, name them in the environment, and see to their end."""
    state = Path(tempfile.mkdtemp(prefix="lyceum-test-"))
    before = os.environ.copy()
    os.environ["LYCEUM_STATE_DIR"] = str(state)
    environment.fill(os.environ, environment.BASE)
    try:
        engines = lease.Lease(state, throwaway=True)
    except lease.NotStarted as reason:
        shutil.rmtree(state, ignore_errors=True)
        raise pytest.UsageError(str(reason)) from reason

    def end() -> None:
        engines.release()
        os.environ.clear()
        os.environ.update(before)

    config.add_cleanup(end)
