"""A catalog to load things into: the shipped skills, and files written where commands find them."""

import io
import json

import pytest
from django.core.management import CommandError, call_command

from catalog.actions import importing, skills


@pytest.fixture
def skill_tree(db):
    """The skills that come with the product."""
    skills.ensure(by=None)


@pytest.fixture
def load(skill_tree):
    """Load text, bytes or JSON objects (one a line) as a catalog and give the report."""

    def load(*content, **options):
        if isinstance(content[0], dict):
            content = ("\n".join(json.dumps(line) for line in content),)
        data = content[0] if isinstance(content[0], bytes) else content[0].encode()
        return importing.import_catalog(file=io.BytesIO(data), by=None, **options)

    return load


@pytest.fixture
def command():
    """Run a command and give what it printed."""

    def run(*arguments) -> str:
        out = io.StringIO()
        call_command(*map(str, arguments), stdout=out)
        return out.getvalue()

    return run


@pytest.fixture
def refusal(command):
    """Run a command that ends with a sentence and give that."""

    def refused(*arguments) -> str:
        with pytest.raises(CommandError) as raised:
            command(*arguments)
        return str(raised.value)

    return refused
