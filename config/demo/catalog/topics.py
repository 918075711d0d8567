"""The topics that the demo's courses teach: what each is, how it is done, what to watch for, a question."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
SOURCES = ("business.txt", "cs.txt", "ds.txt")


@dataclass
class Topic:
    """`answers` are (text, whether right); a question with a number instead has `number` and `tolerance`."""

    skill: str
    title: str
    what: str = ""
    how: str = ""
    watch: str = ""
    question: str = ""
    answers: list[tuple[str, bool]] = field(default_factory=list)
    number: float | None = None
    tolerance: float = 0.0

    def asked(self, turn: int) -> dict[str, Any]:
        """The question as a quiz holds it; `turn` moves the right answer to another place."""
        asked: dict[str, Any] = {"key": "what", "text": self.question, "feedback": self.watch}
        if self.number is not None:
            return asked | {"kind": "numeric", "answer": self.number, "tolerance": self.tolerance}
        return asked | {"kind": "single", "options": options(self.answers, turn)}


def options(answers: list[tuple[str, bool]], turn: int) -> list[dict[str, Any]]:
    """The answers, beginning elsewhere at every turn, so that the right one is not always the first."""
    place = turn % len(answers)
    return [{"text": text, "correct": correct} for text, correct in answers[place:] + answers[:place]]


def read() -> dict[str, list[Topic]]:
    """All topics by skill, in their order."""
    found: dict[str, list[Topic]] = {}
    for source in SOURCES:
        for topic in _topics((HERE / source).read_text(encoding="utf-8").splitlines()):
            found.setdefault(topic.skill, []).append(topic)
    return found


def _topics(lines: list[str]) -> Iterator[Topic]:
    skill, topic = "", None
    for line in lines:
        mark, text = line[:1], line[1:].strip()
        if mark in "@#" and topic is not None:
            yield topic
            topic = None
        if mark == "@":
            skill = text
        elif mark == "#":
            topic = Topic(skill, text)
        elif topic is not None:
            _add(topic, mark, text, line)
    if topic is not None:
        yield topic


def _add(topic: Topic, mark: str, text: str, line: str) -> None:
    if mark == "?":
        topic.question = text
    elif mark in "+-":
        topic.answers.append((text, mark == "+"))
    elif mark == "=":
        number, _space, tolerance = text.partition(" ")
        topic.number, topic.tolerance = float(number), float(tolerance or 0)
    else:
        name = next(name for name in ("what", "how", "watch") if not getattr(topic, name))
        setattr(topic, name, line)
