"""The project's own source files, parsed once for the guards."""

import ast
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
APPS = ("orgs", "catalog", "programs", "learners", "messaging", "reporting", "analytics")


def files(*patterns: str) -> list[Path]:
    """Files below the project's own folders that match, migrations left out; paths relative to the root."""
    found = {path for pattern in patterns for folder in (*APPS, "config", "templates", "static", "tests")
             for path in (ROOT / folder).rglob(pattern)}  # fmt: skip
    return sorted(path.relative_to(ROOT) for path in found if "migrations" not in path.parts)


@lru_cache
def tree(path: Path) -> ast.Module:
    return ast.parse((ROOT / path).read_text(encoding="utf-8"))


def layer(path: Path) -> str:
    """The layer a module belongs to: `views` for learners/people/views/joining.py."""
    parts = path.with_suffix("").parts[1:]
    return next((part for part in parts if part not in ("people", "learning")), "")


def modules(*layers: str) -> list[Path]:
    """The apps' modules of these layers."""
    return [path for path in files("*.py") if path.parts[0] in APPS and layer(path) in layers]


def public_functions(path: Path) -> Iterator[ast.FunctionDef]:
    """The functions at the top of a module whose names do not begin with an underscore."""
    for node in tree(path).body:
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            yield node
