"""Taking organizations away with everything in them: only the demo does so.

Which tables there are and in which order is read from the models, so that a new one needs no line here.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import pgtrigger
from allauth.account.models import EmailAddress
from django.apps import apps
from django.db import connection, models
from psycopg.sql import SQL, Composed, Identifier

from learners.models import Activity, CourseRecord, LearningSpan
from orgs.models import Organization, TenantModel, User

# The model that refers, and its foreign key, which the type stubs do not know well.
Reference = tuple[type[models.Model], Any]

# What an account did goes with it; what it has an enrollment for in a real organization is somebody's.
COURSEWORK = (CourseRecord, Activity, LearningSpan)
CLEAR_ACCOUNTS = """
delete from learners_activity a using gone where a.user_id = gone.id;
delete from learners_learningspan s using gone where s.user_id = gone.id;
delete from learners_attempt a using learners_courserecord r, gone
  where r.id = a.record_id and r.user_id = gone.id;
delete from learners_itemprogress i using learners_courserecord r, gone
  where r.id = i.record_id and r.user_id = gone.id;
delete from learners_lessontaken l using learners_courserecord r, gone
  where r.id = l.record_id and r.user_id = gone.id;
delete from learners_courserecord r using gone where r.user_id = gone.id;
delete from account_emailconfirmation c using account_emailaddress a, gone
  where a.id = c.email_address_id and a.user_id = gone.id;
delete from account_emailaddress a using gone where a.user_id = gone.id;
delete from orgs_user u using gone where u.id = gone.id;
drop table gone
"""


def clear_organizations(organization_ids: Sequence[int]) -> None:
    """Delete these organizations and every row of theirs, append-only ones included. Other rows stay."""
    ids = list(organization_ids)
    with pgtrigger.ignore(), connection.cursor() as cursor:
        for model in _children_first():
            for child, key in _references(model):
                if not issubclass(child, TenantModel):
                    cursor.execute(_delete_below(child, key, model), [ids])
            delete = SQL("delete from {} where organization_id = any(%s)")
            cursor.execute(delete.format(Identifier(model._meta.db_table)), [ids])
    Organization.objects.filter(pk__in=ids).delete()


def clear_accounts(domains: Sequence[str]) -> None:
    """Delete the accounts with an address at these domains that nothing refers to any more."""
    unused = [
        SQL("and not exists (select from {} c where c.{} = u.id)").format(
            Identifier(child._meta.db_table), Identifier(key.column)
        )
        for child, key in _references(User)
        if child not in (EmailAddress, *COURSEWORK) and key.db_constraint
    ]
    gone = SQL(
        "create temporary table gone on commit drop as select u.id from orgs_user u "
        "where split_part(u.email, '@', 2) = any(%s) {}"
    )
    with pgtrigger.ignore(), connection.cursor() as cursor:
        cursor.execute(gone.format(SQL(" ").join(unused)), [list(domains)])
        cursor.execute(CLEAR_ACCOUNTS)


def _children_first() -> Iterator[type[TenantModel]]:
    """Every kind of row that belongs to an organization, each after those that refer to it."""
    left = [model for model in apps.get_models() if issubclass(model, TenantModel)]
    while left:
        free = [
            model for model in left if not {child for child, _key in _references(model)} & {*left} - {model}
        ]
        yield from free
        left = [model for model in left if model not in free]


def _references(model: type[models.Model]) -> Iterator[Reference]:
    """The foreign keys that point at this model, with the models that have them."""
    for child in apps.get_models():
        for field in child._meta.local_fields:
            if isinstance(field, models.ForeignKey) and field.related_model is model:
                yield child, field


def _delete_below(child: type[models.Model], key: Any, parent: type[models.Model]) -> Composed:
    """Delete the rows of a table without an organization of its own, through the row it hangs on."""
    statement = SQL("delete from {} where {} in (select id from {} where organization_id = any(%s))")
    return statement.format(
        Identifier(child._meta.db_table), Identifier(key.column), Identifier(parent._meta.db_table)
    )
