"""Values as catalogs write them: each way is read, what cannot be read is refused in a sentence."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.reading import columns, durations, languages, levels, skills, words
from catalog.reading.refused import Refused
from catalog.reading.skills import SkillIndex

SKILLS = SkillIndex(
    [
        ("databases", "Databases", ["SQL", "Data Modeling"]),
        ("statistical-programming", "Statistical Programming", ["Python", "R"]),
        ("probability-and-statistics", "Probability & Statistics", ["Sampling"]),
        ("data-analysis", "Data Analysis", ["Survey Analysis", "Sampling"]),
    ]
)


def reason(read, *arguments) -> str:
    with pytest.raises(Refused) as raised:
        read(*arguments)
    return raised.value.text


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("20", "20"),
        ("1,5", "1.5"),
        ("20 hours", "20"),
        ("2.5 hrs", "2.5"),
        ("3h 20m", "3.33"),
        ("3h20", "3.33"),
        ("1 hour and 30 minutes", "1.5"),
        ("90 min", "1.5"),
        ("2:30", "2.5"),
        ("PT2H30M", "2.5"),
        ("P1DT2H", "26"),
        ("Approx. 20 hours", "20"),
        ("10–12 hours", "11"),
        ("4 weeks at 5 hours a week", "20"),
        ("4 weeks, 3-5 hours per week", "16"),
        ("6 weeks of study, 2 hours/week", "12"),
        ("12,5 Std.", "12.5"),
    ],
)
def test_a_duration_is_read_as_people_write_it(text, hours):
    assert durations.hours(text) == Decimal(hours)


def test_a_number_alone_is_in_the_unit_of_its_column():
    assert durations.hours("90", "m") == Decimal("1.5")
    assert durations.seconds("10") == 600
    assert durations.seconds("PT90S") == 90


@pytest.mark.parametrize(
    "text", ["", "a lot", "4 weeks", "-3", "1h 1h", "PT", "P", "1e5", "١٢", "x" * 500, "h"]
)
def test_what_is_no_duration_is_refused(text):
    assert reason(durations.hours, text) == (
        f"“{text[:80]}” is no duration: write it as 20 hours, 3h 20m, 90 min or PT2H30M."
    )


def test_a_duration_is_more_than_nothing_and_less_than_a_life():
    assert (
        reason(durations.hours, "0") == "“0” is no duration: it must be more than 0 and below 10,000 hours."
    )
    assert reason(durations.hours, "99999 h").endswith("it must be more than 0 and below 10,000 hours.")
    assert reason(durations.seconds, "25 hours") == "“25 hours” is longer than a day."


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text):
    for read in (durations.hours, levels.level, languages.language, words.moment, words.is_yes):
        try:
            said = str(read(text))
        except Refused as refused:
            said = refused.text
        assert said


@given(st.text(max_size=60))
def test_any_list_of_skills_is_read_or_refused(text):
    try:
        found, notes = skills.weights(text, SKILLS)
    except Refused as refused:
        found, notes = {}, [refused.text]
    assert not found or sum(found.values()) == pytest.approx(1, abs=0.005)
    assert all(notes)


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("Beginner", "beginner"),
        (" INTERMEDIATE Level", "intermediate"),
        ("Entry-level", "beginner"),
        ("Advanced learners", "advanced"),
        ("Level 2", "intermediate"),
        ("All levels", "mixed"),
        ("Beginner to Advanced", "mixed"),
        ("Beginner / Intermediate", "mixed"),
        ("basic, introductory", "beginner"),
        ("Anfänger", "beginner"),
    ],
)
def test_a_level_is_known_by_its_synonyms(text, level):
    assert levels.level(text) == level


def test_free_text_is_no_level():
    assert reason(levels.level, "For those who know some SQL") == (
        "“For those who know some SQL” is no level: write Beginner, Intermediate, Advanced or Mixed."
    )


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        ("English", "en"),
        ("Deutsch", "de"),
        ("日本語", "ja"),
        ("EN_us", "en-US"),
        ("pt-br", "pt-BR"),
        ("zh-hans-cn", "zh-Hans-CN"),
        ("Portuguese (Brazil)", "pt-BR"),
        ("Chinese (Simplified)", "zh-Hans"),
    ],
)
def test_a_language_is_known_by_name_and_tag(text, tag):
    assert languages.language(text) == tag


@pytest.mark.parametrize("text", ["Klingon", "xx", "English, Spanish", ""])
def test_an_unknown_language_is_refused(text):
    assert reason(languages.language, text) == (
        f"“{text}” is no language that is known: write its name, or a tag such as en or pt-BR."
    )


EVEN = {"databases": 0.5, "statistical-programming": 0.5}


@pytest.mark.parametrize(
    "value",
    [
        "databases; statistical-programming",
        "SQL|Python",
        "sql, PYTHON",
        '["Databases", "R"]',
        ["SQL", "Python", "Data modeling"],
        "Python:0.5; SQL:0.5",
        "Python=0,25; R=0,25; SQL=0,5",
        "50% SQL | 50% Python",
        "SQL (50%), Python (50%)",
        "SQL:50; Python:50",
        '{"sql": 0.5, "python": 0.5}',
        [{"skill": "sql", "weight": 0.5}, {"name": "Python", "weight": "0.5"}],
    ],
)
def test_skills_are_read_from_any_list_by_slug_name_or_part(value):
    assert skills.weights(value, SKILLS) == (EVEN, [])


def test_weights_of_percent_become_parts_of_one():
    assert skills.weights("SQL 60%; Python 40%", SKILLS)[0] == {
        "databases": 0.6,
        "statistical-programming": 0.4,
    }


def test_a_little_of_rounding_is_allowed_and_kept():
    thirds = "SQL:0.333; Python:0.333; Data Analysis:0.333"
    assert sum(skills.weights(thirds, SKILLS)[0].values()) == pytest.approx(0.999)


def test_an_ampersand_is_and():
    assert skills.weights("probability and statistics", SKILLS) == ({"probability-and-statistics": 1.0}, [])


def test_a_number_after_a_space_belongs_to_the_name():
    assert skills.weights("SQL 92", SKILLS) == ({}, ["There is no skill “SQL 92”. Did you mean SQL?"])


def test_unknown_skills_without_weights_are_left_out_with_a_word():
    assert skills.weights("SQL; Pyton; Baking", SKILLS) == (
        {"databases": 1.0},
        ["There is no skill “Pyton”. Did you mean Python?", "There is no skill “Baking”."],
    )


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        (
            "SQL:0.5; Python:0.6",
            "The weights of the skills sum to 1.1; they must sum to 1, or to 100 percent.",
        ),
        (
            "SQL:0.33; Python:0.33; Data Analysis:0.33",
            "The weights of the skills sum to 0.99; they must sum to 1, or to 100 percent.",
        ),
        (
            "SQL 60%; Python 60%",
            "The weights of the skills sum to 120; they must sum to 1, or to 100 percent.",
        ),
        ("SQL:0.5; Python", "Some skills have a weight and some have none: give one to each or to none."),
        ("SQL:0; Python:1", "The weight of a skill must be more than 0."),
        ("SQL:-1; Python:2", "The weight of a skill must be more than 0."),
        ('{"SQL": "NaN"}', "The weight of a skill must be more than 0."),
        ('{"SQL": "much"}', "“much” is no weight of a skill."),
        ("SQL:0.5; Baking:0.5", "There is no skill “Baking”."),
        (
            "Sampling",
            "“Sampling” is a part of several skills: data-analysis, probability-and-statistics. Name the "
            "one that is meant.",
        ),
        ("[1]", "The skills are no list: write them as “Statistics; Marketing” or as a JSON array."),
        ("[broken", "The skills are no list: write them as “Statistics; Marketing” or as a JSON array."),
        (5, "The skills are no list: write them as “Statistics; Marketing” or as a JSON array."),
    ],
)
def test_a_list_of_skills_that_cannot_be_is_refused(value, sentence):
    assert reason(skills.weights, value, SKILLS) == sentence


def test_yes_and_no_and_nothing_else():
    assert [words.is_yes(text) for text in ("Yes", "TRUE", "1", "active", "ja")] == [True] * 5
    assert [words.is_yes(text) for text in ("no", "False", "0", "Retired", "nein")] == [False] * 5
    assert reason(words.is_yes, "maybe") == "“maybe” says neither yes nor no."


def test_a_slug_is_made_from_any_title_and_always_the_same():
    assert words.slug("SQL: the Basics_1") == "sql-the-basics-1"
    assert words.slug("統計学") == words.slug(" 統計学 ") == "c-" + words.slug("統計学")[2:]
    assert words.slug("統計学") != words.slug("線形代数")
    assert len(words.slug("x" * 500)) == 120


def test_days_and_moments():
    assert words.moment("2026-03-02") == datetime(2026, 3, 2, tzinfo=UTC)
    assert words.moment("2026-03-02T09:00+01:00") == datetime(2026, 3, 2, 8, tzinfo=UTC)
    assert reason(words.moment, "2026-02-31") == (
        "“2026-02-31” is no day: write it as 2026-03-02 or 2026-03-02T09:00Z."
    )


def test_columns_are_known_in_any_order_case_and_by_synonyms():
    found = columns.recognise(
        ["DIFFICULTY", "Course  Name", "Provider", "Duration (minutes)", "Price", "Title"]
    )
    assert found.places == {"level": 0, "title": 5, "partner": 2, "minutes": 3}
    assert found.unused == ("Course  Name", "Price")
