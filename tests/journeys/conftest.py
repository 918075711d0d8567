"""A real browser, a real server and a real worker, on this test's own database, broker and mailbox."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import quote

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.db import connection
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

from config.embedded.browser import chromium_path
from config.lib import mailbox
from orgs import sending
from tests.factories import PASSWORD

ROOT = Path(__file__).resolve().parents[2]
# Playwright runs an event loop in the test's thread; the tests themselves read rows between steps.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")


@pytest.fixture(scope="session")
def chromium():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium_path(),
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield browser
        browser.close()


@pytest.fixture
def site(transactional_db, live_server, settings, tmp_path):
    """The running site; links in mails lead to it and mails land in this test's own mailbox."""
    settings.SITE_URL = live_server.url
    settings.MAILBOX_DIR = tmp_path / "mailbox"
    settings.EMAIL_BACKEND = "config.lib.mailbox.EmailBackend"
    return live_server.url


@dataclass
class Worker:
    """A Celery worker in a process of its own, on all three queues, with the scheduler beside it."""

    environment: dict[str, str]
    schedule: Path
    process: subprocess.Popen | None = None

    def start(self) -> None:
        command = [sys.executable, "-m", "celery", "-A", "config.celery", "worker", "-Q", "mail,bulk,default",
                   "-c", "2", "-l", "WARNING", "--without-mingle", "--without-gossip",
                   "--beat", "--schedule", str(self.schedule)]  # fmt: skip
        self.process = subprocess.Popen(command, cwd=ROOT, env=self.environment, start_new_session=True)

    def kill(self) -> None:
        """What a power cut does: no goodbye, children included."""
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None


@pytest.fixture
def absent_worker(site, settings, tmp_path):
    """A worker that does not run yet; `start()` and `kill()` it as often as a test likes."""
    database = connection.settings_dict
    host = database["HOST"]
    place = f"?host={quote(host, safe='')}" if host.startswith("/") else ""
    authority = "" if place else f"{host}:{database['PORT'] or 5432}"
    absent = Worker(
        os.environ
        | {
            "DATABASE_URL": f"postgres://{database['USER']}@{authority}/{database['NAME']}{place}",
            "SITE_URL": site,
            "MAILBOX_DIR": str(settings.MAILBOX_DIR),
            "EMAIL_BACKEND": settings.EMAIL_BACKEND,
            "JOB_LEASE_SECONDS": "2",
            "MAIL_LEASE_SECONDS": "4",
            "SWEEP_SECONDS": "1",
        },
        tmp_path / "schedule",
    )
    yield absent
    absent.kill()


@pytest.fixture
def worker(absent_worker):
    """The same, running."""
    absent_worker.start()
    return absent_worker


@pytest.fixture
def open_page(chromium: Browser, site):
    """A fresh browser window; `open_page(width=390)` for a phone. Fails the test on any console message but
    the browser's own about a page that is an answer of 4xx by itself.
    """
    contexts, messages = [], []

    def opened(width: int = 1440, height: int = 1000, *, dark: bool = False) -> Page:
        context = chromium.new_context(
            viewport={"width": width, "height": height},
            base_url=site,
            color_scheme="dark" if dark else "light",
            has_touch=width < 600,
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on("console", lambda message: messages.extend(_complaints(page, message)))
        page.on("pageerror", lambda error: messages.append(f"{page.url}: {error}"))
        return page

    yield opened
    for context in contexts:
        context.close()
    assert messages == []


def _complaints(page: Page, message: ConsoleMessage) -> list[str]:
    refusal = message.text.startswith("Failed to load resource: the server responded with a status of 4")
    return [] if refusal and message.location["url"] == page.url else [f"{page.url}: {message.text}"]


@pytest.fixture
def axe_finds_nothing():
    """`axe_finds_nothing(page)`: WCAG 2.2 AA in the theme that the page wears."""

    def check(page: Page) -> None:
        violations = Axe().run(page).response["violations"]
        found = [(item["id"], node["html"][:160]) for item in violations for node in item["nodes"]]
        assert found == [], json.dumps(found, indent=1)

    return check


def sign_in(page: Page, email: str, password: str, path: str = "/") -> None:
    """Through the sign-in page, as a person would."""
    page.goto(f"/accounts/login/?next={quote(path)}")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"**{path}")


def invitation_link(directory: Path, recipient: str) -> str:
    """The personal link in the newest mail to this address."""
    text = mailbox.messages(directory, recipient)[0].text
    return re.search(r"https?://\S+/invitations/\S+", text).group()


def wait_until(holds, seconds: float = 30) -> None:
    """Ask until it holds; fails when it has not after `seconds`."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.2)


@pytest.fixture
def look(axe_finds_nothing):
    """`look(page)`: axe finds nothing and nothing sticks out to the side."""

    def check(page: Page) -> None:
        page.wait_for_load_state()
        axe_finds_nothing(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{page.url} is too wide"

    return check


@pytest.fixture
def phone(open_page):
    """`phone()` opens a browser on a phone; `phone(email, path)` with this person signed in, at this page."""
    return partial(_signed_in, partial(open_page, width=390, height=844))


@pytest.fixture
def desk(open_page):
    """The same on a large screen."""
    return partial(_signed_in, open_page)


@pytest.fixture
def read_mail(settings):
    """`read_mail(recipient, part)` sends what waits and gives the link with `part` in the newest mail."""

    def read(recipient: str, part: str) -> str:
        sending.send_due()
        text = mailbox.messages(settings.MAILBOX_DIR, recipient)[0].text
        return re.search(rf"https?://\S+{part}\S+", text).group()

    return read


def _signed_in(open_browser, email: str = "", path: str = "/") -> Page:
    page = open_browser()
    if email:
        sign_in(page, email, PASSWORD, path)
    return page
