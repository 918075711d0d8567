"""The benchmarks run on a few rows: every way of doing the work comes to the same end."""

import json
import os
import signal
import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from config.benchmarks import clients, databases, harness
from config.benchmarks.harness import Benchmark, Variant
from config.management.commands.benchmark import BENCHMARKS

ROOT = Path(__file__).resolve().parents[2]
RATIOS = {"import": 3, "seats": 2, "mail": 2, "catalog": 2}
# Without apps nothing is migrated, which would take most of the time.
WITHOUT_APPS = """
import json, os, time
from django.conf import settings
settings.configure(DATABASES={"default": json.loads(os.environ["BENCHMARK_DATABASE"])}, USE_TZ=True)
import django
django.setup()
from django.db import connection
from config.benchmarks.databases import throwaway_database
with throwaway_database():
    print(connection.settings_dict["NAME"], flush=True)
    time.sleep(60)
"""
NOBODY = 2**22 + 1  # beyond the largest process id of Linux


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", BENCHMARKS)
def test_the_product_the_floor_and_the_naive_way_come_to_the_same_end(name):
    said: list[str] = []
    harness.run(BENCHMARKS[name], rows=40, rounds=1, say=said.append)
    assert said[0].startswith(f"{name}: 40 rows, 1 rounds, ")
    assert said[1].startswith("  round 1: ")
    assert len(said) == 2 + RATIOS[name]


def _answering(*values: int) -> Benchmark:
    """A benchmark whose variants give these answers."""
    return Benchmark(
        name="odd",
        unit="answers",
        rows=1,
        prepare=lambda rows: nullcontext(rows),
        result=lambda prepared, returned: returned,
        variants=tuple(Variant(f"says {value}", lambda prepared, value=value: value) for value in values),
    )


def test_two_results_that_differ_are_an_error():
    with pytest.raises(harness.ResultsDiffer, match="odd, round 1: {'says 1': 1, 'says 2': 2}"):
        harness.run(_answering(1, 2), rows=1, rounds=1, say=print)


def test_each_round_the_ratio_and_its_range_are_printed():
    said: list[str] = []
    harness.run(_answering(1), rows=1, rounds=2, say=said.append)
    assert [line.split(": ")[0] for line in said] == ["odd", "  round 1", "  round 2"]


def test_a_benchmark_nobody_knows_is_refused_before_anything_is_made():
    with pytest.raises(
        CommandError, match="There is no benchmark sums. There are: import, seats, mail, catalog."
    ):
        call_command("benchmark", "sums")


def test_a_fresh_process_measures_in_a_throwaway_database_only(db):
    with pytest.raises(harness.ResultsDiffer, match="This runs in a throw-away database only."):
        harness.run_once(_answering(1), b"")


@pytest.mark.django_db(transaction=True)
def test_many_clients_give_all_answers_and_one_that_fails_is_an_error():
    assert sorted(clients.ready(abs, [-1, -2, -3]).go()) == [1, 2, 3]
    with pytest.raises(RuntimeError, match="A client failed: bad operand type"):
        clients.ready(abs, ["a"]).go()


@pytest.mark.django_db(transaction=True)
def test_databases_of_dead_benchmarks_are_swept_and_others_stay():
    left, running, other = (f"benchmark_{name}" for name in (NOBODY, os.getpid(), "of_ours"))
    try:
        with connection.cursor() as cursor:
            for name in (left, running, other):
                cursor.execute(f"create database {name} template template0")
        assert left in databases.sweep()
        with connection.cursor() as cursor:
            cursor.execute("select datname from pg_database where starts_with(datname, 'benchmark_')")
            names = {name for (name,) in cursor.fetchall()}
        assert {running, other} <= names
        assert left not in names
    finally:
        with connection.cursor() as cursor:
            for name in (left, running, other):
                cursor.execute(f"drop database if exists {name}")


@pytest.mark.worker
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_benchmark_that_is_ended_leaves_no_database(number):
    environment = os.environ | {"BENCHMARK_DATABASE": json.dumps(connection.settings_dict)}
    process = subprocess.Popen(
        [sys.executable, "-c", WITHOUT_APPS],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout.readline() == f"benchmark_{process.pid}\n"
    process.send_signal(number)
    process.communicate()
    assert process.returncode != 0
    with connection.cursor() as cursor:
        cursor.execute("select 1 from pg_database where datname = %s", [f"benchmark_{process.pid}"])
        assert cursor.fetchone() is None
