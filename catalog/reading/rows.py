"""One row of a catalog, be it of a table or a JSON line, made into a draft."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from catalog.reading import durations, languages, levels, outlines, skills, words
from catalog.reading.drafts import CourseDraft, Draft, SessionDraft, SpecializationDraft
from catalog.reading.refused import Refused
from catalog.reading.skills import SkillIndex
from config.lib import safe_html

Fields = Mapping[str, Any]
TITLE_MAX = 250
PARTNER_MAX = 200
SUMMARY_MAX = 400
DESCRIPTION_MAX = 50_000
TAG = re.compile(r"</?[a-zA-Z][^>]*>")


def read(line: int, fields: Fields, known: SkillIndex) -> Draft:
    """What the row says. `fields` are values by our names for them; empty ones count as missing.

    Raises Refused for the first thing that cannot be used.
    """
    given = {name: value for name, value in fields.items() if value not in (None, "", [], {})}
    what = str(given.get("kind", "")).strip().casefold()
    if what == "specialization":
        return _specialization(line, given)
    if what == "session":
        return _session(line, given)
    return _course(line, given, known)


def name(fields: Fields) -> tuple[str, str]:
    """Slug and title of a row for the report, be they fit or not."""
    return _short(fields.get("slug")), _short(fields.get("title"))


def _course(line: int, given: Fields, known: SkillIndex) -> CourseDraft:
    slug, title = _slug_and_title(given)
    values: dict[str, Any] = _read(given, COURSE)
    if "hours" not in values and "minutes" in given:
        values["hours"] = durations.hours(_text(given["minutes"]), "m")
    tags, notes = skills.weights(given["skills"], known) if "skills" in given else (None, [])
    outline = None
    if "modules" in given:
        outline, more = outlines.outline(given["modules"], known)
        notes += more
        if outline.seconds:
            values.setdefault("hours", durations.hours(f"{outline.seconds / 60:.2f}", "m"))
    return CourseDraft(
        line=line,
        slug=slug,
        title=title,
        partner=words.line(_text(given.get("partner", "")), PARTNER_MAX, _("partner")),
        values=values,
        skills=tags,
        outline=outline,
        sessions=_sessions(given.get("sessions", [])),
        notes=tuple(dict.fromkeys(notes)),
    )


def _specialization(line: int, given: Fields) -> SpecializationDraft:
    slug, title = _slug_and_title(given)
    return SpecializationDraft(
        line=line,
        slug=slug,
        title=title,
        partner=words.line(_text(given.get("partner", "")), PARTNER_MAX, _("partner")),
        values=_read(given, SPECIALIZATION),
        courses=_parts(given["courses"]) if "courses" in given else None,
    )


def _session(line: int, given: Fields) -> SessionDraft:
    # The key "course" is read as a title.
    course = words.slug(_text(given.get("slug") or given.get("title") or ""))
    sessions = _sessions([given])
    starts_at, ends_at = next(iter(sessions.items()))
    return SessionDraft(line, course, "", starts_at, ends_at)


def _slug_and_title(given: Fields) -> tuple[str, str]:
    title = words.line(_text(given.get("title", "")), TITLE_MAX, _("title"))
    slug = _text(given.get("slug", "")).strip()
    if not (slug or title):
        raise Refused(_("The title is missing."))
    return words.slug(slug or title), title


def _parts(given: Any) -> dict[str, bool]:
    if isinstance(given, str):
        given = re.split(r"[;|,]", given)
    if not isinstance(given, list):
        raise Refused(_("“courses” must be a list of slugs."))
    parts = {}
    for one in given:
        slug, is_required = one, True
        if isinstance(one, Mapping):
            slug, is_required = one.get("course"), words.is_yes(str(one.get("required", True)))
        if not isinstance(slug, str) or not slug.strip():
            raise Refused(_("“courses” must be a list of slugs."))
        parts[words.slug(slug)] = is_required
    return parts


def _sessions(given: Any) -> dict[datetime, datetime | None]:
    if isinstance(given, str):
        given = [part for part in re.split(r"[;|,]", given) if part.strip()]
    if not isinstance(given, list):
        raise Refused(_("“sessions” must be a list of days."))
    sessions = {}
    for one in given:
        if not isinstance(one, Mapping):
            one = {"starts_at": one}
        starts_at = words.moment(str(one.get("starts_at", "")))
        ends_at = words.moment(str(one["ends_at"])) if one.get("ends_at") else None
        if ends_at and ends_at <= starts_at:
            raise Refused(_("A session ends before it starts: %(day)s.") % {"day": one["ends_at"]})
        sessions[starts_at] = ends_at
    return sessions


def _read(given: Fields, readers: Mapping[str, Callable[[str], Any]]) -> dict[str, Any]:
    return {name: read(_text(given[name])) for name, read in readers.items() if name in given}


def _description(text: str) -> str:
    """Plain text with empty lines between paragraphs; HTML loses its tags."""
    plain = safe_html.as_text(text) if TAG.search(text) else text.replace("\r\n", "\n").replace("\0", "")
    if len(plain) > DESCRIPTION_MAX:
        raise Refused(
            _("The description has more than %(most)s characters.") % {"most": f"{DESCRIPTION_MAX:,}"}
        )
    return plain.strip()


def _summary(text: str) -> str:
    plain = safe_html.as_text(text) if TAG.search(text) else text
    return words.line(plain, SUMMARY_MAX, _("summary"))


def _text(value: Any) -> str:
    if isinstance(value, list | Mapping):
        raise Refused(_("“%(value)s” should be a single value.") % {"value": str(value)[:60]})
    return str(value)


def _short(value: Any) -> str:
    text = " ".join(str(value or "").split())
    return text if len(text) <= 80 else f"{text[:79]}…"  # noqa: PLR2004


SPECIALIZATION: dict[str, Callable[[str], Any]] = {
    "level": levels.level,
    "summary": _summary,
    "description": _description,
    "is_offered": words.is_yes,
}
COURSE: dict[str, Callable[[str], Any]] = SPECIALIZATION | {
    "kind": words.kind,
    "language": languages.language,
    "hours": durations.hours,
    "activity_iri": outlines.iri,
}
