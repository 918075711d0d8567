"""`manage.py test`: what it adds to the arguments, and which browser it finds."""

import pytest

from config.embedded.browser import chromium_path
from config.embedded.testing import arguments

SPREAD = ["-n", "2", "--dist", "worksteal"]


@pytest.mark.parametrize("given", [[], ["-q"], ["-k", "joining"], ["--color=yes"], ["-m", "not browser"]])
def test_the_whole_suite_runs_on_all_cores(given):
    assert arguments(given, cores=2) == [*SPREAD, *given]


@pytest.mark.parametrize(
    "given",
    [["tests/platform"], ["tests/platform/test_testing.py::test_x", "-q"], ["-n0"], ["-n", "4"], ["--pdb"]],
)
def test_what_is_named_runs_as_it_is_named(given):
    assert arguments(given, cores=2) == given


def test_a_big_machine_gets_no_more_workers_than_databases_are_worth_and_a_small_one_none():
    assert arguments([], cores=64)[:2] == ["-n", "8"]
    assert arguments([], cores=1) == []


def test_a_browser_named_in_the_environment_counts_and_no_other(monkeypatch, tmp_path):
    browser = tmp_path / "browser"
    browser.touch(mode=0o755)
    monkeypatch.setenv("CHROMIUM", str(browser))
    assert chromium_path() == str(browser)
    monkeypatch.setenv("CHROMIUM", str(tmp_path / "none"))
    assert chromium_path() is None
