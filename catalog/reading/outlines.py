"""The content of a course as a JSON line holds it: modules → lessons → items, with assessments and tags."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

from django.utils.translation import gettext as _

from catalog import content
from catalog.models import Item
from catalog.reading import durations, skills, words
from catalog.reading.columns import key
from catalog.reading.drafts import AssessmentDraft, ItemDraft, LessonDraft, ModuleDraft, Outline
from catalog.reading.refused import Refused
from catalog.reading.skills import SkillIndex

Kind = Item.Kind
KINDS = {key(kind.value): kind for kind in Kind} | {
    "quiz": Kind.GRADED_QUIZ,
    "exam": Kind.GRADED_QUIZ,
    "text": Kind.READING,
    "article": Kind.READING,
    "peerassignment": Kind.ASSIGNMENT,
}
ASSESSED = (Kind.PRACTICE_QUIZ, *Item.GRADED)
TITLE_MAX = 250
IRI_MAX = 500
KEY_MAX = 120
MOST_ITEMS = 2_000
PASS_MARK = 60.0
# The scheme by RFC 3986: course keys such as course-v1:site+101 are IRIs too.
IRI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S+")
Read = TypeVar("Read")


def outline(modules: Any, known: SkillIndex) -> tuple[Outline, list[str]]:
    """The content of a course, and a sentence about each skill that is not known and left out.

    Raises Refused, naming the place: "Module 2, lesson 1, item 3: …".
    """
    reader = _Reader(known)
    read = _each(modules, _("Module %(number)s"), reader.module)
    if not read:
        raise Refused(_("“modules” is empty."))
    return Outline(read), reader.notes


class _Reader:
    """Reads one course; knows which keys and addresses its items have so far."""

    def __init__(self, known: SkillIndex) -> None:
        self.known = known
        self.notes: list[str] = []
        self.keys: set[str] = set()
        self.iris: set[str] = set()

    def module(self, given: Mapping[str, Any]) -> ModuleDraft:
        return ModuleDraft(_title(given), _each(given.get("lessons"), _("lesson %(number)s"), self.lesson))

    def lesson(self, given: Mapping[str, Any]) -> LessonDraft:
        title = _title(given)
        return LessonDraft(title, _each(given.get("items"), _("item %(number)s"), self.item))

    def item(self, given: Mapping[str, Any]) -> ItemDraft:
        if len(self.keys) >= MOST_ITEMS:
            raise Refused(_("A course has %(most)s items at most.") % {"most": f"{MOST_ITEMS:,}"})
        kind = KINDS.get(key(str(given.get("kind", ""))))
        if kind is None:
            kinds = ", ".join(Kind.values)
            raise Refused(_("The kind of an item is one of %(kinds)s.") % {"kinds": kinds})
        title = _title(given)
        return ItemDraft(
            key=self._key(given, title),
            kind=kind.value,
            title=title,
            is_required=words.is_yes(str(given["required"])) if "required" in given else True,
            seconds=_seconds(given),
            activity_iri=self._iri(given),
            content=content.clean(kind, given.get("content", {})),
            assessment=self._assessment(kind, given.get("assessment")),
        )

    def _key(self, given: Mapping[str, Any], title: str) -> str:
        """The key as given, which must be the only one, or one made from the title."""
        if given.get("key"):
            made = words.slug(str(given["key"]), KEY_MAX)
            if made in self.keys:
                raise Refused(_("Two items have the key “%(key)s”.") % {"key": made})
        else:
            made = base = words.slug(title, KEY_MAX - 5)
            number = 1
            while made in self.keys:
                number += 1
                made = f"{base}-{number}"
        self.keys.add(made)
        return made

    def _iri(self, given: Mapping[str, Any]) -> str:
        found = iri(str(given.get("activity_iri") or ""))
        if found and found in self.iris:
            raise Refused(_("Two items have the activity IRI “%(iri)s”.") % {"iri": found})
        self.iris.add(found)
        return found

    def _assessment(self, kind: Kind, given: Any) -> AssessmentDraft | None:
        if kind not in ASSESSED:
            if given:
                raise Refused(_("Only quizzes and assignments are assessed."))
            return None
        given = given or {}
        if not isinstance(given, Mapping):
            raise Refused(_("“assessment” must be a JSON object."))
        weight = 0.0 if kind == Kind.PRACTICE_QUIZ else _between(given, "weight", 1.0, 0, 1_000)
        attempts = given.get("attempts")
        if attempts is not None and (type(attempts) is not int or not 0 < attempts < 1_000):  # noqa: PLR2004
            raise Refused(_("“attempts” is a whole number, or missing where there is no limit."))
        found, notes = skills.weights(given.get("skills") or [], self.known)
        self.notes += notes
        return AssessmentDraft(weight, _between(given, "pass_mark", PASS_MARK, 0, 100), attempts, found)


def iri(text: str) -> str:
    """An absolute IRI such as https://courses.example/sql-1, or "". Raises Refused."""
    text = text.strip()
    if text and (not IRI.fullmatch(text) or len(text) > IRI_MAX):
        raise Refused(_("“%(text)s” is no activity IRI.") % {"text": text[:80]})
    return text


def _each(given: Any, where: str, read: Callable[[Mapping[str, Any]], Read]) -> list[Read]:
    return list(_read_each(given, where, read))


def _read_each(given: Any, where: str, read: Callable[[Mapping[str, Any]], Read]) -> Iterator[Read]:
    if not isinstance(given, list):
        raise Refused(_("“modules”, “lessons” and “items” must be lists."))
    for number, one in enumerate(given, 1):
        place = where % {"number": number}
        if not isinstance(one, Mapping):
            raise Refused(_("%(place)s must be a JSON object.") % {"place": place})
        try:
            yield read(one)
        except Refused as refused:
            apart = ", " if refused.text[:1].islower() else ": "
            raise Refused(f"{place}{apart}{refused.text}") from refused


def _title(given: Mapping[str, Any]) -> str:
    title = words.line(str(given.get("title") or ""), TITLE_MAX, _("title"))
    if not title:
        raise Refused(_("The title is missing."))
    return title


def _seconds(given: Mapping[str, Any]) -> int:
    if "seconds" in given:
        return int(_between(given, "seconds", 0, 0, durations.DAY))
    text = given.get("minutes", given.get("duration"))
    return 0 if text is None else durations.seconds(str(text))


def _between(given: Mapping[str, Any], name: str, default: float, low: float, high: float) -> float:
    value = given.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        reason = _("“%(name)s” is a number from %(low)s to %(high)s.")
        raise Refused(reason % {"name": name, "low": f"{low:g}", "high": f"{high:,g}"})
    return float(value)
