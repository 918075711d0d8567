"""The process that owns the embedded engines of one state folder: `python -m config.embedded.keeper FOLDER`.

Started by the first command that needs them (see `lease`), gone after the last. It says "ready", "taken"
(another keeper is there) or a sentence on standard output, and closes it.
"""

import argparse
import fcntl
import os
import signal
import sys
import threading
from io import BufferedRandom
from pathlib import Path

from config.embedded import engines
from config.embedded.lease import exclusive, lock_file

LOOK_SECONDS = 0.5


def say(text: str) -> None:
    """The one thing the starter hears."""
    os.write(sys.stdout.fileno(), text.encode())
    with open(os.devnull, "wb") as nowhere:
        os.dup2(nowhere.fileno(), sys.stdout.fileno())


def wait_until_alone(users: BufferedRandom, alone: threading.Event) -> None:
    """Sets the event when no command needs the engines any more."""
    fcntl.flock(users, fcntl.LOCK_EX)
    alone.set()


def keep(state: Path, *, throwaway: bool) -> int:
    """Run both engines, start again the one that dies, and stop both when nobody needs them."""
    keeper = exclusive(state, "keeper")
    if keeper is None:
        say("taken")
        return 0
    # Once held it stays so to the end of the process: whoever comes meanwhile waits, then starts anew.
    users = lock_file(state, "users")
    alone = threading.Event()
    asked: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: asked.append(number))
    for ignored in (signal.SIGINT, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    running: list[engines.Engine] = []
    try:
        running += [
            engines.Valkey(state, throwaway=throwaway),
            engines.Postgres(state, throwaway=throwaway),
        ]
        for engine in running:
            engine.start()
        with lock_file(state, "ready") as ready:
            fcntl.flock(ready, fcntl.LOCK_EX)
            say("ready")
            threading.Thread(target=wait_until_alone, args=(users, alone), daemon=True).start()
            while not (alone.wait(LOOK_SECONDS) or asked):
                for engine in running:
                    if engine.died():
                        sys.stderr.write(f"{engine.name} died and is started again\n")
                        engine.start()
    except engines.EngineError as error:
        sys.stderr.write(f"{error}\n")
        say(str(error))
        return 1
    finally:
        for engine in reversed(running):
            engine.stop()
        if throwaway:
            engines.remove(state)
        else:
            engines.tidy(state)
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("state", type=Path)
    parser.add_argument("--throwaway", action="store_true", help="delete the folder at the end")
    options = parser.parse_args()
    return keep(options.state, throwaway=options.throwaway)


if __name__ == "__main__":
    sys.exit(main())
