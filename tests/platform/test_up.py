"""`manage.py up` for real: refusals, sudden death, and a clean end."""

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
READY = "Ctrl-C stops it"

pytestmark = pytest.mark.worker


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def table() -> dict[int, int]:
    """Every living process and its parent; from /proc, or from `ps` where there is none."""
    if not Path("/proc/self/stat").exists():
        listed = subprocess.check_output(["ps", "-eo", "pid=,ppid=,stat="], text=True)
        rows = [line.split() for line in listed.splitlines()]
        return {int(pid): int(parent) for pid, parent, state in rows if not state.startswith("Z")}
    found = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(FileNotFoundError, ProcessLookupError):
            state, parent = path.read_text(encoding="utf-8").rpartition(")")[2].split()[:2]
            if state != "Z":
                found[int(path.parent.name)] = int(parent)
    return found


def offspring(pid: int) -> set[int]:
    processes = table()
    found = {pid}
    while more := {child for child, parent in processes.items() if parent in found} - found:
        found |= more
    return found - {pid}


def wait_for_death(pids: set[int], seconds: float = 60) -> set[int]:
    """Those still alive after at most `seconds`."""
    end = time.monotonic() + seconds
    while (alive := pids & table().keys()) and time.monotonic() < end:
        time.sleep(0.1)
    return alive


class Site:
    """One state folder, in which `up` may be started again and again."""

    def __init__(self, state: Path) -> None:
        self.state = state
        self.port = free_port()
        names = {"PATH", "HOME", "PYTHONDONTWRITEBYTECODE"} & os.environ.keys()
        self.environ = {name: os.environ[name] for name in names} | {"LYCEUM_STATE_DIR": str(state)}
        self.started: list[subprocess.Popen] = []

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, str(ROOT / "manage.py"), *arguments]

    def run(self, *arguments: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            self.command(*arguments), env=self.environ, capture_output=True, text=True, check=False, cwd="/"
        )

    def up(self) -> subprocess.Popen:
        """Start it and read until it says that it is ready; fails when it ends before."""
        process = subprocess.Popen(
            self.command("up", "--no-demo", "--port", str(self.port)),
            env=self.environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.started.append(process)
        said = []
        for line in process.stdout:
            said.append(line)
            if READY in line:
                return process
        raise AssertionError("".join(said))

    def end(self) -> None:
        for process in self.started:
            with suppress(ProcessLookupError):
                process.kill()
            process.stdout.close()
            process.wait()


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """One folder for all tests here, as for a person: only the first start has to migrate."""
    return Site(tmp_path_factory.mktemp("up") / "state")


@pytest.fixture
def site(home):
    yield home
    home.end()


def test_a_taken_port_is_named_before_anything_is_started(site, tmp_path):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        refused = Site(tmp_path / "state").run("up", "--port", str(taken))
    assert refused.returncode == 1
    assert refused.stdout == (
        f"lyceum  | Port {taken} is taken by another program: "
        "choose another, with --port 8001 or PORT=8001.\n"
    )
    assert not (tmp_path / "state/logs").exists()


def test_a_second_up_is_refused_and_a_sudden_death_leaves_nothing_behind(site):
    running = site.up()
    second = site.run("up", "--port", str(free_port()))
    assert (second.returncode, second.stdout) == (
        1,
        f"lyceum  | Lyceum already runs from this folder, at http://localhost:{site.port}: "
        "stop it there with Ctrl-C first.\n",
    )
    others = offspring(running.pid)
    running.kill()
    running.wait()
    assert len(others) >= 8  # the keeper, two engines, web, three workers and beat, and children of theirs
    assert wait_for_death(others) == set()


def test_up_mends_a_dead_worker_and_ctrl_c_ends_everything(site):
    running = site.up()
    worker = max(pid for pid in offspring(running.pid) if table()[pid] == running.pid)
    os.kill(worker, signal.SIGKILL)
    assert any("is started again in 1 s" in line for line in running.stdout)
    assert site.run("check", "--database", "default").returncode == 0

    others = offspring(running.pid)
    running.send_signal(signal.SIGINT)
    last = running.stdout.read().splitlines()[-1]
    assert (running.wait(), last) == (0, "lyceum  | stopped")
    assert others & table().keys() == set()
