"""What each kind of file does and does not: the rules of the house, read from the source."""

import ast
import re
import tomllib

import pytest

from tests.architecture.source import APPS, ROOT, files, layer, modules, public_functions, tree

LONG_ON_PURPOSE: dict[str, str] = {}
KERNEL = {
    "access",
    "audit",
    "errors",
    "jobs",
    "mailing",
    "models",
    "navigation",
    "outbox",
    "permissions",
    "tenancy",
}
SHARED = {"models", "queries", "actions", "pages"}
RUNS_WIDE = {"management", "migrations"}


@pytest.mark.parametrize("path", files("*.py", "*.css", "*.js"), ids=str)
def test_no_file_grows_past_400_lines(path):
    lines = len((ROOT / path).read_text(encoding="utf-8").splitlines())
    assert lines <= 400 or str(path) in LONG_ON_PURPOSE


@pytest.mark.parametrize("path", files("*.html"), ids=str)
def test_no_template_grows_past_150_lines(path):
    lines = len((ROOT / path).read_text(encoding="utf-8").splitlines())
    assert lines <= 150 or str(path) in LONG_ON_PURPOSE


@pytest.mark.parametrize("path", modules("views"), ids=str)
def test_views_are_short_and_touch_neither_managers_nor_transactions(path):
    for node in ast.walk(tree(path)):
        assert not (
            isinstance(node, ast.Attribute) and node.attr in ("objects", "_default_manager", "atomic")
        )
    for function in (node for node in ast.walk(tree(path)) if isinstance(node, ast.FunctionDef)):
        first = (
            function.body[1] if ast.get_docstring(function) and len(function.body) > 1 else function.body[0]
        )
        assert (function.end_lineno or 0) - first.lineno < 25, function.name


@pytest.mark.parametrize("path", modules("actions"), ids=str)
def test_actions_are_keyword_only_annotated_and_say_who_asks(path):
    for function in public_functions(path):
        if not _writes(function):
            continue
        names = [argument.arg for argument in function.args.kwonlyargs]
        assert not function.args.args, f"{function.name} takes positional arguments"
        assert "by" in names, f"{function.name} does not say who asks"
        assert all(argument.annotation for argument in function.args.kwonlyargs), function.name
        assert function.returns is not None, function.name


def _writes(function: ast.FunctionDef) -> bool:
    """Context managers and decorators aside, every public function of an action module is an action."""
    return not any(
        isinstance(mark, ast.Name) and mark.id == "contextmanager" for mark in function.decorator_list
    )


@pytest.mark.parametrize("path", [*modules("actions", "queries"), *files("lib/*.py")], ids=str)
def test_public_functions_carry_docstrings(path):
    for function in public_functions(path):
        assert ast.get_docstring(function), function.name


@pytest.mark.parametrize("path", [path for path in files("*.py") if path.parts[0] in APPS], ids=str)
def test_other_apps_are_entered_by_their_models_queries_and_actions_only(path):
    if layer(path) in RUNS_WIDE:
        return
    for node in ast.walk(tree(path)):
        for module in _imported(node):
            app, _, rest = module.partition(".")
            if app in APPS and app != path.parts[0]:
                entered = next(
                    (part for part in rest.split(".") if part not in ("people", "learning", "")), ""
                )
                allowed = KERNEL | SHARED if app == "orgs" else SHARED
                assert entered in allowed or entered == "names", f"{path} imports {module}"


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.module:
        return [f"{node.module}.{alias.name}" for alias in node.names]
    return []


@pytest.mark.parametrize("path", [path for path in files("*.py") if path.parts[0] in APPS], ids=str)
def test_no_signals_and_no_save_overrides(path):
    for node in ast.walk(tree(path)):
        assert not any(module.startswith("django.db.models.signals") for module in _imported(node))
        if isinstance(node, ast.ClassDef):
            assert "save" not in {item.name for item in node.body if isinstance(item, ast.FunctionDef)}, (
                node.name
            )


PAGES = [path for path in files("*.html") if "email" not in path.parts]


@pytest.mark.parametrize("path", PAGES, ids=str)
def test_templates_carry_no_inline_style_or_script(path):
    text = (ROOT / path).read_text(encoding="utf-8")
    assert not re.search(r"<style\b|\sstyle=|\son[a-z]+=|<script(?![^>]*\bsrc=)[^>]*>\s*\S|javascript:", text)


@pytest.mark.parametrize("path", [*PAGES, *files("*.txt")], ids=str)
def test_words_are_the_products_own(path):
    text = (ROOT / path).read_text(encoding="utf-8")
    assert not re.search(r"\b(licenses?|whitelist|blacklist|enrolment|e-?learning)\b", text, re.IGNORECASE)


def test_dependencies_are_locked_without_addresses():
    for name in ("production", "development"):
        lock = (ROOT / "config/requirements" / f"{name}.txt").read_text(encoding="utf-8")
        assert "://" not in lock
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
    production = (ROOT / "config/requirements/production.txt").read_text(encoding="utf-8")
    for requirement in declared:
        name = re.split(r"[\[<>=]", requirement)[0]
        assert re.search(rf"^{re.escape(name)}(\[|==)", production, re.MULTILINE), name
