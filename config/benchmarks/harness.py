"""How a benchmark is run: product, floor and naive way alternate, and must give the same result.

Absolute figures drift twofold from minute to minute, so only ratios taken alternately in one run
count. A fresh process measures peak memory, since a process never gives back what it once took.
"""

import os
import platform
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from django.conf import settings
from django.db import connection

PREFIX = "benchmark_"


@dataclass(frozen=True)
class Variant:
    """One way of doing the work. `run(prepared)` is timed.

    `compared=False` leaves a physical floor, which does less than the work, out of the comparison.
    """

    name: str
    run: Callable[[Any], Any]
    compared: bool = True


@dataclass(frozen=True)
class Benchmark:
    """`prepare(rows)` makes fresh input, `result(prepared, returned)` says what came of it and must be equal
    among the variants; both are not timed. `units(rows)` is how much work one run is.

    The first variant is the product's path; `targets` maps another variant's name to the least
    ratio (product's rate over that variant's) that performance.md asks for.
    """

    name: str
    unit: str
    rows: int
    prepare: Callable[[int], Any]
    result: Callable[[Any, Any], Any]
    variants: tuple[Variant, ...]
    targets: dict[str, float] = field(default_factory=dict)
    units: Callable[[int], int] = int


class ResultsDiffer(Exception):
    """Two ways of doing the same work came to different ends, or one came to an end that may not be."""


@contextmanager
def throwaway_database() -> Iterator[None]:
    """A migrated database of this process's own, dropped at the end."""
    connection.settings_dict["TEST"]["NAME"] = f"{PREFIX}{os.getpid()}"
    former = connection.settings_dict["NAME"]
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        yield
    finally:
        connection.creation.destroy_test_db(former, verbosity=0)


def run(benchmark: Benchmark, *, rows: int, rounds: int, say: Callable[[str], object]) -> None:
    """Run every variant once per round, in turn, and print each rate, then the ratios with their range.

    Raises `ResultsDiffer` when two compared variants disagree in any round.
    """
    say(f"{benchmark.name}: {rows:,} rows, {rounds} rounds, {benchmark.unit}/s")
    rates: dict[str, list[float]] = {variant.name: [] for variant in benchmark.variants}
    for number in range(1, rounds + 1):
        results = {}
        for variant in benchmark.variants:
            prepared = benchmark.prepare(rows)
            start = time.perf_counter()
            returned = variant.run(prepared)
            rates[variant.name].append(benchmark.units(rows) / (time.perf_counter() - start))
            result = benchmark.result(prepared, returned)
            if variant.compared:
                results[variant.name] = result
        if any(result != next(iter(results.values())) for result in results.values()):
            raise ResultsDiffer(f"{benchmark.name}, round {number}: {results}")
        say(f"  round {number}: " + ", ".join(f"{name} {taken[-1]:,.0f}" for name, taken in rates.items()))
    product = benchmark.variants[0].name
    for variant in benchmark.variants[1:]:
        say("  " + _ratio(product, variant.name, rates, benchmark.targets.get(variant.name)))


def _ratio(product: str, other: str, rates: dict[str, list[float]], target: float | None) -> str:
    ratios = [a / b for a, b in zip(rates[product], rates[other], strict=True)]
    median = statistics.median(ratios)
    line = f"{product} / {other}: median {median:.2f}, min {min(ratios):.2f}, max {max(ratios):.2f}"
    if target is None:
        return line
    return f"{line}; target {target:g} {'met' if median >= target else 'missed'}"


def run_once(benchmark: Benchmark, *, rows: int) -> None:
    """The product's path alone, in the database that `throwaway_database` made in another process."""
    if not connection.settings_dict["NAME"].startswith(PREFIX):
        raise ResultsDiffer("This runs in a throw-away database only.")
    prepared = benchmark.prepare(rows)
    benchmark.result(prepared, benchmark.variants[0].run(prepared))


def peak_memory(benchmark: Benchmark, *, rows: int) -> float:
    """MiB at the peak of a fresh process that prepares and runs the product's path once."""
    command = [sys.executable, "manage.py", "benchmark", benchmark.name, "--memory", "--rows", str(rows)]
    address = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}")
    environment = os.environ | {"DATABASE_URL": urlunsplit(address)}
    finished = subprocess.run(
        command, capture_output=True, text=True, check=True, env=environment, cwd=settings.BASE_DIR
    )
    return float(finished.stdout.split()[-1])


def own_peak_memory() -> float:
    """MiB that this process held at its peak."""
    status = Path("/proc/self/status")
    if status.exists():
        # Not `ru_maxrss`: on Linux a child begins with the peak of the process that started it.
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) / 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024 * 1024 if sys.platform == "darwin" else 1024)


def machine() -> str:
    """One line that says on what the figures were taken."""
    with connection.cursor() as cursor:
        cursor.execute("show server_version")
        server = cursor.fetchone()[0].split()[0]
    python = platform.python_version()
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    return f"{os.cpu_count()} cores, {platform.system()}, Python {python}, PostgreSQL {server}, load {load}"
