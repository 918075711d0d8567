"""Mail workers as processes of their own: side by side, and killed at the worst moments."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import quote

import pytest
from django.db import connection

from orgs import sending
from tests.orgs.mail import make_due, people, queue, states

ROOT = Path(__file__).resolve().parents[2]
WORK = "import django; django.setup(); from orgs import sending; sending.send_due()"


@pytest.fixture
def start_worker(transactional_db, smtp):
    """`start_worker()` gives a process that sends what is due in the test's database, and ends."""
    started = []

    def start() -> subprocess.Popen:
        environment = {
            **os.environ,
            "DATABASE_URL": _database_url(),
            "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
            "EMAIL_URL": f"smtp://127.0.0.1:{smtp.port}",
            "MAIL_BATCH": "5",
        }
        started.append(subprocess.Popen([sys.executable, "-c", WORK], cwd=ROOT, env=environment))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()


def _database_url() -> str:
    database = connection.settings_dict
    host, user, name = database["HOST"], quote(database["USER"]), database["NAME"]
    if host.startswith("/"):
        return f"postgres://{user}@/{name}?host={quote(host, safe='')}"
    secret = f":{quote(database['PASSWORD'])}" if database["PASSWORD"] else ""
    return f"postgres://{user}{secret}@{host}:{database['PORT'] or 5432}/{name}"


def kill(process: subprocess.Popen) -> None:
    os.kill(process.pid, signal.SIGKILL)
    process.wait()


@pytest.mark.worker
def test_two_workers_side_by_side_send_each_mail_once(start_worker, smtp):
    def wait_for_both(letter):
        """The first mail is not taken before the second worker is there."""
        end = time.monotonic() + 15
        while smtp.connections < 2 and time.monotonic() < end:
            time.sleep(0.01)

    smtp.accepted = wait_for_both
    queue(*people(40))
    for process in [start_worker(), start_worker()]:
        assert process.wait() == 0
    assert smtp.connections >= 2
    assert sorted(smtp.recipients) == sorted(people(40))
    assert states() == dict.fromkeys(people(40), "sent")


@pytest.mark.worker
def test_a_worker_killed_after_acceptance_and_before_the_mark_repeats_that_mail_alone(start_worker, smtp):
    queue(*people(5))
    victim = people(5)[2]
    worker = start_worker()

    def accepted(letter):
        if letter["To"] == victim and worker.poll() is None:
            kill(worker)

    smtp.accepted = accepted
    worker.wait()
    assert list(states().values()) == ["sent", "sent", "sending", "sending", "sending"]
    sending.send_due()
    assert smtp.recipients == people(3)
    make_due()
    sending.send_due()
    assert smtp.recipients == [*people(3), victim, *people(5)[3:]]
    assert smtp.letters[2]["Message-ID"] == smtp.letters[3]["Message-ID"]
    assert states() == dict.fromkeys(people(5), "sent")


@pytest.mark.worker
@pytest.mark.parametrize("moment", ["at_sender", "at_recipient", "at_data"])
def test_a_worker_killed_before_acceptance_loses_and_repeats_nothing(start_worker, smtp, moment):
    queue(*people(5))
    worker = start_worker()
    asked = []

    def third(address):
        asked.append(address)
        if len(asked) == 3:
            kill(worker)
            return "421 Gone"
        return None

    setattr(smtp, moment, third)
    worker.wait()
    assert smtp.recipients == people(2)
    make_due()
    sending.send_due()
    assert smtp.recipients == people(5)
    assert states() == dict.fromkeys(people(5), "sent")
