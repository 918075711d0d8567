"""Many clients of the database at once, each a process with a connection of its own.

Threads would share one interpreter, and it would be what is measured.
"""

import multiprocessing
import signal
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from multiprocessing.synchronize import Barrier
from threading import BrokenBarrierError
from typing import Any

from django.db import connection

# As many as the server lets in next to its other clients.
CLIENTS = 20
_fork = multiprocessing.get_context("fork")


@dataclass(frozen=True)
class Clients:
    """Processes that are connected and wait for `go`."""

    door: Barrier
    processes: list[tuple[BaseProcess, "Connection[Any, Any]"]]

    def go(self) -> list[Any]:
        """Let all begin in the same moment, and give every answer. RuntimeError when a client failed."""
        with suppress(BrokenBarrierError):  # the client that broke it says why
            self.door.wait()
        answers = [answer for _process, pipe in self.processes for answer in _received(pipe)]
        for process, _pipe in self.processes:
            process.join()
        return answers


def ready(attempt: Callable[[Any], Any], tasks: Sequence[Any]) -> Clients:
    """Clients that will call `attempt` for the tasks, dealt out in turn: neighbours run at the same time."""
    connection.close()  # or the forked processes would share it
    count = min(CLIENTS, len(tasks))
    door = _fork.Barrier(count + 1)
    processes: list[tuple[BaseProcess, Connection[Any, Any]]] = []
    for number in range(count):
        ours, theirs = _fork.Pipe(duplex=False)
        process = _fork.Process(
            target=_attempt_all, args=(attempt, tasks[number::count], door, theirs), daemon=True
        )
        process.start()
        theirs.close()
        processes.append((process, ours))
    return Clients(door, processes)


def _attempt_all(
    attempt: Callable[[Any], Any], tasks: Sequence[Any], door: Barrier, pipe: "Connection[Any, Any]"
) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that started this one
    answers: list[Any] | Exception = []
    try:
        connection.ensure_connection()
        door.wait()
        answers = [attempt(task) for task in tasks]
    except BrokenBarrierError:
        answers = []
    except Exception as error:
        door.abort()
        answers = error
    finally:
        pipe.send(answers)
        connection.close()


def _received(pipe: "Connection[Any, Any]") -> list[Any]:
    answers = pipe.recv()
    if isinstance(answers, Exception):
        raise RuntimeError(f"A client failed: {answers}") from answers
    return list(answers)
