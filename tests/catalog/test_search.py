"""Finding in the site catalog: by parts of words, in spite of typing errors, and by what courses have."""

import pytest

from catalog import queries
from catalog.models import SearchWord
from catalog.queries import Filter

COURSES = """title,partner,level,language,type,skills,summary
Python for Everyone,Brightwater College,Beginner,en,course,Python,First programs in an afternoon
Spreadsheets at Work,Brightwater College,Beginner,de,project,Spreadsheets,
Communication in Teams,École Nord,Mixed,en,course,Communication,Say it so that it is heard
Statistics for Managers,École Nord,Advanced,fr,course,Sampling; Management,
Leading Change,Norden,Advanced,en,course,Leadership:0.6; Strategy:0.4,
Kubernetes Basics,Norden,Intermediate,en,course,Containers,
"""


@pytest.fixture(autouse=True)
def _catalog(load):
    load(COURSES)
    load("title,partner,is offered\nPython of Yesterday,Norden,no\n")
    load(
        {
            "type": "specialization",
            "title": "People Work",
            "partner": "Norden",
            "courses": ["leading-change"],
        },
        {
            "type": "specialization",
            "title": "Numbers",
            "partner": "Norden",
            "courses": ["statistics-for-managers"],
        },
    )


def titles(**which) -> list[str]:
    return [course.title for course in queries.courses(Filter(**which))]


@pytest.mark.parametrize(
    ("term", "title"),
    [
        ("python", "Python for Everyone"),
        ("EVERYONE python", "Python for Everyone"),
        ("pyhton", "Python for Everyone"),
        ("spredsheet", "Spreadsheets at Work"),
        ("comunication", "Communication in Teams"),
        ("statistcs", "Statistics for Managers"),
        ("kuberntes", "Kubernetes Basics"),
        ("leadign chnage", "Leading Change"),
        ("afternon", "Python for Everyone"),
        ("ÉCOLE teams", "Communication in Teams"),
        ("ecole nrod teams", "Communication in Teams"),
        ("leadership", "Leading Change"),
    ],
)
def test_a_course_is_found_in_spite_of_case_accents_and_typing_errors(term, title):
    assert titles(term=term)[0] == title


def test_the_course_named_so_comes_before_the_one_that_mentions_it(load):
    load("title,partner,summary\nBetter Talks,Norden,Communication without slides\n")
    assert titles(term="communication") == ["Communication in Teams", "Better Talks"]


@pytest.mark.parametrize("term", ["zebra", "python zebra", "sql%", "_____", "'; drop table", "\0"])
def test_what_is_not_there_is_not_found(term):
    assert titles(term=term) == ([] if term != "\0" else titles())


def test_short_words_are_taken_as_they_stand():
    assert titles(term="pyt") == ["Python for Everyone"]
    assert titles(term="pty") == []


def test_a_course_that_is_not_offered_is_not_found():
    assert titles(term="yesterday") == []


def test_without_a_term_all_come_by_title():
    assert titles() == [
        "Communication in Teams",
        "Kubernetes Basics",
        "Leading Change",
        "Python for Everyone",
        "Spreadsheets at Work",
        "Statistics for Managers",
    ]


@pytest.mark.parametrize(
    ("which", "found"),
    [
        ({"domain": "cs"}, ["Kubernetes Basics"]),
        ({"skill": "strategy"}, ["Leading Change"]),
        ({"level": "advanced", "language": "en"}, ["Leading Change"]),
        ({"partner": "ecole-nord"}, ["Communication in Teams", "Statistics for Managers"]),
        ({"kind": "project"}, ["Spreadsheets at Work"]),
        ({"domain": "business", "term": "managers"}, ["Statistics for Managers"]),
        ({"domain": "astrology"}, []),
    ],
)
def test_filters_and_search_hold_together(which, found):
    assert titles(**which) == found


def test_a_course_with_two_skills_of_a_domain_is_found_once():
    assert titles(domain="business").count("Leading Change") == 1


def test_specializations_are_searched_and_filtered_by_their_courses():
    def found(**which):
        return [row.title for row in queries.specializations(Filter(**which))]

    assert found() == ["Numbers", "People Work"]
    assert found(term="pepole") == ["People Work"]
    assert found(domain="ds") == ["Numbers"]
    assert found(skill="strategy", partner="norden") == ["People Work"]
    assert found(language="de") == []


def test_the_choices_are_what_courses_on_offer_have():
    choices = queries.choices()
    assert [domain.slug for domain in choices.domains] == ["business", "cs", "ds"]
    assert [partner.name for partner in choices.partners] == ["Brightwater College", "Norden", "École Nord"]
    assert choices.languages == ["de", "en", "fr"]
    assert "databases" not in [skill.slug for skill in choices.skills]


def test_the_glossary_takes_four_statements(django_assert_num_queries):
    with django_assert_num_queries(4):
        tree = [
            part.name
            for domain in queries.glossary()
            for competency in domain.competencies.all()
            for skill in competency.skills.all()
            for part in skill.sub_skills.all()
        ]
    assert "SQL" in tree


def test_a_word_that_nobody_uses_any_more_is_forgotten(load):
    assert SearchWord.objects.filter(word="afternoon").exists()
    load("title,summary\nPython for Everyone,First programs in an evening\n")
    assert set(
        SearchWord.objects.filter(word__in=["afternoon", "evening"]).values_list("word", flat=True)
    ) == {"evening"}
