"""What can be learned, and the catalogs it is in, for tests."""

from django.utils.text import slugify

from catalog.models import Course, CourseVersion, Partner, Specialization, SpecializationCourse
from programs.models import Collection, CollectionEntry


def partner() -> Partner:
    return Partner.objects.get_or_create(slug="uppsala", defaults={"name": "Uppsala School"})[0]


def course(title="Writing Well", **values) -> Course:
    """A course with one version that has nothing in it yet."""
    found = Course.objects.create(title=title, slug=slugify(title), partner=partner(), **values)
    found.version = CourseVersion.objects.create(course=found)
    found.save()
    return found


def specialization(*courses, title="Business Writing", optional=()) -> Specialization:
    """These courses in this order; those in `optional` are not required."""
    found = Specialization.objects.create(title=title, slug=slugify(title), partner=partner())
    for position, part in enumerate(courses):
        SpecializationCourse.objects.create(
            specialization=found, course=part, position=position, is_required=part not in optional
        )
    return found


def offer(program, *what, name="Start here") -> Collection:
    """These courses and specializations in a collection of the program's catalog."""
    collection, _ = Collection.objects.get_or_create(
        organization=program.organization, program=program, name=name
    )
    for position, one in enumerate(what):
        field = "course" if isinstance(one, Course) else "specialization"
        CollectionEntry.objects.create(
            organization=program.organization, collection=collection, position=position, **{field: one}
        )
    return collection
