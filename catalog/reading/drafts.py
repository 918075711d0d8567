"""What one row of a catalog says, clean: courses with their content, specializations, class sessions."""

import hashlib
import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class AssessmentDraft:
    """How an item is scored; `skills` are weights by slug."""

    weight: float
    pass_mark: float
    attempts: int | None
    skills: dict[str, float]


@dataclass(frozen=True)
class ItemDraft:
    key: str
    kind: str
    title: str
    is_required: bool
    seconds: int
    activity_iri: str
    content: dict[str, Any]
    assessment: AssessmentDraft | None


@dataclass(frozen=True)
class LessonDraft:
    title: str
    items: list[ItemDraft]


@dataclass(frozen=True)
class ModuleDraft:
    title: str
    lessons: list[LessonDraft]


@dataclass(frozen=True)
class Outline:
    """What a version of a course consists of."""

    modules: list[ModuleDraft] = field(default_factory=list)

    @property
    def digest(self) -> str:
        """64 hexadecimal digits, equal for equal content."""
        text = json.dumps(self.modules, default=vars, sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()

    @property
    def seconds(self) -> int:
        return sum(
            item.seconds for module in self.modules for lesson in module.lessons for item in lesson.items
        )


@dataclass(frozen=True, eq=False)
class CourseDraft:
    """`values` holds what the row says and nothing else: what is missing stays as it is."""

    line: int
    slug: str
    title: str
    partner: str
    values: dict[str, Any]
    skills: dict[str, float] | None
    outline: Outline | None
    sessions: dict[datetime, datetime | None]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class SpecializationDraft:
    """`courses` maps slugs, in order, to whether the course is required; None when the row names none."""

    line: int
    slug: str
    title: str
    partner: str
    values: dict[str, Any]
    courses: dict[str, bool] | None


@dataclass(frozen=True)
class SessionDraft:
    line: int
    slug: str
    title: str
    starts_at: datetime
    ends_at: datetime | None


Draft = CourseDraft | SpecializationDraft | SessionDraft
