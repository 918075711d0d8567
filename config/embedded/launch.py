"""Runs one program under the conditions of this machine, then becomes it: `launch.py OPTIONS -- PROGRAM …`.

A script of its own (and not a `preexec_fn`) because its parents have threads, and code between fork and
exec may then dead-lock. Standard library only: it is started with `-I -S`.
"""

import argparse
import ctypes
import os
import signal
import sys
from pathlib import Path

NOBODY = 65534
NEW_USER_NAMESPACE = 0x10000000
PARENT_DEATH_SIGNAL = 1
REFUSED = 77
LINUX = sys.platform == "linux"


def command(argv: list[str], *, death: signal.Signals, shed_root: str = "") -> list[str]:
    """The command line that runs `argv` so that `death` reaches it when the calling process dies.

    `shed_root` is "namespace", "drop" or "" (see `enter_namespace` and `drop`).
    """
    options = [f"--parent={os.getpid()}", f"--death={int(death)}", f"--shed-root={shed_root}"]
    return [sys.executable, "-I", "-S", str(Path(__file__).resolve()), *options, "--", *argv]


def enter_namespace(libc: ctypes.CDLL) -> None:
    """Be `nobody` inside a user namespace while files stay the caller's own outside it.

    PostgreSQL refuses to run as root; so it sees another user id and still may read and write root's files.
    """
    if libc.unshare(NEW_USER_NAMESPACE) != 0:
        raise OSError(ctypes.get_errno(), "no user namespaces here")
    Path("/proc/self/setgroups").write_text("deny", encoding="ascii")
    Path("/proc/self/uid_map").write_text(f"{NOBODY} 0 1", encoding="ascii")
    Path("/proc/self/gid_map").write_text(f"{NOBODY} 0 1", encoding="ascii")


def drop() -> None:
    """Be `nobody` for good; the program and its files must be readable by everyone."""
    os.setgroups([])
    os.setgid(NOBODY)
    os.setuid(NOBODY)


def main() -> int:
    """Prepare the process and replace it; 77 when the machine refuses. Without a program, only try."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--parent", type=int, required=True)
    parser.add_argument("--death", type=int, required=True)
    parser.add_argument("--shed-root", choices=["", "namespace", "drop"], required=True)
    parser.add_argument("program", nargs="*")
    options = parser.parse_args()
    libc = ctypes.CDLL(None, use_errno=True)
    try:
        if options.shed_root == "namespace":
            enter_namespace(libc)
        elif options.shed_root == "drop":
            drop()
    except OSError as error:
        sys.stderr.write(f"{error}\n")
        return REFUSED
    if LINUX:
        # After the change of user, which would clear it.
        libc.prctl(PARENT_DEATH_SIGNAL, options.death)
        if os.getppid() != options.parent:
            return REFUSED
    if options.program:
        os.execvp(options.program[0], options.program)  # noqa: S606
    return 0


if __name__ == "__main__":
    sys.exit(main())
