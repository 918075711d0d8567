"""The design system: tags, form rendering, the brand's stylesheet, the gallery, the pages of errors."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from django import forms
from django.template import Context, Template
from django.test import Client
from django.utils import timezone

from config.dev import FRAMES
from config.forms import Card, RadioCards
from config.lib import artwork
from config.lib.keyset import Total
from config.templatetags import ui
from orgs.navigation import SECTIONS

ROOT = Path(__file__).parents[2]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
DRAWN = set(re.findall(r'id="i-(\w+)"', (ROOT / "static" / "icons.svg").read_text()))


def render(source: str, **context: object) -> str:
    return Template("{% load ui %}" + source).render(Context(context)).strip()


class PersonForm(forms.Form):
    name = forms.CharField(label="Full name", help_text="As on certificates.")
    note = forms.CharField(
        label="Note", max_length=50, required=False, widget=forms.TextInput(attrs={"data-counter": True})
    )
    news = forms.BooleanField(label="Send news", required=False)
    contract = forms.ChoiceField(
        label="Contract",
        widget=RadioCards,
        choices=[("w", Card("Workforce", "Seats", "9 left")), ("p", Card("Pilot", disabled=True))],
    )


# --- Tags ---


def test_every_icon_that_is_named_is_drawn():
    named = {name for path in TEMPLATES for name in re.findall(r'{% icon "(\w+)"', path.read_text())}
    assert named | {icon for _, _, icon, *_ in SECTIONS} <= DRAWN
    assert {"mail", "warn", "done"} <= named


def test_an_icon_refers_to_the_sprite_and_is_hidden_from_readers():
    assert render('{% icon "home" %}') == (
        '<svg class="icon" aria-hidden="true"><use href="/static/icons.svg#i-home"/></svg>'
    )
    assert 'class="icon icon-s"' in render('{% icon "x" "s" %}')


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("Joana Figueiredo da Silva", "JS"),
        ("Mikkel Østergaard", "MØ"),
        ("Plato", "P"),
        ("k.wieczorek@acme.example", "K"),
        ("Anna (HR)", "A"),
        ("", ""),
    ],
)
def test_initials_are_of_the_first_and_the_last_name(name, letters):
    assert ui.initials(name) == letters


@pytest.mark.parametrize(
    ("part", "whole", "text"),
    [
        (7318, 9214, "79 %"),
        (0, 10, "0 %"),
        (1, 1000, "1 %"),
        (999, 1000, "99 %"),
        (5, 0, "–"),
        (None, 9, "–"),
    ],
)
def test_percent_never_rounds_something_to_nothing_nor_nearly_all_to_all(part, whole, text):
    assert ui.percent(part, whole).replace("\N{NO-BREAK SPACE}", " ") == text


@pytest.mark.parametrize(
    ("passed", "text"),
    [
        (timedelta(seconds=20), "just now"),
        (timedelta(minutes=1), "1 min ago"),
        (timedelta(minutes=59), "59 min ago"),
        (timedelta(hours=2, minutes=50), "2 h ago"),
        (timedelta(hours=24), "7 Jun 2026"),
        (timedelta(days=-1), "9 Jun 2026"),
    ],
)
def test_times_are_relative_up_to_a_day(passed, text, time_machine):
    now = datetime(2026, 6, 8, 12, 32, tzinfo=UTC)
    time_machine.move_to(now, tick=False)
    shown = ui.ago(now - passed)
    assert re.sub("<.*?>", "", shown) == text
    assert f'datetime="{(now - passed).isoformat()}"' in shown


def test_the_exact_time_is_in_the_active_time_zone():
    with timezone.override("Europe/Stockholm"):
        shown = ui.ago(datetime(2026, 1, 2, 11, 5, tzinfo=UTC))
    assert 'title="2 Jan 2026, 12:05"' in shown
    assert ui.ago(None) == ui.moment(None) == "–"


@pytest.mark.parametrize(("count", "text"), [(40, "1 KB"), (612_000, "612 KB"), (1_100_000, "1.1 MB")])
def test_sizes_of_files(count, text):
    assert ui.size(count).replace("\N{NO-BREAK SPACE}", " ") == text


def test_a_total_that_was_capped_says_so():
    assert ui.words(Total(3818)) == "3,818"
    assert ui.words(Total(10_000, capped=True)) == "more than 10,000"


def test_time_left_follows_the_pace_so_far(time_machine):
    time_machine.move_to(datetime(2026, 6, 8, tzinfo=UTC), tick=False)
    job = SimpleNamespace(done=90, failed=10, total=400, started_at=timezone.now() - timedelta(minutes=4))
    assert ui.time_left(job) == ", about 12 min left"
    job.total = 105
    assert ui.time_left(job) == ", less than a minute left"
    job.done = job.failed = 0
    assert ui.time_left(job) == ""


# --- Drawings ---


def test_the_same_slug_gives_the_same_picture_and_another_one_another():
    assert artwork.cover("sql", "cs") == artwork.cover("sql", "cs")
    assert artwork.cover("sql", "cs") != artwork.cover("python", "cs")
    assert artwork.banner("english", "art-1") == artwork.banner("english", "art-1")


def test_a_drawing_takes_no_markup_from_outside():
    assert "<script>" not in artwork.banner("x", '"><script>')
    assert 'class="cover neutral"' in artwork.cover("x", '"><script>')


def test_every_motif_is_drawn_by_some_slug():
    drawn = {re.sub(r"\d+", "", artwork.cover(f"course-{n}")) for n in range(60)}
    assert len(drawn) >= 8


@pytest.mark.parametrize(
    ("values", "hatched"), [((9, 9, 4), [0, 0, 1]), ((9, 0, 0), [0, 1, 1]), ((0, 0), [0, 0])]
)
def test_a_funnel_hatches_who_was_lost_and_nobody_is_not_lost(values, hatched):
    shapes = ui.funnel_shapes([SimpleNamespace(value=value) for value in values])
    assert [svg.count("url(#hatch") for _, svg in shapes] == hatched


# --- Forms ---


def test_a_field_has_its_label_and_its_hint_tied_to_it():
    html = str(PersonForm()["name"].as_field_group())
    assert '<label for="id_name">Full name</label>' in html
    assert 'class="input" aria-describedby="id_name_hint"' in html.replace(" required", "")
    assert '<p class="hint" id="id_name_hint">As on certificates.</p>' in html
    assert "optional" not in html


def test_an_error_stands_in_the_place_of_the_hint():
    html = str(PersonForm({"name": ""})["name"].as_field_group())
    assert 'aria-describedby="id_name_error"' in html
    assert 'aria-invalid="true"' in html
    assert 'id="id_name_error"' in html
    assert "This field is required." in html
    assert "As on certificates." not in html


def test_an_optional_field_says_so_and_counts_when_asked():
    html = str(PersonForm(initial={"note": "Hello"})["note"].as_field_group())
    assert '<span class="optional">(optional)</span>' in html
    assert 'data-count-for="id_note" data-max="50">5 / 50</span>' in html


def test_a_checkbox_stands_before_its_label_without_the_word_optional():
    html = str(PersonForm()["news"].as_field_group())
    assert re.search(
        r'<label class="check"><input type="checkbox" name="news" id="id_news">\s*<span>Send news', html
    )
    assert "optional" not in html


def test_radio_cards_show_note_and_figure_and_close_what_cannot_be_chosen():
    html = str(PersonForm()["contract"].as_field_group())
    assert "<legend>Contract</legend>" in html
    assert "Workforce<small>Seats</small>" in html
    assert '<span class="num small">9 left</span>' in html
    assert re.search(r'value="p" disabled', html)


def test_several_errors_are_summed_up_with_links_to_their_fields():
    html = str(PersonForm({"news": "on"}))
    assert "2 answers need another look." in html
    assert '<a href="#id_name">Full name</a>: This field is required.' in html


def test_one_error_needs_no_summary():
    assert "banner" not in str(PersonForm({"name": "Carol"}))


# --- Pages ---


def test_the_brand_travels_in_a_stylesheet_that_never_changes():
    response = Client().get("/brand/196-0.085.css")
    assert response.content == b":root{--brand-h:196;--brand-c:0.085}"
    assert response["Content-Type"] == "text/css"
    assert response["Cache-Control"] == "public, max-age=31536000, immutable"


@pytest.mark.parametrize("numbers", ["361-0.1", "10-0.14", "10-1e1", "a-b", "10-.1", "10-0.12345"])
def test_no_other_number_is_a_brand(numbers, db):
    assert Client().get(f"/brand/{numbers}.css").status_code == 404


@pytest.mark.parametrize("frame", FRAMES)
def test_the_gallery_shows_every_frame(frame, db):
    response = Client().get("/dev/ui/", {"frame": frame})
    html = response.content.decode()
    assert response.status_code == 200
    assert "style-src 'self'" in response["Content-Security-Policy"]
    assert not re.search(r"\sstyle=|<style|\son\w+=", html)
    assert "{#" not in html
    assert "{%" not in html


def test_the_gallery_knows_no_other_frame(db):
    assert Client().get("/dev/ui/?frame=nothing").status_code == 404


@pytest.mark.parametrize("status", [400, 500])
def test_the_pages_of_last_resort_need_no_context(status):
    html = (ROOT / "templates" / f"{status}.html").read_text()
    shown = Template(html).render(Context())
    assert '<a class="btn btn-primary btn-l btn-wide" href="/">' in shown
    assert shown.count("<h1>") == 1


def test_a_page_that_is_not_there_offers_the_way_back(db):
    response = Client().get("/nothing-here/")
    assert response.status_code == 404
    assert "This page is not here" in response.content.decode()
    assert "Go to your start page" in response.content.decode()
