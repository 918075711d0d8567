"""The second wall: one organization per transaction, enforced by PostgreSQL row security.

`org_transaction` opens the first wall's transaction and tells the database which organization it
is about. With nothing set the wall is open: learners' pages and operators work across organizations.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, migrations, transaction

from orgs.models import Organization

POLICY = """
alter table {table} enable row level security;
alter table {table} force row level security;
create policy org on {table} using (
  case when (select nullif(current_setting('app.org', true), '')::bigint) is null then true
       else organization_id = (select nullif(current_setting('app.org', true), '')::bigint) end)
"""
UNDO = """
drop policy org on {table};
alter table {table} no force row level security;
alter table {table} disable row level security
"""


def protect(table: str) -> migrations.RunSQL:
    """The migration step that puts a tenant table behind the wall. The wording of the policy decides
    whether PostgreSQL still uses sort indexes, so it is written here once."""
    return migrations.RunSQL(POLICY.format(table=table), UNDO.format(table=table))


@contextmanager
def org_transaction(organization: Organization) -> Iterator[None]:
    """A transaction that can see and write rows of this organization only.

    Nested in another transaction it restores what was set before, since a savepoint would keep the
    inner value; the outermost commit or a rollback ends it by itself.
    """
    nested = connection.in_atomic_block
    with transaction.atomic():
        previous = _enter(str(organization.pk))
        yield
        if nested:
            _enter(previous or "")


@contextmanager
def site_transaction() -> Iterator[None]:
    """A transaction across all organizations, also inside one of a single organization.

    For what belongs to an account and shows in every organization that it learns in.
    """
    with transaction.atomic():
        previous = _enter("")
        yield
        if previous:
            _enter(previous)


def _enter(value: str) -> str | None:
    assert connection.in_atomic_block, "app.org would be lost outside a transaction and the wall left open"
    with connection.cursor() as cursor:
        cursor.execute("select current_setting('app.org', true), set_config('app.org', %s, true)", [value])
        return cursor.fetchone()[0]


def current_organization_id() -> int | None:
    """The organization the database is restricted to at this moment, or None when the wall is open."""
    with connection.cursor() as cursor:
        cursor.execute("select nullif(current_setting('app.org', true), '')::bigint")
        return cursor.fetchone()[0]
