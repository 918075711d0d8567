"""Colour arithmetic for organization brands: sRGB hex to OKLCH and back, contrast, and the tones mails need.

The conversion follows Björn Ottosson's definition of Oklab; contrast is the ratio of WCAG 2.2.
"""

import math
import re
from dataclasses import dataclass

CHROMA_LIMIT = 0.13
GREY = 0.004
TEXT_CONTRAST = 4.5
WHITE = "#ffffff"
_HEX = re.compile(r"#[0-9a-fA-F]{6}")


@dataclass(frozen=True)
class MailTones:
    """Hex tones for mails, which know no OKLCH: the bar, the button, and both again for dark mode."""

    bar: str
    button: str
    link: str
    button_dark: str
    link_dark: str


def hue_and_chroma(hex_colour: str) -> tuple[int, float]:
    """What the stylesheet needs of a brand `#rrggbb`: hue in degrees 0–359, chroma capped at 0.13.

    Greys have hue 0 and chroma 0. Raises ValueError for anything but `#rrggbb`.
    """
    _, chroma, hue = to_oklch(hex_colour)
    if chroma < GREY:
        return 0, 0.0
    return round(hue) % 360, round(min(chroma, CHROMA_LIMIT), 3)


def mail_tones(hex_colour: str) -> MailTones:
    """The tones of one brand for mails. White on `bar` and on both buttons reaches 4.5:1."""
    hue, chroma = hue_and_chroma(hex_colour)
    return MailTones(
        bar=_dark_enough(0.30, chroma * 0.75, hue),
        button=_dark_enough(0.455, chroma, hue),
        link=_dark_enough(0.445, chroma, hue),
        button_dark=_dark_enough(0.53, chroma, hue),
        link_dark=to_hex(0.81, chroma, hue),
    )


def to_oklch(hex_colour: str) -> tuple[float, float, float]:
    """Lightness 0–1, chroma and hue in degrees of `#rrggbb`; ValueError for anything else."""
    if not _HEX.fullmatch(hex_colour):
        raise ValueError(f"not a #rrggbb colour: {hex_colour!r}")
    r, g, b = (_linear(int(hex_colour[i : i + 2], 16) / 255) for i in (1, 3, 5))
    l_ = math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b)
    m_ = math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b)
    s_ = math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b)
    lightness = 0.2104542553 * l_ + 0.7936177850 * m_ - 0.0040720468 * s_
    a = 1.9779984951 * l_ - 2.4285922050 * m_ + 0.4505937099 * s_
    b = 0.0259040371 * l_ + 0.7827717662 * m_ - 0.8086757660 * s_
    return lightness, math.hypot(a, b), math.degrees(math.atan2(b, a)) % 360


def to_hex(lightness: float, chroma: float, hue: float) -> str:
    """The `#rrggbb` of an OKLCH colour; what sRGB cannot show gives up chroma, never lightness or hue."""
    rgb = _linear_rgb(lightness, chroma, hue)
    while chroma > 0 and not all(-0.0005 <= channel <= 1.0005 for channel in rgb):
        chroma = max(0.0, chroma - 0.002)
        rgb = _linear_rgb(lightness, chroma, hue)
    return "#" + "".join(f"{round(_gamma(min(1.0, max(0.0, channel))) * 255):02x}" for channel in rgb)


def contrast(one: str, other: str) -> float:
    """The WCAG contrast ratio of two `#rrggbb` colours, 1 to 21."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _dark_enough(lightness: float, chroma: float, hue: float) -> str:
    tone = to_hex(lightness, chroma, hue)
    while contrast(tone, WHITE) < TEXT_CONTRAST:
        lightness -= 0.01
        tone = to_hex(lightness, chroma, hue)
    return tone


def _linear_rgb(lightness: float, chroma: float, hue: float) -> tuple[float, float, float]:
    a, b = chroma * math.cos(math.radians(hue)), chroma * math.sin(math.radians(hue))
    l_ = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    m_ = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    s_ = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        4.0767416621 * l_ - 3.3077115913 * m_ + 0.2309699292 * s_,
        -1.2684380046 * l_ + 2.6097574011 * m_ - 0.3413193965 * s_,
        -0.0041960863 * l_ - 0.7034186147 * m_ + 1.7076147010 * s_,
    )


def _luminance(hex_colour: str) -> float:
    r, g, b = (_linear(int(hex_colour[i : i + 2], 16) / 255) for i in (1, 3, 5))
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4


def _gamma(channel: float) -> float:
    return channel * 12.92 if channel <= 0.0031308 else 1.055 * channel ** (1 / 2.4) - 0.055
