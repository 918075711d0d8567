"""Courses as JSON lines hold them."""

from typing import Any

QUESTION = {
    "text": "Which statement reads rows?",
    "options": [{"text": "SELECT", "correct": True}, {"text": "DROP"}],
}
READING = {"kind": "reading", "title": "A row", "minutes": 6, "content": {"text": "A row is one thing."}}
QUIZ = {
    "kind": "graded_quiz",
    "title": "Test yourself",
    "minutes": 24,
    "content": {"questions": [QUESTION]},
    "assessment": {"weight": 2, "pass_mark": 80, "attempts": 3, "skills": {"SQL": 0.6, "Python": 0.4}},
}


def sql_basics(*items: dict[str, Any], **values: Any) -> dict[str, Any]:
    """A course of one module with one lesson, of a reading and a quiz unless other items are given."""
    lesson = {"title": "Rows", "items": list(items) or [READING, QUIZ]}
    return {
        "type": "course",
        "title": "SQL Basics",
        "partner": "Brightwater College",
        "modules": [{"title": "Tables", "lessons": [lesson]}],
    } | values
