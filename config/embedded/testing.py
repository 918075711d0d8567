"""`manage.py test`: pytest on all cores of the machine, and a word about what cannot run here."""

import os
import sys

from config.embedded.browser import chromium_path
from config.embedded.environment import BASE

# Each worker is a Python with Django and a database of its own.
MOST_WORKERS = 8
ONE_PROCESS = {"--pdb", "--trace", "--collect-only", "--co", "--help", "--version", "-h"}
SPREAD = ("-n", "--numprocesses")


def arguments(given: list[str], cores: int) -> list[str]:
    """What pytest gets: the given arguments, spread over the cores unless they name what to run or how."""
    named = any(not part.startswith("-") and (BASE / part.split("::")[0]).exists() for part in given)
    decided = ONE_PROCESS.intersection(given) or any(part.startswith(SPREAD) for part in given)
    if named or decided or cores < 2:
        return given
    return ["-n", str(min(cores, MOST_WORKERS)), "--dist", "worksteal", *given]


def main(given: list[str]) -> int:
    """Become pytest, in the folder of the project."""
    if chromium_path() is None:
        sys.stderr.write(
            "No Chromium here: the tests marked `browser` are skipped. Install it, or name it in CHROMIUM.\n"
        )
    try:
        cores = len(os.sched_getaffinity(0))
    except AttributeError:
        cores = os.cpu_count() or 1
    sys.stderr.flush()
    os.chdir(BASE)
    command = [sys.executable, "-m", "pytest", *arguments(given, cores)]
    os.execv(command[0], command)  # noqa: S606
