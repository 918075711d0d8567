"""`manage.py import_activity`: files of statements."""

import gzip
import io
import json

import pytest
from django.core.management import CommandError, call_command

from learners.models import Activity, XapiStatement
from tests.learners.taking import enrolled, learner, taught
from tests.learners.xapi import COURSE, statement


@pytest.fixture
def course(program, contract, carol):
    """A course hosted elsewhere that Carol is enrolled in."""
    course = taught()
    course.activity_iri = COURSE
    course.save()
    enrolled(learner(program, contract, user=carol), course)
    return course


def run(*paths) -> str:
    out = io.StringIO()
    call_command("import_activity", *map(str, paths), "--organization", "acme", stdout=out)
    return out.getvalue()


def test_good_lines_are_taken_the_others_printed_and_a_second_run_changes_nothing(tmp_path, course):
    sent = statement(activity=COURSE)
    nameless = {key: value for key, value in sent.items() if key != "id"}
    rows = [sent, nameless, sent, sent | {"object": {"id": "urn:other"}}, statement(actor="x@y.example")]
    late = statement() | {"timestamp": "2999-01-01T00:00:00Z"}
    text = "\n".join([*map(json.dumps, rows), "", "{", json.dumps(late)])
    path = tmp_path / "statements.ndjson.gz"
    path.write_bytes(gzip.compress(text.encode()))
    said = run(path)
    assert f"  line 4: {sent['id']} is here already with another content.\n" in said
    assert "  line 7: This is not JSON" in said
    assert "  line 8: timestamp: 2999-01-01T00:00:00Z lies in the future.\n" in said
    assert "2 counted, 1 known before, 1 kept and not counted, 3 refused." in said
    assert "  Kept: 1 of nobody known here.\n" in said
    assert "0 counted, 4 known before, 0 kept and not counted, 3 refused." in run(path)
    assert (XapiStatement.objects.count(), Activity.objects.count()) == (3, 2)


def test_a_file_that_cannot_be_read_is_one_sentence(tmp_path, acme):
    with pytest.raises(CommandError, match="cannot be read"):
        run(tmp_path / "nothing.ndjson")
    (tmp_path / "broken.gz").write_bytes(b"no gzip")
    with pytest.raises(CommandError, match="cannot be read"):
        run(tmp_path / "broken.gz")
