"""Taking in the attempts and events that a file tells."""

from collections.abc import Sequence
from dataclasses import dataclass

from learners.learning.actions import facts
from learners.learning.queries import drafts as queries
from learners.learning.reading.rows import Draft, Refused
from orgs.models import Organization, User
from orgs.tenancy import org_transaction


@dataclass(frozen=True)
class Taken:
    """How many rows counted, how many had come in before, and those that were refused with the reason."""

    new: int
    known: int
    refused: tuple[tuple[Draft, Refused], ...]


def take_in(*, organization: Organization, rows: Sequence[Draft], by: User | None) -> Taken:
    """Count what these rows tell, at most 10,000, in one transaction; those that cannot be taken are left
    out. Rows that came in before change nothing.
    """
    with org_transaction(organization):
        judged = list(zip(rows, queries.judge(organization, rows), strict=True))
        refused = tuple((row, told) for row, told in judged if isinstance(told, Refused))
        told = [told for _, told in judged if not isinstance(told, Refused)]
        recorded = facts.record(facts=told, by=by)
    return Taken(recorded.new, recorded.known, refused)
