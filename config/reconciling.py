"""Finding and making good what the stored figures got wrong, over all organizations.

With the wall open on purpose: what lies in the wrong organization could not be seen from inside one.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import connection, models, transaction
from psycopg.sql import SQL, Identifier, Literal

from config.lib.reconciling import Check
from learners.learning import reconciling as learning
from learners.people import reconciling as people
from orgs.models import TenantModel

SHOWN = 20
WRITES = ("update", "insert", "delete", "with told")
# Whole tables are read and compared: nothing for the limits of a page.
LIMITS = """
set local statement_timeout = 0;
set local work_mem = '128MB';
set local max_parallel_workers_per_gather = 2
"""
PARENT = """
select c.organization_id, {name} || ' ' || c.id as what, o.slug as stored, q.slug as recounted
from {table} c
join {parent} p on p.id = c.{column}
join orgs_organization o on o.id = c.organization_id
join orgs_organization q on q.id = p.organization_id
where c.organization_id <> p.organization_id"""


@dataclass(frozen=True)
class Difference:
    organization_id: int | None
    what: str
    stored: str
    recounted: str


@dataclass(frozen=True)
class Finding:
    """What one check found: how many differences, the first of them, and in which organizations."""

    check: Check
    count: int
    first: tuple[Difference, ...]
    organization_ids: tuple[int | None, ...]


def checks() -> tuple[Check, ...]:
    """Every check: rows and their parents first, since the others count by organization."""
    return (*_parent_checks(), *people.CHECKS, *learning.CHECKS)


def find(wanted: Sequence[Check]) -> list[Finding]:
    """Run the checks; those without a difference are left out."""
    return [finding for check in wanted if (finding := _find(check))]


def fix(findings: Sequence[Finding], organization_id: int | None) -> int:
    """Make good what can be told again in one organization, or of accounts (None), in one transaction.
    Returns the rows changed.
    """
    changed = 0
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(LIMITS)
        for finding in findings:
            if organization_id not in finding.organization_ids:
                continue
            if finding.check.prepare:
                finding.check.prepare(cursor)
            for statement in finding.check.fix:
                cursor.execute(statement, {"organization": organization_id})
                changed += cursor.rowcount if statement.lstrip().startswith(WRITES) else 0
    return changed


def rows(wanted: Sequence[Check]) -> int:
    """How many rows the checks look at, each table counted once."""
    with connection.cursor() as cursor:
        total = 0
        for table in sorted({check.table for check in wanted}):
            cursor.execute(SQL("select count(*) from {}").format(Identifier(table)))
            total += cursor.fetchone()[0]
        return total


def _find(check: Check) -> Finding | None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(LIMITS)
        if check.prepare:
            check.prepare(cursor)
        cursor.execute(SQL("create temporary table difference on commit drop as {}").format(SQL(check.find)))
        cursor.execute("select count(*), array_agg(distinct organization_id) from difference")
        count, organization_ids = cursor.fetchone()
        cursor.execute(
            "select organization_id, what, stored, recounted from difference "
            "order by organization_id, length(what), what limit %s",
            [SHOWN],
        )
        first = tuple(Difference(*row) for row in cursor.fetchall())
        cursor.execute("drop table difference")
    return Finding(check, count, first, tuple(organization_ids)) if count else None


def _parent_checks() -> Iterator[Check]:
    """Foreign keys are checked past the policies, so a row may point into another organization."""
    for model in apps.get_models():
        for field in model._meta.local_fields:
            parent = field.related_model
            if isinstance(field, models.ForeignKey) and _is_tenant(model) and _is_tenant(parent):
                yield _parent_check(model, field, parent)


def _is_tenant(model: Any) -> bool:
    return isinstance(model, type) and issubclass(model, TenantModel)


def _parent_check(model: Any, field: Any, parent: Any) -> Check:
    label = model._meta.verbose_name
    move = (people.MOVES | learning.MOVES).get(model._meta.label)
    find = SQL(PARENT).format(
        name=Literal(label),
        table=Identifier(model._meta.db_table),
        parent=Identifier(parent._meta.db_table),
        column=Identifier(field.column),
    )
    return Check(
        name=f"Organization of {label} and {field.verbose_name}",
        table=model._meta.db_table,
        find=find.as_string(),
        fix=(move,) if move else (),
        remedy="A row points into another organization: find out how it came there.",
    )
