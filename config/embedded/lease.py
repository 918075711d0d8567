"""Who needs the embedded engines, told by kernel locks: a killed process leaves no stale claim behind.

Three empty files in the state folder are locked and never read:

* `users`: every command that needs the engines holds it shared. The keeper waits to hold it alone; when it
  does, nobody is left, and it stops the engines.
* `keeper`: held by the one process that owns the engines.
* `ready`: held by the keeper while both engines answer.
"""

import fcntl
import os
import subprocess
import sys
import time
from io import BufferedRandom
from pathlib import Path

from config.embedded.environment import BASE, make_state

START_SECONDS = 60
STOP_SECONDS = 30


class NotStarted(Exception):
    """The engines did not start; the text says why."""


def lock_file(state: Path, name: str) -> BufferedRandom:
    """Open one of the lock files."""
    folder = state / "locks"
    folder.mkdir(mode=0o700, exist_ok=True)
    return (folder / name).open("a+b")


def try_lock(file: BufferedRandom, how: int) -> bool:
    """Lock without waiting; whether it worked."""
    try:
        fcntl.flock(file, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def is_locked(state: Path, name: str) -> bool:
    """Whether some process holds this lock alone."""
    with lock_file(state, name) as file:
        return not try_lock(file, fcntl.LOCK_SH)


class Lease:
    """The right to use the engines until `release`; taking it starts them when they do not run.

    Raises `NotStarted`. A throw-away state folder is deleted with all its data after the last lease.
    """

    def __init__(self, state: Path, *, throwaway: bool = False) -> None:
        make_state(state)
        self.state = state
        self.throwaway = throwaway
        self._keeper: subprocess.Popen[str] | None = None
        # Waits while a keeper is stopping the engines of the former users.
        self._users = lock_file(state, "users")
        fcntl.flock(self._users, fcntl.LOCK_SH)
        try:
            self.ensure()
        except BaseException:
            self.release()
            raise

    def ensure(self) -> None:
        """Start the engines when they do not run (any more), and wait until they answer."""
        deadline = time.monotonic() + START_SECONDS
        while not self.alive():
            if time.monotonic() > deadline:
                raise NotStarted(f"The engines do not start; see {self.state / 'logs'}.")
            if is_locked(self.state, "keeper"):
                time.sleep(0.02)
            else:
                self._start_keeper()

    def alive(self) -> bool:
        """Whether both engines answered and nothing is known to have changed since."""
        return is_locked(self.state, "ready")

    def _start_keeper(self) -> None:
        self._reap(0)
        logs = self.state / "logs"
        logs.mkdir(exist_ok=True)
        command = [sys.executable, "-m", "config.embedded.keeper", str(self.state)]
        with (logs / "keeper.log").open("ab") as log:
            keeper = subprocess.Popen(
                command + ["--throwaway"] * self.throwaway,
                cwd=BASE,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                start_new_session=True,
            )
        self._keeper = keeper
        assert keeper.stdout is not None
        with keeper.stdout as output:
            said = output.read().strip()
        if said not in ("ready", "taken"):
            raise NotStarted(said or f"The engines do not start; see {logs}.")

    def release(self) -> None:
        """Give the right back; the engines stop when it was the last. Waits until they have."""
        if self._users.closed:
            return
        self._users.close()
        if self.throwaway:
            # Its own keeper deletes the folder, so no lock file may be opened in it any more.
            self._reap(STOP_SECONDS)
            return
        end = time.monotonic() + STOP_SECONDS
        others_since: float | None = None
        while is_locked(self.state, "keeper") and time.monotonic() < end:
            if is_locked(self.state, "users"):
                others_since = None
            else:
                # Nobody holds it alone: either the keeper is about to, or others use the engines.
                others_since = others_since or time.monotonic()
                if time.monotonic() - others_since > 0.5:
                    return
            time.sleep(0.02)
        self._reap(5)

    def _reap(self, seconds: float) -> None:
        if self._keeper is not None:
            try:
                self._keeper.wait(seconds)
            except subprocess.TimeoutExpired:
                return
            self._keeper = None


def exclusive(state: Path, name: str) -> BufferedRandom | None:
    """Hold a lock of this state folder for the rest of the process's life; None when another has it."""
    make_state(state)
    file = lock_file(state, name)
    if try_lock(file, fcntl.LOCK_EX):
        return file
    file.close()
    return None


def write(path: Path, text: str) -> None:
    """Write a small file so that a reader sees the old or the new one, never half of it."""
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)
