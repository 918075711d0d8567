"""The demo's courses as the lines of a catalog file, the same every time."""

import json
from collections.abc import Iterator
from typing import Any

from catalog.reading.words import slug
from config.demo.catalog import topics
from config.demo.catalog.topics import HERE, Topic

Line = dict[str, Any]
WORDS_A_MINUTE = 25
PASS_MARKS = {"beginner": 60, "intermediate": 70, "advanced": 80, "mixed": 60}
RUBRIC = (
    ("The question is stated", 2, "What is to be found out or decided, and for whom."),
    ("The method fits", 4, "Ideas of the course are used, and used rightly."),
    ("The result can be used", 4, "Somebody could act on it, and knows its limits."),
)


def lines() -> Iterator[Line]:
    """Courses, then specializations, as `manage.py import_catalog` reads them."""
    by_skill = topics.read()
    for number, row in enumerate((HERE / "courses.txt").read_text(encoding="utf-8").splitlines()[1:]):
        yield _course(row, number, by_skill)
    for line in shelves()["specializations"]:
        yield {"type": "specialization"} | line


def shelves() -> dict[str, Any]:
    """Specializations, and the collections of each program: name, description, specializations, courses."""
    return json.loads((HERE / "shelves.json").read_text(encoding="utf-8"))


def _course(row: str, number: int, by_skill: dict[str, list[Topic]]) -> Line:
    title, partner, level, kind, tags = (part.strip() for part in row.split("|"))
    weights = {name: float(weight) for name, weight in (tag.split(":") for tag in tags.split(", "))}
    main, *others = weights
    taught = by_skill[main][: 3 if others else 4] + [one for other in others for one in by_skill[other][:2]]
    first, last = taught[0], taught[-1]
    modules = [
        _module(topic, by_skill[topic.skill], number + place, level) for place, topic in enumerate(taught)
    ]
    modules[-1]["lessons"].append(_closing(title, taught))
    return {
        "type": kind,
        "title": title,
        "partner": partner,
        "level": level,
        "language": "en",
        "skills": weights,
        "summary": f"From {_inside(first.title)} to {_inside(last.title)}, with questions to try yourself.",
        "description": "\n\n".join(topic.what for topic in taught),
        "activity_iri": f"https://courses.example/{slug(title)}",
        "modules": modules,
    }


def _module(topic: Topic, siblings: list[Topic], turn: int, level: str) -> Line:
    base = slug(topic.title)
    return {
        "title": topic.title,
        "lessons": [
            {
                "title": "The idea",
                "items": [
                    _reading(f"{base}-what", topic.title, topic.what),
                    _reading(f"{base}-how", "How it is done", topic.how),
                    _quiz(f"{base}-try", "practice_quiz", "Try it", [topic.asked(turn)], 3),
                ],
            },
            {
                "title": "In practice",
                "items": [
                    _reading(f"{base}-watch", "What to watch for", topic.watch),
                    _reading(f"{base}-terms", "Terms side by side", *_terms(topic, siblings)),
                    _graded(topic, siblings, turn, level),
                ],
            },
        ],
    }


def _graded(topic: Topic, siblings: list[Topic], turn: int, level: str) -> Line:
    others = [one for one in siblings if one is not topic]
    questions = [
        topic.asked(turn + 1),
        {
            "key": "term",
            "text": f"Which term fits? {topic.what}",
            "options": topics.options([(one.title, one is topic) for one in (topic, *others)], turn + 2),
        },
        {
            "key": "advice",
            "text": f"Which advice belongs to “{topic.title}”?",
            "points": 2,
            "options": topics.options([(one.watch, one is topic) for one in (topic, *others[:2])], turn),
        },
    ]
    item = _quiz(f"{slug(topic.title)}-quiz", "graded_quiz", f"Quiz: {topic.title}", questions, 12)
    return item | {"assessment": {"pass_mark": PASS_MARKS[level], "attempts": 5, "skills": {topic.skill: 1}}}


def _closing(title: str, taught: list[Topic]) -> Line:
    """The last lesson: hand in a piece of work, and talk about it."""
    steps = "".join(f"<li>{topic.title}: {topic.how}</li>" for topic in taught)
    task = "<p>Choose a case from your own work and treat it with at least two ideas of this course.</p>"
    page = "<p>Write one page: the question, what you did, what came out, what you doubt.</p>"
    assignment = {
        "instructions": task + page,
        "grading": "peers",
        "rubric": [
            {"criterion": name, "points": points, "description": text} for name, points, text in RUBRIC
        ],
    }
    talk = {
        "url": f"https://forum.example/{slug(title)}",
        "prompt": "<p>What did you try, and what surprised you?</p>",
    }
    return {
        "title": "Your own case",
        "items": [
            {
                "key": "checklist",
                "kind": "reading",
                "title": "Checklist",
                "minutes": 8,
                "content": {
                    "html": f"<p>Before you begin, go through the ways of working again.</p><ul>{steps}</ul>"
                },
            },
            {
                "key": "own-case",
                "kind": "assignment",
                "title": "A case of your own",
                "minutes": 75,
                "content": assignment,
                "assessment": {"weight": 2, "pass_mark": 60},
            },
            {
                "key": "talk",
                "kind": "discussion",
                "title": "What surprised you?",
                "required": "no",
                "minutes": 15,
                "content": talk,
            },
        ],
    }


def _terms(topic: Topic, siblings: list[Topic]) -> list[str]:
    known = siblings[: siblings.index(topic) + 1]
    return [one.what for one in known]


def _reading(key: str, title: str, *paragraphs: str) -> Line:
    words = sum(len(paragraph.split()) for paragraph in paragraphs)
    minutes = max(3, round(words / WORDS_A_MINUTE) + 3)
    content = {"text": "\n\n".join(paragraphs)}
    return {"key": key, "kind": "reading", "title": title, "minutes": minutes, "content": content}


def _quiz(key: str, kind: str, title: str, questions: list[Line], minutes: int) -> Line:
    return {"key": key, "kind": kind, "title": title, "minutes": minutes, "content": {"questions": questions}}


def _inside(title: str) -> str:
    """A title within a sentence; names that are capital throughout stay so."""
    first = title.split()[0]
    return title if first.isupper() or first[1:] != first[1:].lower() else title[0].lower() + title[1:]
