"""A child process of the supervisor: its lines get a prefix, its death is noticed, its end is thorough."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress

from config.embedded import launch
from config.embedded.environment import BASE

LONGEST_PAUSE = 30
STEADY_SECONDS = 60

_output = threading.Lock()


def say(text: str, name: str = "lyceum") -> None:
    """One line for the person at the terminal, with the name of who says it; silent when nobody listens."""
    with _output, suppress(OSError, ValueError):
        sys.stdout.write(f"{name:<8}| {text}\n")
        sys.stdout.flush()


class Child:
    """One program, started as often as needed. Linux ends it when the supervisor dies."""

    def __init__(self, name: str, argv: list[str], environ: dict[str, str]) -> None:
        self.name = name
        self.argv = argv
        self.environ = environ
        self.failures = 0
        self.again_at: float | None = None
        self.process: subprocess.Popen[str] | None = None
        self._reader: threading.Thread | None = None
        self._started = 0.0

    def start(self, hear: Callable[[str], None] | None = None) -> None:
        """Start it; every line it writes goes to `hear`, or to the terminal with its name in front."""
        hear = hear or (lambda line: say(line, self.name))
        self.again_at = None
        self._started = time.monotonic()
        self.process = subprocess.Popen(
            launch.command(self.argv, death=signal.SIGTERM),
            cwd=BASE,
            env=self.environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            process_group=0,
        )
        self._reader = threading.Thread(target=self._read, args=(self.process, hear), daemon=True)
        self._reader.start()

    @staticmethod
    def _read(process: subprocess.Popen[str], hear: Callable[[str], None]) -> None:
        assert process.stdout is not None
        with process.stdout as lines:
            for line in lines:
                if line.strip():
                    hear(line.rstrip("\n"))

    def code(self) -> int | None:
        """How it ended; None while it runs or has not been started."""
        return None if self.process is None else self.process.poll()

    def look(self) -> None:
        """Start it again some time after it died, later each time that it does not stay."""
        now = time.monotonic()
        code = self.code()
        if code is None:
            if now - self._started > STEADY_SECONDS:
                self.failures = 0
        elif self.again_at is None:
            self._end_group()
            pause = min(LONGEST_PAUSE, 2**self.failures)
            self.failures += 1
            self.again_at = now + pause
            say(f"{self.name} ended ({ending(code)}) and is started again in {pause} s")
        elif now >= self.again_at:
            self.start()

    def ask_to_stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()

    def wait(self, until: float) -> None:
        """Wait for the end that was asked for; enforce it at the given (monotonic) time."""
        if self.process is None:
            return
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(max(0.0, until - time.monotonic()))
        self._end_group()
        self.process.wait()
        if self._reader is not None:
            self._reader.join(1)

    def _end_group(self) -> None:
        """End what the program left behind: the children of a killed worker live on."""
        assert self.process is not None
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)


def ending(code: int) -> str:
    """An exit status in words."""
    return f"by signal {signal.Signals(-code).name}" if code < 0 else f"with status {code}"
