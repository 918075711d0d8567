"""`manage.py up`: the whole product on this machine, until Ctrl-C.

Engines, migrations, web, first page, demo organization, workers, beat; and back in reverse order.
"""

import argparse
import http.client
import os
import signal
import socket
import sys
import time
from urllib.parse import urljoin, urlsplit

from config.embedded import environment, lease
from config.embedded.children import Child, ending, say

FIRST_PAGE_SECONDS = 120
STOP_SECONDS = 12
PORT_SECONDS = 10
TICK = 0.1
# Celery warns every worker of a root user at length; root in a container is common for a trial.
CELERY_ABOUT_ROOT = "ignore:You're running the worker with superuser privileges"
# Queue and number of tasks at a time.
WORKERS = {"mail": 1, "bulk": 1, "default": 2}


class Stopped(Exception):
    """Somebody asked us to stop."""


class Failed(Exception):
    """The start cannot go on; the text says why."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `up`."""
    parser.add_argument(
        "--port",
        default=os.environ.get("PORT", "8000"),
        help="where the site listens (default: PORT, else 8000)",
    )
    parser.add_argument("--no-demo", action="store_true", help="do not create the demo organization")


def main(argv: list[str]) -> int:
    """Read the options and run; the exit status."""
    parser = argparse.ArgumentParser(prog="manage.py up", description=__doc__)
    add_arguments(parser)
    options = parser.parse_args(argv)
    return run(options.port, demo=not options.no_demo)


def run(port: str, *, demo: bool = True) -> int:
    """Start everything and watch it. 0 after Ctrl-C or SIGTERM, 1 when it could not start."""
    state = environment.state_dir(environment.BASE)
    only_one = lease.exclusive(state, "up")
    if only_one is None:
        address = f"http://localhost:{environment.remembered_port(state)}"
        say(f"Lyceum already runs from this folder, at {address}: stop it there with Ctrl-C first.")
        return 1
    with only_one:
        # The file is there when the former `up` was killed: then its site may still be closing the port.
        killed = (state / "port").exists() and environment.remembered_port(state) == port
        patience = time.monotonic() + (PORT_SECONDS if killed else 0)
        while (refusal := port_refusal(port)) and time.monotonic() < patience:
            time.sleep(TICK)
        if refusal:
            say(refusal)
            return 1
        lease.write(state / "port", port)
        os.environ["PORT"] = port
        try:
            return Supervisor(port).run(demo=demo)
        finally:
            (state / "port").unlink(missing_ok=True)


def port_refusal(port: str) -> str:
    """Why the site cannot listen there; empty when it can."""
    if not port.isdigit() or not 0 < int(port) < 65536:
        return f"{port} is no port: use a number from 1 to 65535."
    with socket.socket() as attempt:
        attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            attempt.bind(("127.0.0.1", int(port)))
        except PermissionError:
            return f"Port {port} is not for ordinary users: choose another, with --port 8001 or PORT=8001."
        except OSError:
            return f"Port {port} is taken by another program: choose another, with --port 8001 or PORT=8001."
    return ""


class Supervisor:
    """The processes of one `up`."""

    def __init__(self, port: str) -> None:
        self.port = int(port)
        self.began = time.monotonic()
        self.state = environment.state_dir(environment.BASE)
        self.engines: lease.Lease | None = None
        self.children: list[Child] = []
        self.asked_to_stop = 0
        embedded = "DATABASE_URL" not in os.environ
        if embedded:
            environment.fill(os.environ, environment.BASE)
        self.embedded = embedded
        self.environ = os.environ | {"PYTHONUNBUFFERED": "1"}
        if os.geteuid() == 0:
            self.environ["PYTHONWARNINGS"] = CELERY_ABOUT_ROOT
        self.address = self.environ.setdefault("SITE_URL", f"http://localhost:{port}")

    def run(self, *, demo: bool) -> int:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._hear_signal)
        try:
            self.start_engines()
            self.command("migrate", "--verbosity", "0")
            self.start_web()
            logins = self.demo() if demo else []
            self.start_workers()
            self.greet(logins)
            while True:
                self.tick()
        except Stopped:
            return 0
        except (Failed, lease.NotStarted) as reason:
            say(str(reason))
            return 1
        finally:
            self.stop()

    def _hear_signal(self, *_: object) -> None:
        self.asked_to_stop += 1

    def seconds(self) -> str:
        return f"{time.monotonic() - self.began:.1f} s"

    def tick(self) -> None:
        """Let a moment pass, and see to whoever died in it."""
        if self.asked_to_stop:
            raise Stopped
        for child in self.children:
            child.look()
        if self.engines is not None and not self.engines.alive():
            say("the engines ended and are started again")
            self.engines.ensure()
        time.sleep(TICK)

    def start_engines(self) -> None:
        if self.embedded:
            self.engines = lease.Lease(self.state)
            say(f"PostgreSQL and Valkey are ready ({self.seconds()})")

    def python(self, name: str, *arguments: str) -> Child:
        return Child(name, [sys.executable, *arguments], self.environ)

    def command(self, *arguments: str) -> list[str]:
        """Run a command of manage.py to its end and give its lines; `Failed`, and shown, without success."""
        written: list[str] = []
        child = self.python(arguments[0], "manage.py", *arguments)
        child.start(written.append)
        try:
            while (code := child.code()) is None:
                self.tick()
        finally:
            child.ask_to_stop()
            child.wait(time.monotonic() + STOP_SECONDS)
        if code != 0:
            for line in written:
                say(line, child.name)
            raise Failed(f"`manage.py {' '.join(arguments)}` ended {ending(code)}; see its lines above.")
        return written

    def start_web(self) -> None:
        """Start the site and wait for its first page."""
        web = self.python(
            "web", "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(self.port),
            "--workers", "1", "--blocking-threads", "4", "--log-level", "warning", "config.wsgi:application",
        )  # fmt: skip
        self.children.append(web)
        web.start()
        deadline = time.monotonic() + FIRST_PAGE_SECONDS
        while (status := page_status(self.port)) is None:
            if web.failures > 2 or time.monotonic() > deadline:
                raise Failed("The site does not answer; see the lines of `web` above.")
            self.tick()
        say(f"the first page answers with {status} at {self.address} ({self.seconds()})")

    def demo(self) -> list[str]:
        """What the demo command says about signing in; it makes the organization where there is none."""
        try:
            return self.command("demo")
        except Failed as reason:
            say(f"{reason} The site runs without a demo organization.")
            return []

    def start_workers(self) -> None:
        celery = ("-m", "celery", "-A", "config.celery")
        for queue, tasks in WORKERS.items():
            worker = self.python(
                queue, *celery, "--quiet", "worker", "--queues", queue, "--hostname", f"{queue}@%h",
                "--concurrency", str(tasks), "--loglevel", "WARNING", "--without-mingle", "--without-gossip",
            )  # fmt: skip
            self.children.append(worker)
        schedule = str(self.state / "beat-schedule")
        self.children.append(
            self.python(
                "beat",
                *celery,
                "--quiet",
                "beat",
                "--schedule",
                schedule,
                "--pidfile=",
                "--loglevel",
                "WARNING",
            )
        )
        for child in self.children[1:]:
            child.start()

    def greet(self, logins: list[str]) -> None:
        rule = "-" * 72
        lines = [rule, f"Lyceum runs at {self.address}   (Ctrl-C stops it)", *logins, rule]
        for line in lines:
            say(line)

    def stop(self) -> None:
        """Stop in reverse order; a second Ctrl-C no longer waits."""
        heard = self.asked_to_stop
        for child in reversed(self.children):
            child.ask_to_stop()
        end = time.monotonic() + STOP_SECONDS
        for child in reversed(self.children):
            while child.process is not None and child.code() is None:
                if self.asked_to_stop > heard or time.monotonic() > end:
                    break
                time.sleep(0.02)
            child.wait(time.monotonic())
            say("stopped", child.name)
        if self.engines is not None:
            self.engines.release()
        say("stopped")


def page_status(port: int) -> int | None:
    """The status of the first page, redirects followed; None while nothing listens."""
    path = "/"
    for _ in range(5):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        try:
            connection.request("GET", path, headers={"Host": f"localhost:{port}"})
            response = connection.getresponse()
            location = response.getheader("Location")
            if location is None:
                return response.status
            path = urlsplit(urljoin(path, location)).path
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()
    return None
