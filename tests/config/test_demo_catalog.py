"""The demo's courses: every skill and level is taught, and the importer takes all of it, once."""

import json
from collections import Counter

import pytest
from django.db.models import Count, Sum

from catalog.models import Course, Item, Skill, Specialization
from config.demo.catalog import courses, stocking, topics
from programs.models import CollectionEntry
from tests.factories import ProgramFactory


@pytest.fixture
def loaded(db):
    stocking.load()


def test_every_skill_has_topics_with_a_question_that_has_one_answer():
    by_skill = topics.read()
    assert len(by_skill) == 35
    for topic in (one for several in by_skill.values() for one in several):
        assert all((topic.what, topic.how, topic.watch, topic.question)), topic.title
        right = sum(correct for _text, correct in topic.answers)
        assert (right, len(topic.answers)) == ((0, 0) if topic.number is not None else (1, 3)), topic.title


def test_the_catalog_is_the_same_every_time():
    assert json.dumps(list(courses.lines())) == json.dumps(list(courses.lines()))


def test_it_teaches_every_skill_at_every_level(loaded):
    assert Course.objects.count() == 73
    assert set(Course.objects.values_list("level", flat=True)) == set(Course.Level.values)
    assert Course.objects.filter(kind=Course.Kind.PROJECT).count() == 9
    assert not Skill.objects.filter(courses=None).exists()
    parts = Specialization.objects.annotate(parts_count=Count("parts"))
    assert Counter(parts.values_list("parts_count", flat=True)) == {4: 4, 5: 2}


def test_the_times_of_the_items_add_up_to_the_hours(loaded):
    for course in Course.objects.annotate(seconds=Sum("version__items__seconds")):
        assert float(course.hours) == pytest.approx(course.seconds / 3600, abs=0.01)
        assert course.hours > 2


def test_each_course_holds_modules_lessons_and_items_of_every_sort(loaded):
    lessons = Item.objects.values("lesson").annotate(items=Count("pk"))
    assert set(lessons.values_list("items", flat=True)) == {3}
    for course in Course.objects.annotate(modules=Count("version__modules")):
        assert 3 <= course.modules <= 5
    kinds = set(Item.objects.values_list("kind", flat=True))
    assert kinds == set(Item.Kind.values) - {Item.Kind.VIDEO}


def test_every_program_gets_collections(loaded):
    told, other = ProgramFactory(slug="data-literacy"), ProgramFactory(slug="anything")
    stocking.stock([told, other])
    assert [collection.name for collection in told.collections.all()] == [
        "Start here",
        "Ask better questions",
        "Work with data",
        "Going further",
    ]
    assert CollectionEntry.objects.filter(collection__program=told).exclude(specialization=None).count() == 2
    assert other.collections.count() == 3
