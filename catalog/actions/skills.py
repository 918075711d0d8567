"""Loading the skill tree: domains, competencies, skills and their parts, from a JSON file."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from django.db import connection, models, transaction
from django.utils.translation import gettext as _

from catalog import texts
from catalog.actions import search_words
from catalog.models import AssessmentSkill, Competency, Course, CourseSkill, Domain, Skill, SubSkill
from orgs.errors import ActionError
from orgs.models import User

SHIPPED = Path(__file__).resolve().parents[1] / "data" / "skills.json"
COLOR = re.compile(r"#[0-9a-fA-F]{6}")
SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
# Imports of catalogs and skills wait for each other.
LOCK = "select pg_advisory_xact_lock(hashtext('catalog.import'))"


@dataclass
class Loaded:
    """What loading changed. `left` are skills that the file does not name, with how often each is used."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    left: list[tuple[Skill, int]] = field(default_factory=list)


def ensure(*, by: User | None) -> bool:
    """Load the shipped skills where there is none yet. Returns whether they were loaded."""
    if Skill.objects.exists():
        return False
    with SHIPPED.open("rb") as file:
        load(file=file, by=by)
    return True


@transaction.atomic
def load(*, file: BinaryIO, by: User | None, dry_run: bool = False) -> Loaded:
    """Load a skill tree, matched by slug: names, definitions, colors and places become those of the file, and
    a skill's sub-skills are replaced. Nothing that the file does not name is deleted.

    The catalog belongs to no organization, so no audit log gets an entry. Refuses a file that is no such
    tree, as a whole. With `dry_run` nothing stays.
    """
    tree = _tree(file)
    with connection.cursor() as cursor:
        cursor.execute(LOCK)
    loaded = Loaded()
    domains = _put(loaded, Domain, [(given, {"color": _color(given)}) for given in _placed(tree)])
    below = [
        (given, {"domain": domains[domain["slug"]]})
        for domain in tree
        for given in _placed(_list(domain, "competencies"))
    ]
    competencies = _put(loaded, Competency, below)
    given_skills = [
        (given, {"competency": competencies[parent["slug"]], "definition": _text(given, "definition")})
        for parent, _values in below
        for given in _placed(_list(parent, "skills"))
    ]
    _put_parts(_put(loaded, Skill, given_skills), [given for given, _values in given_skills])
    for skill in Skill.objects.exclude(slug__in=[given["slug"] for given, _values in given_skills]):
        uses = (model.objects.filter(skill=skill).count() for model in (CourseSkill, AssessmentSkill))
        loaded.left.append((skill, sum(uses)))
    refresh_search(by=by)
    if dry_run:
        transaction.set_rollback(True)
    return loaded


@transaction.atomic
def refresh_search(*, by: User | None) -> int:
    """Tell the search texts of all courses again, after skills were renamed. Returns how many changed."""
    courses = Course.objects.select_related("partner").prefetch_related("skills").order_by("id")
    changed = []
    for course in courses.iterator(chunk_size=2_000):
        names = [skill.name for skill in course.skills.all()]
        search = texts.of_course(course.title, course.partner.name, names, course.summary)
        if search != course.search:
            course.search = search
            changed.append(course)
    Course.objects.bulk_update(changed, ["search"], 1_000)
    search_words.collect(by=by)
    return len(changed)


def _placed(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows with their places among each other."""
    return [row | {"position": position} for position, row in enumerate(rows)]


def _put(
    loaded: Loaded, model: type[Any], given: list[tuple[dict[str, Any], dict[str, Any]]]
) -> dict[str, Any]:
    """The rows with these slugs by slug, made or changed where they must be."""
    found = model.objects.in_bulk([one["slug"] for one, _values in given], field_name="slug")
    rows, changed, names = {}, [], ["name", "position"]
    for one, values in given:
        values = values | {"name": _text(one, "name"), "position": one["position"]}
        row = rows[one["slug"]] = found.get(one["slug"]) or model(slug=one["slug"])
        names = [*values]
        if row.pk is not None and all(getattr(row, name) == value for name, value in values.items()):
            loaded.unchanged += 1
            continue
        loaded.new += row.pk is None
        loaded.changed += row.pk is not None
        for name, value in values.items():
            setattr(row, name, value)
        changed.append(row)
    model.objects.bulk_create(changed, update_conflicts=True, unique_fields=["slug"], update_fields=names)
    return rows


def _put_parts(skills: Mapping[str, Skill], given: list[dict[str, Any]]) -> None:
    """Give the skills the sub-skills of the file."""
    there: dict[int, list[str]] = {}
    for part in SubSkill.objects.filter(skill__in=list(skills.values())).order_by("position", "id"):
        there.setdefault(part.skill_id, []).append(part.name)
    wanted = {skills[one["slug"]]: _parts(one) for one in given}
    wanted = {skill: names for skill, names in wanted.items() if names != there.get(skill.pk, [])}
    SubSkill.objects.filter(skill__in=list(wanted)).delete()
    SubSkill.objects.bulk_create(
        SubSkill(skill=skill, name=name, position=position)
        for skill, names in wanted.items()
        for position, name in enumerate(names)
    )


def _parts(given: Mapping[str, Any]) -> list[str]:
    names = given.get("sub_skills") or []
    if not isinstance(names, list):
        raise ActionError(_("“%(name)s” must be a list.") % {"name": "sub_skills"})
    names = [" ".join(str(name).split()) for name in names]
    if len(set(names)) < len(names) or not all(0 < len(name) <= _longest(SubSkill) for name in names):
        raise ActionError(_("The sub-skills of %(skill)s repeat or are too long.") % {"skill": given["slug"]})
    return names


def _tree(file: BinaryIO) -> list[dict[str, Any]]:
    """The domains of the file, with every slug checked. Raises ActionError."""
    try:
        tree = json.load(file)["domains"]
    except (ValueError, KeyError, TypeError):
        raise ActionError(_("The file is no skill tree: it must be JSON with a list “domains”.")) from None
    domains = _rows(tree, "domains")
    competencies = [one for domain in domains for one in _list(domain, "competencies")]
    skills = [one for competency in competencies for one in _list(competency, "skills")]
    for rows, what in ((domains, "domains"), (competencies, "competencies"), (skills, "skills")):
        slugs = [_slug(row) for row in rows]
        if repeated := next((slug for slug in slugs if slugs.count(slug) > 1), None):
            text = _("“%(slug)s” is there twice among the %(what)s.")
            raise ActionError(text % {"slug": repeated, "what": what})
    if not skills:
        raise ActionError(_("The file names no skill."))
    return domains


def _list(given: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    return _rows(given.get(name), name)


def _rows(rows: Any, name: str) -> list[dict[str, Any]]:
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ActionError(_("“%(name)s” must be a list of JSON objects.") % {"name": name})
    return rows


def _slug(given: Mapping[str, Any]) -> str:
    slug = given.get("slug")
    if not isinstance(slug, str) or not SLUG.fullmatch(slug) or len(slug) > _longest(Skill, "slug"):
        text = _("“%(slug)s” is no slug: use small letters, digits and hyphens.")
        raise ActionError(text % {"slug": slug})
    return slug


def _text(given: Mapping[str, Any], name: str) -> str:
    text = " ".join(str(given.get(name) or "").split())
    if not text or (name == "name" and len(text) > _longest(Skill)):
        reason = _("“%(slug)s” needs a %(name)s of a fitting length.")
        raise ActionError(reason % {"slug": given.get("slug"), "name": name})
    return text


def _color(given: Mapping[str, Any]) -> str:
    color = str(given.get("color", ""))
    if not COLOR.fullmatch(color):
        reason = _("The color of “%(slug)s” must be # and six hexadecimal digits.")
        raise ActionError(reason % {"slug": given.get("slug")})
    return color.lower()


def _longest(model: type[models.Model], name: str = "name") -> int:
    found = model._meta.get_field(name)
    assert isinstance(found, models.Field)
    return found.max_length or 0
