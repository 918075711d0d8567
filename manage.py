#!/usr/bin/env python3
"""Lyceum's one entrance: `python3 manage.py up`, `test`, or any other command (`help` lists them).

On a bare machine this makes `.venv` from the locked requirements first. Until that is done it uses the
standard library only, and a grammar that old versions of Python can read, so that they get a sentence.
"""

import hashlib
import os
import shutil
import subprocess
import sys

ROOT = os.path.dirname(os.path.abspath(__file__))
VENV = os.path.join(ROOT, ".venv")
PYTHON = os.path.join(VENV, "bin", "python")
STAMP = os.path.join(VENV, ".lock-sha256")
UNFINISHED = os.path.join(VENV, ".unfinished")
OLDEST = (3, 11)
# Big packages (or parts) that no start of the product imports.
RARELY_RUN = "/(faker/providers|mypy|mypyc|pip|playwright|pygments|rich)/"


def main():
    """Get into the right environment, then run the command."""
    if sys.version_info < OLDEST:
        sys.exit("Lyceum needs Python 3.11 or newer; this is Python %d.%d." % sys.version_info[:2])  # noqa: UP031
    if os.name == "nt":
        sys.exit("Lyceum's engines run on Linux and macOS. On Windows, use it inside WSL.")
    enter_environment()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    command = sys.argv[1] if len(sys.argv) > 1 else "help"
    if command in ("up", "test") and not {"-h", "--help"} & set(sys.argv[2:3]):
        from config.embedded import supervisor, testing

        sys.exit(supervisor.main(sys.argv[2:]) if command == "up" else testing.main(sys.argv[2:]))
    run_command()


def run_command():
    """Run a Django command; the embedded engines run at least as long as it does, unless others are named."""
    from django.core.management import execute_from_command_line

    from config.embedded import environment, lease

    only_talks = {"help", "version", "-h", "--help", "--version"} & set(sys.argv[1:]) or len(sys.argv) == 1
    if only_talks or "DATABASE_URL" in os.environ:
        execute_from_command_line(sys.argv)
        return
    environment.fill(os.environ, environment.BASE)
    try:
        engines = lease.Lease(environment.state_dir(environment.BASE))
    except lease.NotStarted as reason:
        sys.exit(str(reason))
    try:
        execute_from_command_line(sys.argv)
    finally:
        engines.release()


def enter_environment():
    """Return inside an interpreter that has the locked packages: this one, or `.venv`'s by executing it."""
    configured = "DATABASE_URL" in os.environ or "LYCEUM_PRODUCTION" in os.environ
    inside = os.path.realpath(sys.prefix) == os.path.realpath(VENV)
    if configured and not inside and has_packages():
        return
    if not is_current():
        make_environment()
    elif inside and has_packages():
        return
    elif inside:
        # Python itself was replaced, and the new one does not look where the old one kept its packages.
        if os.environ.setdefault("LYCEUM_REMADE", "") == digest(lock_path(False)):
            sys.exit("`.venv` was just made and lacks its packages; delete it and run the command again.")
        os.environ["LYCEUM_REMADE"] = digest(lock_path(False))
        os.remove(STAMP)
        make_environment()
    os.execv(PYTHON, [PYTHON, os.path.join(ROOT, "manage.py")] + sys.argv[1:])  # noqa: S606


def has_packages():
    """Whether this interpreter can import what was locked."""
    import importlib.util

    return all(importlib.util.find_spec(name) is not None for name in ("django", "celery", "granian"))


def lock_path(production):
    """The lock to install from."""
    name = "production.txt" if production else "development.txt"
    return os.path.join(ROOT, "config", "requirements", name)


def digest(path):
    """What identifies a lock."""
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def is_current():
    """Whether `.venv` is whole and was made from the lock as it is now.

    The development lock holds all of the production lock, so an environment made from it serves both.
    """
    wanted = {digest(lock_path(False))}
    if "LYCEUM_PRODUCTION" in os.environ:
        wanted.add(digest(lock_path(True)))
    try:
        with open(STAMP, encoding="ascii") as file:
            return file.read().strip() in wanted and os.access(PYTHON, os.X_OK)
    except OSError:
        return False


def make_environment():
    """Make or renew `.venv`. Two processes at once take turns; what was interrupted is made anew."""
    import fcntl

    folder = os.path.join(ROOT, ".state")
    os.makedirs(folder, mode=0o700, exist_ok=True)
    with open(os.path.join(folder, "environment.lock"), "w", encoding="ascii") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            note("Another command is preparing .venv; waiting for it.")
            fcntl.flock(lock, fcntl.LOCK_EX)
            if is_current():
                return
        requirements = lock_path("LYCEUM_PRODUCTION" in os.environ)
        if os.path.exists(UNFINISHED) or not runs(PYTHON, "-c", "import sys"):
            shutil.rmtree(VENV, ignore_errors=True)
        note("Preparing .venv from %s; this takes a minute, once." % os.path.relpath(requirements, ROOT))  # noqa: UP031
        os.makedirs(VENV, exist_ok=True)
        with open(UNFINISHED, "w", encoding="ascii"):
            pass
        if os.path.exists(STAMP):
            os.remove(STAMP)
        try:
            install(requirements)
        except subprocess.CalledProcessError:
            sys.exit(
                "The packages could not be installed; the reason stands above. Check the network and the "
                "package index that pip or uv uses, then run the same command again."
            )
        with open(STAMP, "w", encoding="ascii") as file:
            file.write(digest(requirements))
        os.remove(UNFINISHED)


def install(requirements):
    """Fill `.venv` with exactly the locked packages, with uv when it works here (unless NO_UV), else pip."""
    if not os.path.exists(PYTHON):
        run(base_python(), "-m", "venv", "--without-pip", VENV)
    options = ["--require-hashes", "--no-deps", "-r", requirements]
    if not with_uv(options):
        # Compiling by pip takes half of its time; Python does it by itself when a module is first imported.
        quietly = ["-qq", "--disable-pip-version-check", "--no-input", "--no-compile"]
        run(*(pip() + ["install"] + quietly + options))
    if sys.dont_write_bytecode:
        # Except where it is told not to, and would compile everything again at every start.
        runs(PYTHON, "-m", "compileall", "-q", "-j", "0", "-x", RARELY_RUN, os.path.join(VENV, "lib"))


def with_uv(options):
    """Whether uv installed the packages. Where it cannot, pip may: its set-up is its own."""
    if "NO_UV" in os.environ or shutil.which("uv") is None or not runs("uv", "--version"):
        return False
    try:
        run("uv", "pip", "install", "--quiet", "--python", PYTHON, *options)
    except subprocess.CalledProcessError:
        note("uv could not install the packages, for the reason above; trying pip.")
        return False
    return True


def pip():
    """The command of a pip for `.venv`: this Python's own where it can work from outside, else one inside."""
    outside = [base_python(), "-m", "pip", "--python", PYTHON]
    if runs(*(outside + ["--version"])):
        return outside
    inside = [PYTHON, "-m", "pip"]
    if not runs(*(inside + ["--version"])) and not runs(PYTHON, "-m", "ensurepip"):
        sys.exit(
            "This Python has no pip. Install it (on Debian and Ubuntu: apt install python3-venv) or uv, "
            "then run the same command again."
        )
    return inside


def base_python():
    """The interpreter outside `.venv`, which may just have been deleted under our feet."""
    return getattr(sys, "_base_executable", None) or sys.executable


def run(*command):
    """Run and fail loudly."""
    subprocess.check_call(command)


def runs(*command):
    """Whether a command exists and succeeds; it stays silent."""
    try:
        return subprocess.call(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) == 0
    except OSError:
        return False


def note(text):
    """Tell the person at the terminal, without mixing with a command's output."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
