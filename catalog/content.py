"""What `Item.content` holds, by the kind of the item, and the check that it does.

reading        {"html": text}                                       from "html" or plain "text"
video          {"url", "captions": [{"language", "label", "url"}], "transcript": html}
practice_quiz, graded_quiz
               {"questions": [{"key", "kind", "text", "points", "feedback", …}]}, and by the question's kind
               single, multiple  "options": [{"text", "correct", "feedback"}]
               numeric           "answer", "tolerance": 0
               text              "answers": [text], compared without case and outer spaces
assignment     {"instructions": html, "grading": "administrator" | "peers", "reviews": 3,
               "rubric": [{"criterion", "points", "description"}]}
discussion     {"url", "prompt": html}      leads out of the site; the page says so

Every HTML text is rebuilt from an allow-list (config.lib.safe_html). Addresses are https, or paths of this
site. Keys of questions are stable: answers are kept by them.
"""

import math
import re
from collections.abc import Callable, Mapping
from typing import Any

from django.utils.translation import gettext as _

from catalog.models import Item
from catalog.reading.languages import language
from catalog.reading.refused import Refused
from config.lib import safe_html

Content = dict[str, Any]
Kind = Item.Kind
MOST_TEXT = 200_000
CHOICES = ("single", "multiple")
QUESTIONS = (*CHOICES, "numeric", "text")
HTTPS = re.compile(r"https://[\w.-]+(:[0-9]+)?([/?#]\S*)?")
GRADINGS = ("administrator", "peers")


def clean(kind: str, content: Any) -> Content:
    """The content of an item of this kind with what belongs to it and nothing else. Raises Refused."""
    if not isinstance(content, Mapping):
        raise Refused(_("The content of an item must be a JSON object."))
    return CLEANERS[Kind(kind)](content)


def _reading(content: Mapping[str, Any]) -> Content:
    if html := _html(content, "html"):
        return {"html": html}
    text = content.get("text")
    if isinstance(text, str) and text.strip():
        return {"html": safe_html.paragraphs(text[:MOST_TEXT])}
    raise Refused(_("A reading needs “html” or “text”."))


def _video(content: Mapping[str, Any]) -> Content:
    return {
        "url": _address(content.get("url"), _("A video")),
        "captions": [_caption(one) for one in _list(content, "captions")],
        "transcript": _html(content, "transcript"),
    }


def _caption(given: Mapping[str, Any]) -> Content:
    tag = language(str(given.get("language", "")))
    return {
        "language": tag,
        "label": _line(given.get("label")) or tag,
        "url": _address(given.get("url"), _("A caption")),
    }


def _quiz(content: Mapping[str, Any]) -> Content:
    questions = [_question(one, number) for number, one in enumerate(_list(content, "questions"), 1)]
    if not questions:
        raise Refused(_("A quiz needs at least one question."))
    if len({question["key"] for question in questions}) < len(questions):
        raise Refused(_("Two questions of a quiz have the same key."))
    return {"questions": questions}


def _question(given: Mapping[str, Any], number: int) -> Content:
    kind = given.get("kind", "single")
    where = _("Question %(number)s") % {"number": number}
    if kind not in QUESTIONS:
        raise Refused(_("%(where)s: its kind must be single, multiple, numeric or text.") % {"where": where})
    text = _line(given.get("text"))
    if not text:
        raise Refused(_("%(where)s has no text.") % {"where": where})
    points = _number(given.get("points", 1))
    if not points or points <= 0:
        raise Refused(_("%(where)s: its points must be more than 0.") % {"where": where})
    key = re.sub(r"[^\w-]", "-", str(given.get("key") or f"q{number}"))[:60]
    question = {
        "key": key,
        "kind": kind,
        "text": text,
        "points": points,
        "feedback": _line(given.get("feedback")),
    }
    if kind in CHOICES:
        return question | {"options": _options(given, kind, where)}
    return question | (_numeric(given, where) if kind == "numeric" else _answers(given, where))


def _options(given: Mapping[str, Any], kind: str, where: str) -> list[Content]:
    options: list[Content] = [
        {
            "text": _line(one.get("text")),
            "correct": one.get("correct") is True,
            "feedback": _line(one.get("feedback")),
        }
        for one in _list(given, "options")
    ]
    right = sum(option["correct"] for option in options)
    if len(options) < 2 or not all(option["text"] for option in options):  # noqa: PLR2004
        raise Refused(_("%(where)s needs two options or more, each with a text.") % {"where": where})
    if kind == "single" and right != 1:
        raise Refused(_("%(where)s must have exactly one right option.") % {"where": where})
    if not right:
        raise Refused(_("%(where)s has no right option.") % {"where": where})
    return options


def _numeric(given: Mapping[str, Any], where: str) -> Content:
    answer, tolerance = _number(given.get("answer")), _number(given.get("tolerance", 0))
    if answer is None or tolerance is None or tolerance < 0:
        raise Refused(_("%(where)s needs a number as its answer.") % {"where": where})
    return {"answer": answer, "tolerance": tolerance}


def _answers(given: Mapping[str, Any], where: str) -> Content:
    answers = given.get("answers")
    known = [_line(answer) for answer in answers if _line(answer)] if isinstance(answers, list) else []
    if not known:
        raise Refused(_("%(where)s needs at least one answer.") % {"where": where})
    return {"answers": known}


def _assignment(content: Mapping[str, Any]) -> Content:
    instructions = _html(content, "instructions")
    if not instructions:
        raise Refused(_("An assignment needs “instructions”."))
    grading = content.get("grading", GRADINGS[0])
    if grading not in GRADINGS:
        raise Refused(_("An assignment is graded by “administrator” or “peers”."))
    rubric: list[Content] = [
        {
            "criterion": _line(one.get("criterion")),
            "points": _number(one.get("points", 1)),
            "description": _line(one.get("description")),
        }
        for one in _list(content, "rubric")
    ]
    if not rubric or not all(row["criterion"] and row["points"] and row["points"] > 0 for row in rubric):
        raise Refused(_("An assignment needs a rubric: criteria, each with its points."))
    reviews = content.get("reviews", 3)
    if type(reviews) is not int or not 1 <= reviews <= 10:  # noqa: PLR2004
        raise Refused(_("“reviews” says how many peers grade a work: 1 to 10."))
    return {"instructions": instructions, "grading": grading, "reviews": reviews, "rubric": rubric}


def _discussion(content: Mapping[str, Any]) -> Content:
    return {
        "url": _address(content.get("url"), _("A discussion")),
        "prompt": _html(content, "prompt"),
    }


CLEANERS: dict[Kind, Callable[[Mapping[str, Any]], Content]] = {
    Kind.READING: _reading,
    Kind.VIDEO: _video,
    Kind.PRACTICE_QUIZ: _quiz,
    Kind.GRADED_QUIZ: _quiz,
    Kind.ASSIGNMENT: _assignment,
    Kind.DISCUSSION: _discussion,
}


def _html(content: Mapping[str, Any], name: str) -> str:
    value = content.get(name)
    return safe_html.clean(value[:MOST_TEXT]) if isinstance(value, str) else ""


def _line(value: Any) -> str:
    """Plain text of a question, an option, a label."""
    return " ".join(str(value).split())[:2000] if isinstance(value, str | int | float) else ""


def _list(content: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    value = content.get(name) or []
    if not isinstance(value, list) or not all(isinstance(one, Mapping) for one in value):
        raise Refused(_("“%(name)s” must be a list of JSON objects.") % {"name": name})
    return value


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return value


def _address(value: Any, what: str) -> str:
    """An https address or a path of this site."""
    text = value.strip() if isinstance(value, str) else ""
    is_path = text.startswith("/") and not text.startswith(("//", "/\\"))
    if is_path or HTTPS.fullmatch(text):
        return text
    raise Refused(_("%(what)s needs a “url” that begins with https:// or /.") % {"what": what})
