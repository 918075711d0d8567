"""How a benchmark is run: product, floor and naive way alternate, and must give the same result.

Absolute figures drift twofold from minute to minute, so only ratios taken alternately in one run
count. A fresh process measures peak memory, since a process never gives back what it once took.

A new benchmark is a module next to this one that ends in a `BENCHMARK`, and a name in the list of
`config/management/commands/benchmark.py`. The smallest one:

    @contextmanager
    def prepare(rows: int) -> Iterator[Place]:
        yield make_place()                 # fresh data for one run; what needs closing is closed after it

    def by_product(place: Place) -> object:
        return counting.members(place.program)

    def by_loop(place: Place) -> object:
        return sum(1 for _one in Membership.objects.filter(program=place.program))

    def result(place: Place, returned: object) -> object:
        return returned                    # equal for all variants, or the benchmark fails

    BENCHMARK = Benchmark(
        name="count", unit="members", rows=10_000, prepare=prepare, result=result,
        variants=(Variant("product", by_product), Variant("loop", by_loop, target=2)), memory=100,
    )

What `prepare` yields is pickled for the process that measures memory: keep to rows, numbers and paths,
and make connections and the like in a variant's `ready`. Everything else (rounds, alternation, ratios,
memory, printing) is done here.
"""

import os
import pickle
import platform
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from django.conf import settings
from django.db import connection

from config.benchmarks import databases


def as_prepared(prepared: Any) -> Any:
    """Nothing to do before the clock starts."""
    return prepared


@dataclass(frozen=True)
class Variant:
    """One way of doing the work. `run(ready(prepared))`: `run` is timed, `ready` is not.

    `compared=False` leaves a physical floor, which does less than the work, out of the comparison.
    `target` is the least ratio, the product's rate over this one's, that performance.md asks for.
    """

    name: str
    run: Callable[[Any], Any]
    ready: Callable[[Any], Any] = as_prepared
    compared: bool = True
    target: float | None = None


@dataclass(frozen=True)
class Benchmark:
    """`prepare(rows)` makes fresh input, `result(prepared, returned)` says what came of it and must be equal
    among the variants; both are not timed. `units(rows)` is how much work one run is.

    The first variant is the product's path. `rate` is the least number of units a second and `memory` the
    most MiB of a fresh process that performance.md asks of it.
    """

    name: str
    unit: str
    rows: int
    prepare: Callable[[int], AbstractContextManager[Any]]
    result: Callable[[Any, Any], Any]
    variants: tuple[Variant, ...]
    units: Callable[[int], int] = int
    rate: float | None = None
    memory: float | None = None


class ResultsDiffer(Exception):
    """Two ways of doing the same work came to different ends, or one came to an end that may not be."""


def run(benchmark: Benchmark, *, rows: int, rounds: int, say: Callable[[str], object]) -> None:
    """Run every variant once per round, in turn, and print each rate, then the ratios with their range.

    Raises `ResultsDiffer` when two compared variants disagree in any round.
    """
    say(f"{benchmark.name}: {rows:,} rows, {rounds} rounds, {benchmark.unit}/s")
    rates: dict[str, list[float]] = {variant.name: [] for variant in benchmark.variants}
    for number in range(1, rounds + 1):
        results = {}
        for variant in benchmark.variants:
            seconds, result = _timed(benchmark, variant, rows)
            rates[variant.name].append(benchmark.units(rows) / seconds)
            if variant.compared:
                results[variant.name] = result
        if any(result != next(iter(results.values())) for result in results.values()):
            raise ResultsDiffer(f"{benchmark.name}, round {number}: {results}")
        say(f"  round {number}: " + ", ".join(f"{name} {_short(taken[-1])}" for name, taken in rates.items()))
    product, *others = benchmark.variants
    if benchmark.rate is not None:
        median = statistics.median(rates[product.name])
        say(f"  {product.name}: median {_short(median)} {benchmark.unit}/s{_verdict(median, benchmark.rate)}")
    for other in others:
        ratios = [a / b for a, b in zip(rates[product.name], rates[other.name], strict=True)]
        median = statistics.median(ratios)
        spread = f"median {_short(median)}, min {_short(min(ratios))}, max {_short(max(ratios))}"
        say(f"  {product.name} / {other.name}: {spread}{_verdict(median, other.target)}")


def measure_memory(benchmark: Benchmark, *, rows: int, say: Callable[[str], object]) -> None:
    """Print the peak of a fresh process that runs the product's path once, on input made in this one."""
    command = [sys.executable, "manage.py", "benchmark", benchmark.name, "--memory"]
    address = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}")
    environment = os.environ | {"DATABASE_URL": urlunsplit(address)}
    with benchmark.prepare(rows) as prepared:
        finished = subprocess.run(
            command,
            input=pickle.dumps(prepared),
            stdout=subprocess.PIPE,
            check=True,
            env=environment,
            cwd=settings.BASE_DIR,
        )
    peak = float(finished.stdout.split()[-1])
    met = "" if benchmark.memory is None else _target(benchmark.memory, peak <= benchmark.memory)
    say(f"  peak memory of a fresh process: {peak:.0f} MiB{met}")


def run_once(benchmark: Benchmark, prepared: bytes) -> float:
    """The product's path alone, on what another process prepared; MiB at the peak of this one."""
    if not databases.is_throwaway(connection.settings_dict["NAME"]):
        raise ResultsDiffer("This runs in a throw-away database only.")
    product = benchmark.variants[0]
    product.run(product.ready(pickle.loads(prepared)))  # noqa: S301 - from the process that started this one
    return own_peak_memory()


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


def _timed(benchmark: Benchmark, variant: Variant, rows: int) -> tuple[float, Any]:
    with benchmark.prepare(rows) as prepared:
        ready = variant.ready(prepared)
        start = time.perf_counter()
        returned = variant.run(ready)
        seconds = time.perf_counter() - start
        return seconds, benchmark.result(prepared, returned)


def _verdict(value: float, least: float | None) -> str:
    return "" if least is None else _target(least, value >= least)


def _target(wanted: float, is_met: bool) -> str:
    return f"; target {_short(wanted)} {'met' if is_met else 'missed'}"


def _short(value: float) -> str:
    """Three digits or so, whatever the size."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
