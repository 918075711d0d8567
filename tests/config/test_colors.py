"""Brand colours: what the stylesheet and the mails are given, and that every brand can be read."""

import re
from pathlib import Path

import pytest

from config.lib.colors import CHROMA_LIMIT, WHITE, contrast, hue_and_chroma, mail_tones, to_hex, to_oklch

BRANDS = ["#006466", "#7A1FA2", "#ffd400", "#00ff00", "#ff0000", "#0000ff", "#808080", "#000000", "#ffffff"]
TOKENS = (Path(__file__).parents[2] / "static" / "css" / "tokens.css").read_text()


def lightness(token: str) -> tuple[float, float]:
    """The lightness that tokens.css gives an accent in the light and in the dark theme."""
    light, dark = re.search(rf"--{token}: light-dark\(oklch\((\S+) .*?oklch\((\S+) ", TOKENS).groups()
    return float(light), float(dark)


def test_hue_and_chroma_of_a_teal():
    assert hue_and_chroma("#006466") == (197, 0.078)


def test_a_loud_colour_keeps_its_hue_and_has_its_chroma_capped():
    assert hue_and_chroma("#ff0000") == (29, 0.13)


@pytest.mark.parametrize("grey", ["#000000", "#808080", "#ffffff"])
def test_greys_have_neither_hue_nor_chroma(grey):
    assert hue_and_chroma(grey) == (0, 0.0)


@pytest.mark.parametrize("text", ["006466", "#064", "#00646g", "teal", "", "#0064660"])
def test_what_is_no_colour_is_refused(text):
    with pytest.raises(ValueError, match="not a #rrggbb colour"):
        hue_and_chroma(text)


@pytest.mark.parametrize("colour", ["#006466", "#7a1fa2", "#ffd400", "#123456", "#ffffff", "#000000"])
def test_a_colour_survives_the_way_to_oklch_and_back(colour):
    assert to_hex(*to_oklch(colour)) == colour


def test_contrast_is_that_of_wcag():
    assert contrast("#000000", "#ffffff") == 21
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)
    assert contrast("#ffffff", "#777777") == contrast("#777777", "#ffffff")


@pytest.mark.parametrize("colour", BRANDS)
def test_white_can_be_read_on_the_bar_and_the_buttons_of_every_mail(colour):
    tones = mail_tones(colour)
    assert min(contrast(tone, WHITE) for tone in (tones.bar, tones.button, tones.button_dark)) >= 4.5
    assert contrast(tones.link, WHITE) >= 4.5
    assert contrast(tones.link_dark, "#1b2023") >= 4.5


@pytest.mark.parametrize("hue", range(0, 360, 15))
@pytest.mark.parametrize("chroma", [0, CHROMA_LIMIT / 2, CHROMA_LIMIT])
def test_every_brand_can_be_read_in_both_themes(hue, chroma):
    """What tokens.css makes of a brand: text on the accent, and the accent as text on the page."""
    on_accent = to_hex(0.99, 0, 0)
    for accent in (*lightness("accent"), *lightness("accent-hover")):
        assert contrast(to_hex(accent, chroma, hue), on_accent) >= 4.5
    light, dark = lightness("accent-text")
    assert contrast(to_hex(light, chroma, hue), "#ffffff") >= 4.5
    assert contrast(to_hex(dark, chroma, hue), to_hex(0.225, 0.008, 230)) >= 4.5
