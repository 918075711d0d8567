"""What can be told of a learner: a fact, which happened once, and a report of how far they are elsewhere."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from learners.learning.models import Activity


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that an account did in a course, at a moment.

    With a score (0 to 100) or a verdict it is an attempt: without a verdict the item's pass mark decides,
    without a score a pass counts 100 and a fail 0. `completes`: the item is done with it; a graded item is
    done only when it is passed. `event_id` makes what comes from elsewhere count once.
    """

    user_id: int
    course_id: int
    at: datetime
    kind: Activity.Kind
    item_id: int | None = None
    event_id: UUID | None = None
    score: Decimal | None = None
    passed: bool | None = None
    completes: bool = False

    def __post_init__(self) -> None:
        if self.is_attempt and self.item_id is None:
            raise ValueError("An attempt is made at an item.")

    @property
    def is_attempt(self) -> bool:
        return self.score is not None or self.passed is not None

    @property
    def points(self) -> Decimal | None:
        """The score; all or nothing where there is only a verdict."""
        if self.score is None and self.passed is not None:
            return Decimal(100 if self.passed else 0)
        return self.score


@dataclass(frozen=True, slots=True)
class Report:
    """How far an account is in a course that it takes elsewhere, as that system said at a moment.

    What is None or empty says nothing. `progress` and `grade` are 0 to 100.
    """

    user_id: int
    course_id: int
    at: datetime
    progress: Decimal | None = None
    grade: Decimal | None = None
    completed_at: datetime | None = None
    verified: bool = False
    result: str = ""
