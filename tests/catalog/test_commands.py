"""`import_catalog` and `import_skills`: what they print, and each sentence with which they refuse."""

import json

import pytest

from catalog.actions import skills
from catalog.models import Competency, Course, CourseSkill, Domain, Skill
from tests.catalog.courses import sql_basics

FILE = """Title,Partner,Difficulty,Skills,Price
SQL Basics,Brightwater College,Beginner,SQL,9
Leading,Norden,for leaders,Leadership,9
Talk,Norden,All,Communication;Zymurgy,9
"""


@pytest.fixture
def catalog(tmp_path, skill_tree):
    path = tmp_path / "courses.csv"
    path.write_text(FILE, encoding="utf-8")
    return path


def test_a_catalog_is_loaded_and_what_cannot_be_is_printed(command, catalog):
    assert command("import_catalog", catalog) == (
        "courses.csv: 3 rows.\n"
        "  Columns that were not used: Price.\n"
        "  line 3: Leading: “for leaders” is no level: write Beginner, Intermediate, Advanced or Mixed.\n"
        "  Left out of 1 course: There is no skill “Zymurgy”.\n"
        "Courses: 2 new, 0 changed, 0 as they were.\n"
        "Not taken: 1 row.\n"
    )
    assert command("import_catalog", catalog).endswith(
        "Courses: 0 new, 0 changed, 2 as they were.\nNot taken: 1 row.\n"
    )


def test_a_dry_run_prints_the_same_and_changes_nothing(command, catalog):
    said = command("import_catalog", catalog, "--dry-run")
    assert said.endswith(
        "Courses: 2 new, 0 changed, 0 as they were.\nNot taken: 1 row.\nNothing was changed.\n"
    )
    assert Course.objects.count() == 0


def test_the_report_holds_every_remark(command, catalog, tmp_path):
    command("import_catalog", catalog, "--report", tmp_path / "report.csv")
    assert (tmp_path / "report.csv").read_text(encoding="utf-8-sig").splitlines() == [
        "Line,Slug,Title,Result,Reason",
        '3,,Leading,not taken,"“for leaders” is no level: write Beginner, Intermediate, Advanced or Mixed."',
        "4,talk,Talk,note,There is no skill “Zymurgy”.",
    ]


def test_json_lines_say_how_many_versions_and_specializations(command, tmp_path, skill_tree):
    path = tmp_path / "courses.jsonl"
    lines = [
        sql_basics(),
        {"type": "specialization", "title": "SQL", "partner": "Norden", "courses": ["sql-basics"]},
    ]
    path.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    assert command("import_catalog", path) == (
        "courses.jsonl: 2 rows.\n"
        "Courses: 1 new, 0 changed, 0 as they were.\n"
        "Specializations: 1 new, 0 changed, 0 as they were.\n"
    )
    path.write_text(
        json.dumps(sql_basics(sql_basics()["modules"][0]["lessons"][0]["items"][0])), encoding="utf-8"
    )
    assert command("import_catalog", path).endswith(
        "Courses: 0 new, 1 changed, 0 as they were.\nNew versions of courses that had one: 1.\n"
    )


def test_a_file_without_any_good_row_or_that_is_not_there_is_refused(refusal, catalog, tmp_path):
    catalog.write_text("title,level\n,Beginner\n", encoding="utf-8")
    assert refusal("import_catalog", catalog) == "No row of this file can be used; nothing was changed."
    missing = tmp_path / "no.csv"
    assert refusal("import_catalog", missing) == f"{missing} cannot be read: No such file or directory."
    assert refusal("import_catalog", tmp_path) == f"{tmp_path} cannot be read: Is a directory."


def test_the_first_catalog_brings_the_shipped_skills(command, tmp_path, db):
    (tmp_path / "a.csv").write_text("title,partner,skills\nA,Norden,SQL\n", encoding="utf-8")
    command("import_catalog", tmp_path / "a.csv")
    assert CourseSkill.objects.get().skill.slug == "databases"


def test_the_shipped_tree_has_three_domains_of_six_competencies_and_35_skills(command, db):
    assert command("import_skills") == (
        "skills.json: 56 new, 0 changed, 0 as they were (domains, competencies and skills).\n"
    )
    assert command("import_skills").startswith("skills.json: 0 new, 0 changed, 56 as they were")
    assert list(Domain.objects.values_list("name", flat=True)) == [
        "Business",
        "Computer Science",
        "Data Science",
    ]
    assert [domain.competencies.count() for domain in Domain.objects.all()] == [6, 6, 6]
    assert Skill.objects.count() == 35
    assert all(3 <= skill.sub_skills.count() <= 6 for skill in Skill.objects.all())
    assert not Competency.objects.filter(skills=None).exists()


def tree(**skill) -> dict:
    sales = {
        "slug": "sales",
        "name": "Sales",
        "definition": "To sell.",
        "sub_skills": ["Negotiation"],
    } | skill
    selling = {"slug": "selling", "name": "Selling", "skills": [sales]}
    return {"domains": [{"slug": "business", "name": "Trade", "color": "#7A3EA1", "competencies": [selling]}]}


@pytest.fixture
def own(tmp_path):
    """Write a skill tree of one's own."""

    def write(document) -> str:
        path = tmp_path / "own.json"
        path.write_text(document if isinstance(document, str) else json.dumps(document), encoding="utf-8")
        return str(path)

    return write


def test_an_operator_renames_what_they_like_and_nothing_is_deleted(command, own, catalog):
    command("import_catalog", catalog)
    said = command(
        "import_skills", own(tree(slug="databases", name="Data Stores", sub_skills=["SQL", "Keys"]))
    )
    assert said.startswith("own.json: 1 new, 2 changed, 0 as they were (domains, competencies and skills).\n")
    assert "  Left, though not in the file: communication (tagged 1 times).\n" in said
    assert "  Left, though not in the file: accounting (not used).\n" in said
    skill = Skill.objects.get(slug="databases")
    assert (skill.name, skill.competency.slug, Skill.objects.count()) == ("Data Stores", "selling", 35)
    assert list(skill.sub_skills.values_list("name", flat=True)) == ["SQL", "Keys"]
    assert Domain.objects.get(slug="business").name == "Trade"
    assert Course.objects.get(slug="sql-basics").search == "sql basics brightwater college data stores"


def test_a_dry_run_of_skills_changes_nothing(command, own, skill_tree):
    assert command("import_skills", own(tree(name="Trading")), "--dry-run").endswith("Nothing was changed.\n")
    assert Skill.objects.get(slug="sales").name == "Sales"


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        ("not json", "The file is no skill tree: it must be JSON with a list “domains”."),
        ([], "The file is no skill tree: it must be JSON with a list “domains”."),
        ({"domains": "x"}, "“domains” must be a list of JSON objects."),
        ({"domains": []}, "The file names no skill."),
        (tree(slug="Big Sales"), "“Big Sales” is no slug: use small letters, digits and hyphens."),
        (tree(name=""), "“sales” needs a name of a fitting length."),
        (tree(definition=" "), "“sales” needs a definition of a fitting length."),
        (tree(sub_skills=["A", "A"]), "The sub-skills of sales repeat or are too long."),
        (tree(sub_skills="A"), "“sub_skills” must be a list."),
        ({"domains": tree()["domains"] * 2}, "“business” is there twice among the domains."),
        (
            {"domains": [tree()["domains"][0] | {"color": "red"}]},
            "The color of “business” must be # and six hexadecimal digits.",
        ),
    ],
)
def test_a_tree_that_cannot_be_is_refused_as_a_whole(refusal, own, db, document, sentence):
    assert refusal("import_skills", own(document)) == sentence
    assert Domain.objects.count() == 0


def test_loading_the_shipped_skills_is_left_to_the_operator_once_there_are_some(own, command, db):
    command("import_skills", own(tree()))
    assert skills.ensure(by=None) is False
    assert Skill.objects.count() == 1
