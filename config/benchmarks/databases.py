"""The throw-away database of a benchmark, and what is left of those whose process was killed."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from django.db import connection

PREFIX = "benchmark_"
LEFT_ALONE = """
select datname from pg_database
where starts_with(datname, %(prefix)s)
  and not exists (select from pg_stat_activity where datid = pg_database.oid)
"""


def is_throwaway(name: str) -> bool:
    """Whether a database of this name is one that a benchmark made."""
    return name.startswith(PREFIX) and name.removeprefix(PREFIX).isdigit()


@contextmanager
def throwaway_database() -> Iterator[None]:
    """A migrated database of this process's own, dropped at the end, be it by Ctrl-C or SIGTERM.

    First drops what killed benchmarks left behind.
    """
    former = connection.settings_dict["NAME"]
    own = f"{PREFIX}{os.getpid()}"
    connection.settings_dict["TEST"]["NAME"] = own
    before = signal.signal(signal.SIGTERM, _end)
    try:
        sweep()
        connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
        yield
    finally:
        # The cleaning is short, and breaking it off would leave the database behind.
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)
        connection.close()
        connection.settings_dict["NAME"] = former
        _drop(own)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.signal(signal.SIGTERM, before)


def sweep() -> list[str]:
    """Drop the databases of benchmarks that no longer run: nobody is connected, and the process is gone.

    Returns their names.
    """
    with connection.cursor() as cursor:
        cursor.execute(LEFT_ALONE, {"prefix": PREFIX})
        left = [name for (name,) in cursor.fetchall() if is_throwaway(name)]
    dead = [name for name in left if not _is_alive(int(name.removeprefix(PREFIX)))]
    for name in dead:
        _drop(name)
    return dead


def _drop(name: str) -> None:
    """By force: a client that was killed with the benchmark may not have hung up yet."""
    with connection._nodb_cursor() as cursor:
        cursor.execute(f"drop database if exists {connection.ops.quote_name(name)} with (force)")


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _end(number: int, frame: FrameType | None) -> None:
    raise SystemExit(128 + number)
