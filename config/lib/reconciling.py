"""What a check of the stored figures is: how to find differences, and how to make them good again."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Check:
    """One stored figure or copy that can be told again from its source.

    `find` selects one row for each difference: organization_id, what it is about, what is stored, what
    it should be (texts). `fix` are statements that make good what was found in one organization, given as
    `%(organization)s`; null stands for what belongs to accounts, not to organizations. Without them
    `remedy` says what a person can do. What only Python can tell is laid down by `prepare` in a temporary
    table, in the same transaction, before either.
    """

    name: str
    table: str
    find: str
    fix: tuple[str, ...] = ()
    remedy: str = ""
    prepare: Callable[[Any], None] | None = None
