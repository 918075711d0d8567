"""The database that the tests and a first trial run on is set up as the production one is."""

import os
from urllib.parse import urlsplit

import pytest
from django.db import connection

pytestmark = pytest.mark.django_db


def row(statement: str) -> tuple:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchone()


def test_the_applications_role_is_neither_superuser_nor_above_row_security():
    assert row("select rolsuper, rolbypassrls, rolcreaterole from pg_roles where rolname = current_user") == (
        False,
        False,
        False,
    )


def test_searching_under_row_security_may_use_its_index():
    assert row("select proleakproof from pg_proc where oid = 'textlike(text, text)'::regprocedure") == (True,)


def test_statements_are_counted_and_text_sorts_by_code_point():
    assert row("select count(*) > 0 from pg_stat_statements") == (True,)
    assert row(
        "select datlocprovider::text, datlocale from pg_database where datname = current_database()"
    ) == ("b", "C.UTF-8")


def test_a_worker_started_by_a_test_would_use_this_tests_database():
    assert urlsplit(os.environ["DATABASE_URL"]).path == f"/{connection.settings_dict['NAME']}"
    assert row("select current_database()") == (connection.settings_dict["NAME"],)
