"""A template with holes, filled, is the template rendered: for every mail, whatever its strings hold."""

from datetime import date

import pytest
from django.template import Context, Engine
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy, override

from config.lib import stencils
from orgs import mailing
from tests.orgs.test_mailing import HOSTILE, NAMED, SAMPLES


def template(source):
    return Engine.get_default().from_string(source)


def filled(template, values, *, html=True):
    apart = stencils.values(values)
    return stencils.fill(template, apart.escaped() if html else apart)


def rendered(template, values, *, html=True):
    return template.render(Context(values, autoescape=html))


def every_string(value, text):
    """The same values with every string that says something replaced by the text."""
    if isinstance(value, str):
        return value and text
    if isinstance(value, dict):
        return {name: every_string(inner, text) for name, inner in value.items()}
    if isinstance(value, list):
        return [every_string(inner, text) for inner in value]
    return value


@pytest.mark.parametrize(("kind", "number"), SAMPLES, ids=NAMED)
def test_every_mail_is_filled_as_it_would_be_rendered_whatever_its_strings(kind, number):
    sample = dict(kind.samples[number]().values)
    for ending, html in (("html", True), ("txt", False)):
        page = Engine.get_default().get_template(f"{kind.template}.{ending}")
        for text in (*HOSTILE, "100 %", "%(name)s", "\ue000abc:0\ue001"):
            values = every_string(sample, text) | {"brand": text, "recipient": text}
            assert filled(page, values, html=html) == rendered(page, values, html=html)


def test_strings_may_differ_and_everything_else_is_looked_at():
    page = template(
        "{% if name %}{{ name }}{% else %}nobody{% endif %} {{ size }} {{ ok }} {{ day }} {{ who.name }}"
        "{% for line in lines %}[{{ line }}{{ forloop.counter }}]{% endfor %}"
    )
    base = {"name": "Carol", "size": 1, "ok": True, "day": date(2026, 6, 8), "lines": ["a", "b"], "who": {}}
    changes = [{}, {"name": "Dave"}, {"name": ""}, {"size": 2}, {"size": True}, {"size": 1.0}, {"ok": None},
               {"day": date(2026, 6, 9)}, {"lines": []}, {"lines": ["c"]}, {"lines": ["", "c"]},
               {"who": {"name": "Eve"}}, {"name": gettext_lazy("Invitation")}]  # fmt: skip
    for change in changes:
        assert filled(page, base | change) == rendered(page, base | change)


def test_text_that_is_marked_safe_is_not_escaped():
    page = template("{{ body }}{{ name }}")
    values = {"body": mark_safe("<b>bold</b>"), "name": "<b>"}
    assert filled(page, values) == rendered(page, values) == "<b>bold</b>&lt;b&gt;"


def test_each_language_has_its_own():
    page = template("{% load i18n %}{% translate 'Yes' %} {{ name }}")
    for language in ("en", "de", "en"):
        with override(language):
            assert filled(page, {"name": "Carol"}) == rendered(page, {"name": "Carol"})


def test_a_value_that_may_print_differently_tomorrow_is_refused():
    with pytest.raises(TypeError, match="a template with holes takes no object"):
        stencils.values({"thing": object()})


@pytest.mark.parametrize("kind", mailing.kinds(), ids=lambda kind: kind.name)
def test_the_templates_of_mails_print_strings_and_do_nothing_else_with_them(kind):
    for ending in ("html", "txt"):
        source = Engine.get_default().get_template(f"{kind.template}.{ending}").source
        tags = [tag.partition("%}")[0] for tag in source.split("{%")[1:]]
        prints = [print_.partition("}}")[0] for print_ in source.split("{{")[1:]]
        assert [one for one in prints if "|" in one] == []
        conditions = [tag for tag in tags if tag.split()[0] in ("if", "elif", "with", "for", "firstof")]
        assert [tag for tag in conditions if "|" in tag or {"==", "!=", "<", ">"} & set(tag.split())] == []
