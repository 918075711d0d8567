"""manage.py import_skills: the skill tree, the shipped one or the operator's own."""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from catalog.actions import skills
from orgs.operators import OperatorCommand


class Command(OperatorCommand):
    help = (
        "Load domains, competencies and skills from a JSON file; without one, those that come with the "
        "product. Matched by slug: names, definitions, colors and order become those of the file. Nothing is "
        "deleted; skills that the file does not name are listed. To change some, copy "
        "catalog/data/skills.json, edit the copy and load it."
    )
    example = (
        "  manage.py import_skills\n"
        "  manage.py import_skills our-skills.json --dry-run\n\n"
        '  {"domains": [{"slug": "business", "name": "Business", "color": "#7a3ea1", "competencies": [\n'
        '    {"slug": "selling", "name": "Selling", "skills": [\n'
        '      {"slug": "sales", "name": "Sales", "definition": "…", "sub_skills": ["Negotiation"]}]}]}]}'
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, nargs="?", default=skills.SHIPPED)
        parser.add_argument("--dry-run", action="store_true", help="print what would happen")

    def run(self, **options: Any) -> None:
        path: Path = options["file"]
        try:
            with path.open("rb") as file:
                loaded = skills.load(file=file, by=None, dry_run=options["dry_run"])
        except OSError as error:
            raise CommandError(f"{path} cannot be read: {error.strerror}.") from error
        self.done(
            f"{path.name}: {loaded.new} new, {loaded.changed} changed, {loaded.unchanged} as they were "
            "(domains, competencies and skills)."
        )
        for skill, uses in loaded.left:
            used = f"tagged {uses:,} times" if uses else "not used"
            self.say(f"  Left, though not in the file: {skill.slug} ({used}).")
        if options["dry_run"]:
            self.say("Nothing was changed.")
