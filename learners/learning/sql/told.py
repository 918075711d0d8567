"""Stored figures and what they must be: one query tells them to whoever settles, rebuilds or reconciles."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Told:
    """A table whose `columns` follow from facts. `query` selects `keys` and `columns` as they must be, for
    what `{scope}` names.

    With `stored` the rows themselves follow too: the condition that says which rows `t` of the table are in
    the scope, with the help of the tables `using`. `given` are expressions that all of it can read.
    """

    table: str
    keys: tuple[str, ...]
    columns: tuple[str, ...]
    query: str
    stored: str = ""
    using: str = ""
    given: str = ""

    def store(self, scope: str) -> str:
        """The statement that makes what is stored in the scope what it must be. Only rows that differ are
        written."""
        return self._sync(scope) if self.stored else self._update(scope)

    def differences(self, scope: str) -> str:
        """The rest of a select after `from`: stored rows `t` beside what they must be, `told`, where the two
        differ. Either may be missing where the rows themselves follow from facts."""
        if not self.stored:
            return f"""
{self.table} t join ({self.query.format(scope=scope)}) told on {self._same} where {self._differs("told")}"""
        return f"""
(select t.* from {self._stored(scope)}) t full join ({self.query.format(scope=scope)}) told on {self._same}
where (t.{self.keys[0]}, {self._join("t.{0}")}) is distinct from
  (told.{self.keys[0]}, {self._join("told.{0}")})"""  # noqa: S608

    def _update(self, scope: str) -> str:
        return f"""
update {self.table} t set {self._join("{0} = told.{0}")}
from ({self.query.format(scope=scope)}) told where {self._same} and {self._differs("told")}"""  # noqa: S608

    def _sync(self, scope: str) -> str:
        told = ", ".join((*self.keys, *self.columns))
        others = f"using {self.using}" if self.using else ""
        return f"""
with {self.given}told as materialized ({self.query.format(scope=scope)}),
gone as (
  delete from {self.table} t {others} where {self.stored.format(scope=scope)}
    and not exists (select from told where {self._same}))
insert into {self.table} as t ({told}) select {told} from told order by {", ".join(self.keys)}
on conflict ({", ".join(self.keys)}) do update set {self._join("{0} = excluded.{0}")}
where {self._differs("excluded")}"""  # noqa: S608

    def _stored(self, scope: str) -> str:
        tables = ", ".join(filter(None, (f"{self.table} t", self.using)))
        return f"{tables} where {self.stored.format(scope=scope)}"

    def _differs(self, other: str) -> str:
        return f"({self._join('t.{0}')}) is distinct from ({self._join(other + '.{0}')})"

    @property
    def _same(self) -> str:
        return " and ".join(f"t.{key} = told.{key}" for key in self.keys)

    def _join(self, part: str) -> str:
        return ", ".join(part.format(column) for column in self.columns)
