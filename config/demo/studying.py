"""One person works through one course: item by item, sitting by sitting, with fails and second tries."""

from dataclasses import dataclass
from random import Random

from catalog.models import Course, Item
from config.demo.rhythm import HOUR, Days, Habit, sitting, spent
from learners.learning.models import Activity
from learners.learning.seeding import SeedAttempt, SeedItem, SeedRecord

Kind = Activity.Kind
DOES = {
    Item.Kind.VIDEO: Kind.WATCHED.value,
    Item.Kind.READING: Kind.READ.value,
    Item.Kind.PRACTICE_QUIZ: Kind.ANSWERED.value,
    Item.Kind.GRADED_QUIZ: Kind.ANSWERED.value,
    Item.Kind.ASSIGNMENT: Kind.HANDED_IN.value,
    Item.Kind.DISCUSSION: Kind.DISCUSSED.value,
}
# How many pass at the first try.
PASSES = {
    Course.Level.BEGINNER: 0.86,
    Course.Level.MIXED: 0.8,
    Course.Level.INTERMEDIATE: 0.74,
    Course.Level.ADVANCED: 0.62,
}
OPENED = Kind.OPENED.value
GIVES_UP = 0.09
TRIES_AT_ONCE = 0.6
SKIPS_OPTIONAL = 0.3
VERIFIES = 0.55


@dataclass(frozen=True, slots=True)
class Task:
    """An item as its course's content has it; `questions` is empty where nothing is scored."""

    item_id: int
    does: str
    seconds: int
    is_required: bool
    is_graded: bool
    passing: tuple[float, ...] = ()
    failing: tuple[float, ...] = ()
    tries: int | None = None


@dataclass(frozen=True, slots=True)
class Outline:
    """What a course consists of: its tasks in order, and the sessions it is given in."""

    course_id: int
    version_id: int
    level: str
    tasks: tuple[Task, ...]
    sessions: tuple[tuple[int, int], ...] = ()


def scores(questions: int, pass_mark: float) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """The scores with which so many questions are passed, and those with which they are not."""
    every = [round(100 * right / questions, 2) for right in range(questions + 1)]
    return tuple(score for score in every if score >= pass_mark), tuple(
        score for score in every if score < pass_mark
    )


class Study:
    """The work of one account in one course. `run` goes on where the last one ended."""

    def __init__(self, rng: Random, habit: Habit, days: Days, outline: Outline, record: SeedRecord) -> None:
        self._rng, self._habit, self._days = rng, habit, days
        self._tasks, self._passes = outline.tasks, PASSES[Course.Level(outline.level)]
        self.record = record
        self.last = record.created_at
        self._position = 0
        self._graded_left = sum(task.is_required and task.is_graded for task in self._tasks)
        self._has_graded = self._graded_left > 0

    @property
    def is_over(self) -> bool:
        """Whether nothing of the course is left to do."""
        return self.record.completed_at is not None or self._position >= len(self._tasks)

    def run(self, start: int, stop: int, reach: float, *, at_once: bool) -> None:
        """Learn from `start` on, in the same sitting or on another day, until so much of the course is done;
        nothing happens from `stop` on.
        """
        until = round(reach * len(self._tasks))
        at: int | None = start + self._rng.randrange(30, 600) if at_once else self._next_day(start)
        while at is not None and at < stop and self._position < until:
            ended = self._sit(at, stop, until)
            at = None if ended is None else self._next_day(ended)

    def look(self, moment: int) -> None:
        """Open the course once more, without doing anything in it."""
        self.record.activities.append((None, OPENED, moment, False))
        self.last = max(self.last, moment)

    def _next_day(self, moment: int) -> int | None:
        midnight = self._days.later(self._rng, moment, self._habit.pace)
        return None if midnight is None else self._habit.sits_down(self._rng, midnight)

    def _sit(self, at: int, stop: int, until: int) -> int | None:
        """One sitting. Returns when it ended, None when nothing will follow."""
        rng, tasks = self._rng, self._tasks
        if rng.random() < 0.6:
            self._open(tasks[self._position], at)
        end = min(until, self._position + sitting(rng))
        while self._position < end:
            task = tasks[self._position]
            if not task.is_required and rng.random() < SKIPS_OPTIONAL:
                self._position += 1
                continue
            at += spent(rng, task.seconds)
            if at >= stop:
                return None
            done = self._try(task, at) if task.passing else self._do(task, at)
            if done:
                self._position += 1
            elif rng.random() < GIVES_UP:
                return None
            elif rng.random() > TRIES_AT_ONCE:
                return at
        return at

    def _open(self, task: Task, at: int) -> None:
        self.record.items.setdefault(task.item_id, SeedItem(at))
        self._note(task.item_id, OPENED, at)

    def _do(self, task: Task, at: int) -> bool:
        item = self.record.items.setdefault(task.item_id, SeedItem(at))
        item.completed_at = item.completed_at or at
        self._note(task.item_id, task.does, at, completes=True)
        self._finish(at, graded=False)
        return True

    def _try(self, task: Task, at: int) -> bool:
        """One attempt. Returns whether one goes on to what follows."""
        rng = self._rng
        item = self.record.items.setdefault(task.item_id, SeedItem(at))
        chance = self._passes + 0.1 * self._habit.ability + 0.08 * item.attempts
        passed = rng.random() < min(0.97, max(0.25, chance)) or not task.failing
        among = task.passing if passed else task.failing
        # Nearer to the best of them than to the worst.
        score = among[int(len(among) * rng.random() ** 0.65)]
        item.attempts += 1
        item.best_score = score if item.best_score is None else max(item.best_score, score)
        self.record.attempts.append(SeedAttempt(task.item_id, at, score, passed))
        self._note(task.item_id, task.does, at)
        if passed:
            item.passed_at = at
        if passed or not task.is_graded:
            item.completed_at = item.completed_at or at
            self._finish(at, graded=task.is_graded and task.is_required)
        if not task.is_graded:
            return passed or rng.random() < 0.6
        return passed or item.attempts == task.tries

    def _finish(self, at: int, *, graded: bool) -> None:
        """Note the completion with the last required graded item; without any, with the last required one."""
        if graded:
            self._graded_left -= 1
            if self._graded_left == 0:
                self._complete(at)
        elif not self._has_graded and self._is_all_done():
            self._complete(at)

    def _is_all_done(self) -> bool:
        items = self.record.items
        required = [items.get(task.item_id) for task in self._tasks if task.is_required]
        return bool(required) and all(item and item.completed_at for item in required)

    def _complete(self, at: int) -> None:
        self.record.completed_at = self.record.completed_at or at
        confirmed = at + self._rng.randrange(60, HOUR)
        if self._rng.random() < VERIFIES and confirmed < self._days.end:
            self.record.verified_at = confirmed

    def _note(self, item_id: int, kind: str, at: int, *, completes: bool = False) -> None:
        self.record.activities.append((item_id, kind, at, completes))
        self.last = max(self.last, at)
