"""The words that the site catalog is made of."""

from django.db import connection, transaction

from orgs.models import User

# Shorter words are not corrected, longer ones are no words.
WORDS = r"""
  select distinct word from (
    select regexp_split_to_table(search, '\W+') as word from catalog_course
    union all
    select regexp_split_to_table(search, '\W+') from catalog_specialization) texts
  where length(word) between 4 and 40"""
COLLECT = f"""
with told as materialized ({WORDS}),
gone as (
  delete from catalog_searchword w where not exists (select from told where told.word = w.word))
insert into catalog_searchword (word) select word from told order by word on conflict do nothing"""  # noqa: S608


@transaction.atomic
def collect(*, by: User | None) -> int:
    """Make the words those of the search texts as they are now. Returns how many are new."""
    with connection.cursor() as cursor:
        cursor.execute(COLLECT)
        return cursor.rowcount
