"""The databases of a test run: one migrated template, one clone of it for each worker."""

import os
import re
from urllib.parse import urlsplit

import psycopg
from django.core.management import call_command
from django.db import connection
from psycopg import sql

# Any number that nothing else locks; the lock is held in the server's `postgres` database.
TEMPLATE_LOCK = 5_398_221


def use_clone(worker: str) -> None:
    """Point Django, and DATABASE_URL for processes started by tests, at this worker's own database.

    The template is migrated by whoever comes first; the others wait for it.
    """
    original = connection.settings_dict["NAME"]
    run = re.sub(r"[^a-z0-9]", "", os.environ.get("PYTEST_XDIST_TESTRUNUID", str(os.getpid())))[:12]
    template = f"test_{original}_{run}_template"
    clone = f"test_{original}_{run}_{worker}"
    with _server() as server:
        server.execute("select pg_advisory_lock(%s)", [TEMPLATE_LOCK])
        if not _exists(server, template):
            _make_template(server, template)
        server.execute(
            sql.SQL("create database {} template {}").format(sql.Identifier(clone), sql.Identifier(template))
        )
    _point_at(clone)


def drop_clone() -> None:
    """Drop this worker's database, and the template when nobody is left who could need it."""
    clone = connection.settings_dict["NAME"]
    template = clone.rsplit("_", 1)[0] + "_template"
    siblings = clone.rsplit("_", 1)[0] + "_%"
    connection.close()
    with _server() as server:
        server.execute("select pg_advisory_lock(%s)", [TEMPLATE_LOCK])
        server.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(clone)))
        left = server.execute("select datname from pg_database where datname like %s", [siblings]).fetchall()
        if left == [(template,)]:
            server.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(template)))


def _make_template(server: psycopg.Connection, template: str) -> None:
    """Under another name until it is whole: an interrupted migration leaves no template."""
    draft = template.removesuffix("template") + "draft"
    for statement in ("drop database if exists {} with (force)", "create database {}"):
        server.execute(sql.SQL(statement).format(sql.Identifier(draft)))
    _point_at(draft)
    call_command("migrate", verbosity=0, interactive=False)
    connection.close()
    server.execute(
        sql.SQL("alter database {} rename to {}").format(sql.Identifier(draft), sql.Identifier(template))
    )


def _server() -> psycopg.Connection:
    """A connection beside Django's, to the database that is always there."""
    parameters = connection.get_connection_params()
    keep = {key: parameters[key] for key in ("host", "port", "user", "password") if parameters.get(key)}
    return psycopg.connect(dbname="postgres", autocommit=True, **keep)


def _exists(server: psycopg.Connection, name: str) -> bool:
    return server.execute("select 1 from pg_database where datname = %s", [name]).fetchone() is not None


def _point_at(name: str) -> None:
    connection.close()
    connection.settings_dict["NAME"] = name
    os.environ["DATABASE_URL"] = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}").geturl()
