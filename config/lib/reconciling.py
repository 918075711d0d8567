"""What a check of the stored figures is: how to find differences, and how to make them good again."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Check:
    """One stored figure or copy that can be told again from its source.

    `find` selects one row for each difference: organization_id, what it is about, what is stored, what
    it should be (texts). `fix` are statements that make good what was found in one organization, given as
    `%(organization)s`; without them `remedy` says what a person can do.
    """

    name: str
    table: str
    find: str
    fix: tuple[str, ...] = ()
    remedy: str = ""
