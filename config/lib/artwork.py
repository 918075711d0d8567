"""Course covers and program banners drawn from a slug: the same slug always gives the same picture.

Shapes carry classes, never colours, so a picture follows the theme, the domain and the brand.
"""

import hashlib
import math
from collections.abc import Callable, Iterator

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

DOMAINS = ("business", "cs", "ds")
Numbers = Iterator[int]


def cover(slug: str, domain: str = "") -> SafeString:
    """A decorative 320 × 140 SVG for a course; `domain` is one of DOMAINS or empty for neutral."""
    numbers = _numbers(f"cover:{slug}")
    draw = _MOTIFS[next(numbers) % len(_MOTIFS)]
    return format_html(
        '<svg class="cover {}" viewBox="0 0 320 140" preserveAspectRatio="xMidYMid slice" aria-hidden="true">'
        '<rect class="c0" width="320" height="140"/>{}</svg>',
        domain if domain in DOMAINS else "neutral",
        _safe(draw(numbers)),
    )


def banner(slug: str, css: str) -> SafeString:
    """A decorative 960 × 300 SVG for a program: a low sun over ranges of hills, in the brand's tones."""
    numbers = _numbers(f"banner:{slug}")
    sun_x, sun_y, radius = _between(numbers, 620, 800), _between(numbers, 96, 150), _between(numbers, 56, 92)
    ranges = "".join(
        f'<path class="b{level + 2}" d="{_hills(numbers, 150 + level * 44, 46 - level * 8)}"/>'
        for level in range(3)
    )
    return format_html(
        '<svg class="art {}" viewBox="0 0 960 300" preserveAspectRatio="xMidYMid slice" aria-hidden="true">'
        '<rect class="b0" width="960" height="300"/>{}{}</svg>',
        css,
        _safe(_circle("b1", sun_x, sun_y, radius * 2) + _circle("bs", sun_x, sun_y, radius)),
        _safe(ranges),
    )


def funnel_step(before: float, after: float, index: int, *, nobody: bool = False) -> SafeString:
    """The shape of one funnel stage; `before` and `after` are shares 0–1 of the first stage.

    The hatch stands for people who were lost; a funnel of nobody has lost none.
    """
    high, low = (round(4 + 84 * (1 - share), 1) for share in (before, after))
    curve = f"M0 {high}C14 {high} 12 {low} 26 {low}H100"
    hatch = (
        f'<pattern id="hatch-{index}" width="7" height="7" patternUnits="userSpaceOnUse" '
        'patternTransform="scale(.27 1) rotate(45)"><path class="hatch-line" d="M0 0v7"/></pattern>'
    )
    leak = f'<path fill="url(#hatch-{index})" d="{curve}V4H0z"/>' if after < 1 and not nobody else ""
    return _safe(
        '<svg class="funnel-shape" viewBox="0 0 100 88" preserveAspectRatio="none" aria-hidden="true">'
        f'{hatch}{leak}<path class="keep" d="{curve}V88H0z"/><path class="edge" d="{curve}"/></svg>'
    )


def _bars(numbers: Numbers) -> str:
    tall = next(numbers) % 5
    heights = [_between(numbers, 96, 118) if i == tall else _between(numbers, 36, 86) for i in range(5)]
    return "".join(
        _rect("c2" if i == tall else "c1", 52 + i * 48, 140 - height, 30, height)
        for i, height in enumerate(heights)
    )


def _bell(numbers: Numbers) -> str:
    middle = _between(numbers, 130, 190)
    curve = f"M0 140C{middle - 70} 140 {middle - 54} 34 {middle} 34S{middle + 70} 140 320 140z"
    dots = [_circle("c2", _between(numbers, 40, 280), _between(numbers, 36, 112), 8) for _ in range(3)]
    return f'<path class="c1" d="{curve}"/>' + _line("s2", 3, f"M{middle} 22v118") + "".join(dots)


def _grid(numbers: Numbers) -> str:
    picks = [(row, column, next(numbers)) for row in range(3) for column in range(4)]
    return "".join(
        _rect("c2" if pick % 4 == 0 else "c1", 40 + column * 60, 28 + row * 30, 54, 22)
        for row, column, pick in picks
        if pick % 3
    )


def _wave(numbers: Numbers) -> str:
    high, low = _between(numbers, 40, 60), _between(numbers, 86, 110)
    swing = f"M20 {low}C48 {high - 20} 76 {high - 20} 104 {(high + low) // 2}S160 {low + 30} 188 {high + 24}"
    goes_on = f"M188 {high + 24}C216 {high - 12} 248 {high - 20} 300 {high - 24}"
    return _line("s1", 10, swing) + _line("s2", 10, goes_on, dashes="1 22")


def _lines(numbers: Numbers) -> str:
    drawn = []
    for y in range(34, 134, 25):
        start, long = 56 + next(numbers) % 3 * 26, _between(numbers, 60, 120)
        drawn.append(_line("s1", 13, f"M{start} {y}h{long}"))
        if next(numbers) % 2:
            drawn.append(_line("s2", 13, f"M{start + long + 26} {y}h{_between(numbers, 20, 60)}"))
    return "".join(drawn)


def _rings(numbers: Numbers) -> str:
    x, y = _between(numbers, 110, 210), _between(numbers, 58, 84)
    ring = f'<circle class="s2" stroke-width="9" cx="{x}" cy="{y}" r="30"/>'
    aside = _circle("c2", _between(numbers, 30, 56), _between(numbers, 30, 110), 10)
    return (
        _circle("c1", x, y, 52)
        + ring
        + _circle("c2", x, y, 9)
        + aside
        + _circle("c1", _between(numbers, 270, 296), _between(numbers, 30, 110), 14)
    )


def _peaks(numbers: Numbers) -> str:
    left, right = _between(numbers, 18, 46), _between(numbers, 52, 84)
    return (
        f'<path class="c1" d="M0 140 160 {left}v{140 - left}z"/>'
        f'<path class="c2" d="M320 140 160 {right}v{140 - right}z"/>'
        + _circle("c2", _between(numbers, 60, 100), _between(numbers, 30, 46), 13)
        + _circle("c1", _between(numbers, 220, 270), _between(numbers, 36, 60), 13)
    )


def _network(numbers: Numbers) -> str:
    points = [(48 + i * 56, _between(numbers, 34, 108)) for i in range(5)]
    hub = next(numbers) % 5
    nodes = [
        _circle("c2" if i == hub else "c1", x, y, 18 if i == hub else 12) for i, (x, y) in enumerate(points)
    ]
    return _line("s1", 5, "M" + "L".join(f"{x} {y}" for x, y in points)) + "".join(nodes)


_MOTIFS: tuple[Callable[[Numbers], str], ...] = (
    _bars,
    _bell,
    _grid,
    _wave,
    _lines,
    _rings,
    _peaks,
    _network,
)


def _hills(numbers: Numbers, base: int, swing: int) -> str:
    """A smooth line through points 60 apart, closed at the foot of the picture."""
    phase, length = next(numbers) / 40, 190 + next(numbers) % 120
    points = [
        (x, round(base + swing * math.sin(x / length + phase) * math.cos(x / (length * 0.37) + phase)))
        for x in range(-60, 1081, 60)
    ]
    curves = [
        f"Q{x} {y} {(x + next_x) // 2} {(y + next_y) // 2}"
        for (x, y), (next_x, next_y) in zip(points, points[1:], strict=False)
    ]
    return f"M-60 300V{points[0][1]}" + "".join(curves) + "V300z"


def _rect(css: str, x: int, y: int, width: int, height: int) -> str:
    return f'<rect class="{css}" x="{x}" y="{y}" width="{width}" height="{height}"/>'


def _circle(css: str, x: int, y: int, radius: int) -> str:
    return f'<circle class="{css}" cx="{x}" cy="{y}" r="{radius}"/>'


def _line(css: str, width: int, path: str, dashes: str = "") -> str:
    dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
    return f'<path class="{css}" stroke-width="{width}" stroke-linecap="round"{dashed} d="{path}"/>'


def _numbers(seed: str) -> Numbers:
    """Endless numbers 0–255 that depend on the seed alone, the same on every machine and version."""
    block = seed.encode()
    while True:
        block = hashlib.sha256(block).digest()
        yield from block


def _between(numbers: Numbers, low: int, high: int) -> int:
    return low + next(numbers) % (high - low + 1)


def _safe(drawn: str) -> SafeString:
    # Built above from numbers and our own words only; nothing from a person reaches it.
    return mark_safe(drawn)  # noqa: S308
