"""Stored figures and what they must be: one query tells them to whoever settles, rebuilds or reconciles."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Told:
    """A table whose `columns` follow from facts. `query` selects `keys` and `columns` as they must be, for
    what `{scope}` names.

    With `rows` the rows themselves follow too: the select of those stored in the scope, as `t`.
    """

    table: str
    keys: tuple[str, ...]
    columns: tuple[str, ...]
    query: str
    rows: str = ""

    def store(self, scope: str) -> str:
        """The statement that makes what is stored in the scope what it must be. Only rows that differ are
        written."""
        return self._sync(scope) if self.rows else self._update(scope)

    def _update(self, scope: str) -> str:
        return f"""
update {self.table} t set {self._join("{0} = told.{0}")}
from ({self.query.format(scope=scope)}) told
where {self._same} and ({self._join("t.{0}")}) is distinct from ({self._join("told.{0}")})"""  # noqa: S608

    def _sync(self, scope: str) -> str:
        told = (*self.keys, *self.columns)
        return f"""
with told as materialized ({self.query.format(scope=scope)}),
gone as (
  delete from {self.table} d using ({self.rows.format(scope=scope)}) t
  where {" and ".join(f"d.{key} = t.{key}" for key in self.keys)}
    and not exists (select from told where {self._same}))
insert into {self.table} as t ({", ".join(told)})
select {", ".join(told)} from told
on conflict ({", ".join(self.keys)}) do update set {self._join("{0} = excluded.{0}")}
where ({self._join("t.{0}")}) is distinct from ({self._join("excluded.{0}")})"""  # noqa: S608

    @property
    def _same(self) -> str:
        return " and ".join(f"t.{key} = told.{key}" for key in self.keys)

    def _join(self, part: str) -> str:
        return ", ".join(part.format(column) for column in self.columns)
