"""Finding in the site catalog: search that forgives typing errors, filters, and the choices for them."""

import difflib
from dataclasses import dataclass, field
from functools import reduce
from operator import or_
from typing import TypeVar

from django.contrib.postgres.aggregates import BoolOr
from django.contrib.postgres.search import TrigramSimilarity
from django.db.models import Case, Model, Q, QuerySet, When
from django.db.models.functions import Left, Length
from django.db.models.lookups import Contains

from catalog import texts
from catalog.models import (
    Course,
    CourseSkill,
    Domain,
    Partner,
    SearchWord,
    Skill,
    Specialization,
    SpecializationCourse,
)

TERM_MAX = 100
WORDS_MAX = 8
# A shorter word is looked for as it stands: any three letters resemble some word.
FORGIVEN_FROM = 4
# Of so many words alike by their trigrams, the nearest few whose letters agree to this part are meant.
CANDIDATES = 30
NEAREST = 2
RESEMBLES = 0.75


Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True)
class Filter:
    """What is looked for; every empty field is no condition. Slugs, except for `language`, a tag."""

    term: str = ""
    domain: str = ""
    skill: str = ""
    level: str = ""
    partner: str = ""
    language: str = ""
    kind: str = ""

    @property
    def words(self) -> list[str]:
        """The words of the term as courses are searched, at most eight."""
        return texts.plain(self.term.replace("\0", "")[:TERM_MAX]).split()[:WORDS_MAX]


@dataclass(frozen=True)
class Choices:
    """What one can filter by: only what some course that is offered has."""

    domains: list[Domain]
    skills: list[Skill]
    partners: list[Partner]
    languages: list[str]
    levels: list[tuple[str, str]] = field(
        default_factory=lambda: [(one.value, str(one.label)) for one in Course.Level]
    )


def courses(which: Filter) -> QuerySet[Course]:
    """The courses on offer that match, with their partner: the best first, without a term by title.

    Every word must occur in title, partner, skills or summary, if only as a part of a word. One that occurs
    nowhere in the catalog is taken for the words that it resembles.
    """
    found = Course.objects.filter(is_offered=True).select_related("partner")
    if which.skill:
        found = found.filter(course_skills__skill__slug=which.skill)
    if which.domain:
        in_domain = Skill.objects.filter(competency__domain__slug=which.domain)
        found = found.filter(pk__in=CourseSkill.objects.filter(skill__in=in_domain).values("course"))
    exact = {
        "level": which.level,
        "language": which.language,
        "kind": which.kind,
        "partner__slug": which.partner,
    }
    found = found.filter(**{name: value for name, value in exact.items() if value})
    return _searched(found, which)


def specializations(which: Filter) -> QuerySet[Specialization]:
    """The specializations on offer that match, with their partner; skill, domain and language are those of
    any of their courses.
    """
    found = Specialization.objects.filter(is_offered=True).select_related("partner")
    of_courses = Filter(domain=which.domain, skill=which.skill, language=which.language)
    if of_courses != Filter():
        parts = SpecializationCourse.objects.filter(course__in=courses(of_courses).order_by().values("pk"))
        found = found.filter(pk__in=parts.values("specialization"))
    exact = {"level": which.level, "partner__slug": which.partner}
    found = found.filter(**{name: value for name, value in exact.items() if value})
    return _searched(found, which)


def choices() -> Choices:
    """The values that filters offer, in the order in which people look for them."""
    offered = Course.objects.filter(is_offered=True)
    skills = Skill.objects.filter(courses__in=offered).distinct()
    return Choices(
        domains=list(Domain.objects.filter(competencies__skills__in=skills).distinct()),
        skills=list(skills.order_by("name")),
        partners=list(Partner.objects.filter(courses__in=offered).distinct()),
        languages=list(offered.order_by("language").values_list("language", flat=True).distinct()),
    )


def glossary() -> list[Domain]:
    """The skill tree: domains with competencies, skills and sub-skills, in four statements."""
    return list(Domain.objects.prefetch_related("competencies__skills__sub_skills"))


def _searched(found: QuerySet[Row], which: Filter) -> QuerySet[Row]:
    if not which.words:
        return found.order_by("title", "pk")
    # `search` begins with the title, in the form in which it is searched.
    title = Left("search", Length("title"))
    begins, named = Q(search__startswith=" ".join(which.words)), Q()
    for meant in _meant(which.words):
        found = found.filter(reduce(or_, (Q(search__contains=word) for word in meant)))
        named &= reduce(or_, (Q(Contains(title, word)) for word in meant))
    return found.order_by(Case(When(begins, then=0), When(named, then=1), default=2), "title", "pk")


def _meant(typed: list[str]) -> list[list[str]]:
    """For each word what to look for: the word as it stands, or when no text holds it the nearest ones."""
    known = SearchWord.objects.aggregate(
        **{f"w{place}": BoolOr(Q(word__contains=word), default=False) for place, word in enumerate(typed)}
    )
    return [
        [word] if known[f"w{place}"] or len(word) < FORGIVEN_FROM else _nearest(word)
        for place, word in enumerate(typed)
    ]


def _nearest(word: str) -> list[str]:
    """The words of the catalog that this one resembles most, by their trigrams or but for two letters swapped
    in place; the word itself when there is none.
    """
    places = range(len(word) - 1)
    swapped = [word[:at] + word[at + 1] + word[at] + word[at + 2 :] for at in places]
    near = SearchWord.objects.filter(Q(word__in=swapped) | Q(word__trigram_similar=word))
    near = near.annotate(likeness=TrigramSimilarity("word", word)).order_by("-likeness", "word")
    candidates = list(near.values_list("word", flat=True)[:CANDIDATES])
    found = difflib.get_close_matches(word, candidates, n=NEAREST, cutoff=RESEMBLES)
    return [one for one in candidates if one in swapped] or found or [word]
