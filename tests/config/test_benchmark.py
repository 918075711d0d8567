"""The benchmarks run on a few rows: every way of doing the work comes to the same end."""

import pytest
from django.core.management import CommandError, call_command

from config.benchmarks import harness
from config.management.commands.benchmark import BENCHMARKS

RATIOS = {"import": 2, "seats": 2, "mail": 2}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", BENCHMARKS)
def test_the_product_the_floor_and_the_naive_way_come_to_the_same_end(name):
    said: list[str] = []
    harness.run(BENCHMARKS[name], rows=40, rounds=1, say=said.append)
    assert said[0].startswith(f"{name}: 40 rows, 1 rounds, ")
    assert said[1].startswith("  round 1: ")
    assert len(said) == 2 + RATIOS[name]


def _said_by(value: int) -> harness.Variant:
    return harness.Variant(f"says {value}", lambda prepared: value)


def test_two_results_that_differ_are_an_error():
    benchmark = harness.Benchmark(
        name="odd",
        unit="answers",
        rows=1,
        prepare=lambda rows: rows,
        result=lambda prepared, returned: returned,
        variants=(_said_by(1), _said_by(2)),
    )
    with pytest.raises(harness.ResultsDiffer, match="odd, round 1: {'says 1': 1, 'says 2': 2}"):
        harness.run(benchmark, rows=1, rounds=1, say=print)


def test_a_benchmark_nobody_knows_is_refused_before_anything_is_made():
    with pytest.raises(CommandError, match="There is no benchmark sums. There are: import, seats, mail."):
        call_command("benchmark", "sums")
