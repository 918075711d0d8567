"""Loading the demo's catalog, and putting collections of it into the programs of the demo."""

import io
import json
from collections.abc import Iterable

from catalog.actions import importing
from catalog.models import Course, Specialization
from config.demo.catalog import courses
from orgs.errors import ActionError
from programs.models import Collection, CollectionEntry, Program


def load() -> None:
    """Load the courses and specializations through the importer. The site catalog is shared: they stay when
    the demo's organizations go, and are found again.
    """
    file = io.BytesIO("\n".join(json.dumps(line, ensure_ascii=False) for line in courses.lines()).encode())
    report = importing.import_catalog(file=file, by=None)
    if report.refused:
        first = report.refused[0]
        raise ActionError(f"The demo's catalog cannot be loaded: {first.title}: {first.text}")


def stock(programs: Iterable[Program]) -> None:
    """Give each program its collections."""
    told = courses.shelves()["programs"]
    course_ids = dict(Course.objects.values_list("slug", "pk"))
    specialization_ids = dict(Specialization.objects.values_list("slug", "pk"))
    entries = []
    for program in programs:
        for position, (name, text, special, single) in enumerate(told.get(program.slug, told[""])):
            collection = Collection.objects.create(
                organization_id=program.organization_id,
                program=program,
                name=name,
                description=text,
                position=position,
            )
            content = [{"specialization_id": specialization_ids[slug]} for slug in special]
            content += [{"course_id": course_ids[slug]} for slug in single]
            entries += [
                CollectionEntry(
                    organization_id=program.organization_id, collection=collection, position=place, **what
                )
                for place, what in enumerate(content)
            ]
    CollectionEntry.objects.bulk_create(entries)
