"""`manage.py` makes its own environment: from the lock, once, and again after a change or an accident."""

import ast
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MAKE = "import manage; manage.is_current() or manage.make_environment()"


def wheel(folder: Path, version: str) -> str:
    """A package of one line; returns its line in a lock."""
    path = folder / f"tiny-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("tiny.py", f"VERSION = '{version}'\n")
        info = f"tiny-{version}.dist-info"
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: tiny\nVersion: {version}\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
    return f"{path} --hash=sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}\n"


@pytest.fixture
def checkout(tmp_path):
    """A project of `manage.py` and a lock of one package."""
    shutil.copy(ROOT / "manage.py", tmp_path)
    (tmp_path / "config/requirements").mkdir(parents=True)
    for name in ("development", "production"):
        (tmp_path / f"config/requirements/{name}.txt").write_text(wheel(tmp_path, "1.0"), encoding="utf-8")
    return tmp_path


def make(checkout, **environ) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-c", MAKE],
        cwd=checkout,
        env={"PATH": os.environ["PATH"], "HOME": str(checkout), **environ},
        capture_output=True,
        text=True,
        check=False,
    )


def installed(checkout) -> str:
    # Two versions of one size, unpacked in the same second, would share their compiled form.
    argv = [checkout / ".venv/bin/python", "-B", "-c", "import tiny; print(tiny.VERSION)"]
    return subprocess.check_output(argv, text=True).strip()


def module(checkout):
    spec = importlib.util.spec_from_file_location("manage_of_a_test", checkout / "manage.py")
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


@pytest.mark.parametrize("tool", [{}, {"NO_UV": "1"}], ids=["uv", "pip"])
def test_a_bare_folder_gets_its_environment_and_a_changed_lock_renews_it(checkout, tool):
    assert not module(checkout).is_current()
    done = make(checkout, **tool)
    assert done.stderr == (
        "Preparing .venv from config/requirements/development.txt; this takes a minute, once.\n"
    )
    assert (done.returncode, installed(checkout)) == (0, "1.0")
    assert module(checkout).is_current()
    assert make(checkout, **tool).stderr == ""

    (checkout / "config/requirements/development.txt").write_text(wheel(checkout, "2.0"), encoding="utf-8")
    assert not module(checkout).is_current()
    make(checkout, **tool)
    assert (module(checkout).is_current(), installed(checkout)) == (True, "2.0")


def test_an_interrupted_environment_is_made_anew(checkout):
    make(checkout)
    broken = next((checkout / ".venv/lib").glob("python*/site-packages")) / "tiny.py"
    broken.unlink()  # uv links files to its cache, which is not to be broken
    broken.write_text("half a fi", encoding="utf-8")
    (checkout / ".venv/.lock-sha256").unlink()
    (checkout / ".venv/.unfinished").touch()
    make(checkout)
    assert (module(checkout).is_current(), installed(checkout)) == (True, "1.0")
    assert not (checkout / ".venv/.unfinished").exists()


def test_a_package_that_is_not_the_locked_one_is_refused_in_a_sentence(checkout):
    lock = checkout / "config/requirements/development.txt"
    package, _, digest = lock.read_text(encoding="utf-8").partition("sha256:")
    lock.write_text(f"{package}sha256:{digest.strip()[::-1]}\n", encoding="utf-8")
    done = make(checkout)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].endswith("uses, then run the same command again.")
    assert not module(checkout).is_current()


def test_two_commands_at_once_take_turns(checkout):
    first, second = (
        subprocess.Popen([sys.executable, "-c", MAKE], cwd=checkout, stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    )
    said = sorted((first.communicate()[1], second.communicate()[1]))
    assert said == [
        "Another command is preparing .venv; waiting for it.\n",
        "Preparing .venv from config/requirements/development.txt; this takes a minute, once.\n",
    ]
    assert (first.returncode, second.returncode, installed(checkout)) == (0, 0, "1.0")


def test_an_old_python_can_read_the_file_and_so_gets_its_sentence():
    source = (ROOT / "manage.py").read_text(encoding="utf-8")
    assert ast.parse(source, feature_version=(3, 4))
    assert "Lyceum needs Python 3.11 or newer" in source


def test_nothing_but_the_standard_library_is_imported_before_the_environment_stands():
    tree = ast.parse((ROOT / "manage.py").read_text(encoding="utf-8"))
    top = [name.name for node in tree.body if isinstance(node, ast.Import) for name in node.names]
    assert set(top) <= sys.stdlib_module_names
    assert not any(isinstance(node, ast.ImportFrom) for node in tree.body)
