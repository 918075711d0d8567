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
        _safe(
            f'<circle class="b1" cx="{sun_x}" cy="{sun_y}" r="{radius * 2}"/>'
            f'<circle class="bs" cx="{sun_x}" cy="{sun_y}" r="{radius}"/>'
        ),
        _safe(ranges),
    )


def funnel_step(before: float, after: float, index: int) -> SafeString:
    """The shape of one funnel stage; `before` and `after` are shares 0–1 of the first stage."""
    high, low = (round(4 + 84 * (1 - share), 1) for share in (before, after))
    curve = f"M0 {high}C14 {high} 12 {low} 26 {low}H100"
    hatch = (
        f'<pattern id="hatch-{index}" width="7" height="7" patternUnits="userSpaceOnUse" '
        'patternTransform="scale(.27 1) rotate(45)"><path class="hatch-line" d="M0 0v7"/></pattern>'
    )
    leak = f'<path fill="url(#hatch-{index})" d="{curve}V4H0z"/>' if after < 1 else ""
    return _safe(
        '<svg class="funnel-shape" viewBox="0 0 100 88" preserveAspectRatio="none" aria-hidden="true">'
        f'{hatch}{leak}<path class="keep" d="{curve}V88H0z"/><path class="edge" d="{curve}"/></svg>'
    )


def _bars(numbers: Numbers) -> str:
    tall = next(numbers) % 5
    return "".join(
        f'<rect class="{"c2" if i == tall else "c1"}" x="{52 + i * 48}" y="{140 - height}" width="30" '
        f'height="{height}"/>'
        for i in range(5)
        for height in [_between(numbers, 96, 118) if i == tall else _between(numbers, 36, 86)]
    )


def _bell(numbers: Numbers) -> str:
    middle = _between(numbers, 130, 190)
    dots = "".join(
        f'<circle class="c2" cx="{_between(numbers, 40, 280)}" cy="{_between(numbers, 36, 112)}" r="8"/>'
        for _ in range(3)
    )
    return (
        f'<path class="c1" d="M0 140C{middle - 70} 140 {middle - 54} 34 {middle} 34S{middle + 70} 140 320 140z"/>'
        f'<path class="s2" stroke-width="3" d="M{middle} 22v118"/>{dots}'
    )


def _grid(numbers: Numbers) -> str:
    return "".join(
        f'<rect class="{"c2" if pick % 4 == 0 else "c1"}" x="{40 + column * 60}" y="{28 + row * 30}" width="54" '
        f'height="22"/>'
        for row in range(3)
        for column in range(4)
        for pick in [next(numbers)]
        if pick % 3
    )


def _wave(numbers: Numbers) -> str:
    up, down = _between(numbers, 40, 62), _between(numbers, 84, 112)
    return (
        f'<path class="s1" stroke-width="10" d="M20 {down}C52 {up - 30} 76 {up - 30} 104 {down - 8}'
        f's56 30 84 -{down - up}"/>'
        f'<path class="s2" stroke-width="10" stroke-dasharray="1 22" d="M188 {up + 8}C216 {up - 22} 240 {up - 34} '
        f'300 {up - 36}"/>'
    )


def _lines(numbers: Numbers) -> str:
    rows = []
    for row in range(4):
        start, long = 56 + next(numbers) % 3 * 26, _between(numbers, 60, 120)
        rows.append(f'<path class="s1" stroke-width="13" d="M{start} {34 + row * 25}h{long}"/>')
        if next(numbers) % 2:
            rows.append(
                f'<path class="s2" stroke-width="13" d="M{start + long + 26} {34 + row * 25}'
                f'h{_between(numbers, 20, 60)}"/>'
            )
    return "".join(rows)


def _rings(numbers: Numbers) -> str:
    x, y = _between(numbers, 110, 210), _between(numbers, 58, 84)
    return (
        f'<circle class="c1" cx="{x}" cy="{y}" r="52"/><circle class="s2" stroke-width="9" cx="{x}" cy="{y}" r="30"/>'
        f'<circle class="c2" cx="{x}" cy="{y}" r="9"/>'
        f'<circle class="c2" cx="{_between(numbers, 30, 70)}" cy="{_between(numbers, 30, 110)}" r="10"/>'
        f'<circle class="c1" cx="{_between(numbers, 260, 296)}" cy="{_between(numbers, 30, 110)}" r="14"/>'
    )


def _peaks(numbers: Numbers) -> str:
    left, right = _between(numbers, 18, 46), _between(numbers, 52, 84)
    return (
        f'<path class="c1" d="M0 140 160 {left}v{140 - left}z"/><path class="c2" d="M320 140 160 {right}v{140 - right}z"/>'
        f'<circle class="c2" cx="{_between(numbers, 60, 110)}" cy="{_between(numbers, 30, 50)}" r="13"/>'
        f'<circle class="c1" cx="{_between(numbers, 220, 270)}" cy="{_between(numbers, 36, 60)}" r="13"/>'
    )


def _network(numbers: Numbers) -> str:
    points = [(48 + i * 56, _between(numbers, 34, 108)) for i in range(5)]
    path = "L".join(f"{x} {y}" for x, y in points)
    hub = next(numbers) % 5
    dots = "".join(
        f'<circle class="{"c2" if i == hub else "c1"}" cx="{x}" cy="{y}" r="{18 if i == hub else 12}"/>'
        for i, (x, y) in enumerate(points)
    )
    return f'<path class="s1" stroke-width="5" d="M{path}"/>{dots}'


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
    phase, length = next(numbers) / 40, 190 + next(numbers) % 120
    points = [
        f"{x} {base + swing * math.sin(x / length + phase) * math.cos(x / (length * 0.37) + phase):.0f}"
        for x in range(0, 961, 32)
    ]
    return f"M0 300V{points[0].split()[1]}L" + "L".join(points) + "V300z"


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
