"""A program's catalog: the distinct courses in its collections, those of its specializations included."""

import pytest

from programs import queries
from programs.queries import CatalogSize
from tests.coursework import course, offer, specialization
from tests.factories import ProgramFactory


@pytest.fixture
def writing(db):
    return course("Writing Well")


@pytest.fixture
def speaking(db):
    return course("Speaking Up")


@pytest.fixture
def negotiating(db):
    return course("Negotiating")


def test_a_course_counts_once_however_many_ways_lead_to_it(program, writing, speaking, negotiating):
    words = specialization(writing, speaking)
    offer(program, writing, negotiating)
    offer(program, writing, words, name="Words")

    assert list(queries.catalog_courses(program)) == [negotiating, speaking, writing]
    assert list(queries.catalog_specializations(program)) == [words]
    assert queries.catalog_size(program) == CatalogSize(collections=2, courses=3, specializations=1)


def test_a_course_is_found_in_its_collections_and_in_those_of_its_specializations(
    program, writing, speaking, negotiating
):
    words = specialization(writing, speaking)
    start = offer(program, writing)
    further = offer(program, words, name="Words")

    assert list(queries.collections_with(program, writing).order_by("pk")) == [start, further]
    assert list(queries.collections_with(program, speaking)) == [further]
    assert list(queries.collections_with(program, words)) == [further]
    assert list(queries.collections_with(program, negotiating)) == []


def test_catalogs_of_several_programs_are_told_apart(program, other_program, globex, writing, speaking):
    foreign = ProgramFactory(organization=globex)
    offer(program, specialization(writing, speaking))
    offer(other_program, speaking)
    offer(foreign, writing)

    asked = [program.pk, other_program.pk]
    assert queries.in_catalogs(asked, [writing.pk, speaking.pk]) == {
        (program.pk, writing.pk),
        (program.pk, speaking.pk),
        (other_program.pk, speaking.pk),
    }
    assert queries.in_catalogs(asked, [writing.pk]) == {(program.pk, writing.pk)}
    assert queries.catalog_size(ProgramFactory(organization=globex)) == CatalogSize(0, 0, 0)
