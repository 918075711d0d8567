"""Template tags of the design system: icons, marks, drawn covers, percentages, times, initials."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django import template
from django.conf import settings
from django.template.defaultfilters import stringfilter
from django.templatetags.static import static
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from config.lib import artwork

register = template.Library()


@register.simple_tag
def icon(name: str, size: str = "") -> SafeString:
    """`<svg>` of one symbol of static/icons.svg; `size`: "", "s" (12 px) or "l" (20 px)."""
    css = f"icon icon-{size}" if size else "icon"
    return format_html(
        '<svg class="{}" aria-hidden="true"><use href="{}#i-{}"/></svg>', css, static("icons.svg"), name
    )


@register.simple_tag(takes_context=True)
def current_organization(context: template.Context) -> Any:
    """The organization whose brand the page wears: the view's `organization`, else the one of the access."""
    organization = context.get("organization")
    if organization is None:
        organization = getattr(getattr(context.get("request"), "access", None), "organization", None)
    return organization


@register.inclusion_tag("components/mark.html")
def mark(organization: Any) -> dict[str, Any]:
    """The organization's logo, or a mark drawn from the first letter of its name."""
    return {"organization": organization}


@register.simple_tag
def cover(slug: str, domain: str = "") -> SafeString:
    """A course cover drawn from the slug; `domain` is "business", "cs", "ds" or "" for neutral."""
    return artwork.cover(slug, domain)


@register.simple_tag
def banner(slug: str, css: str = "gate-banner") -> SafeString:
    """A program banner in the brand's colours, drawn from the slug. Decorative, so hidden from readers."""
    return artwork.banner(slug, css)


@register.simple_tag
def site_url(path: str) -> str:
    """A path of this site as the full address that people copy and mails carry."""
    return settings.SITE_URL + path


@register.filter
def without_scheme(address: str) -> str:
    """`learn.acme.example/programs/eng` of an address, for reading."""
    return address.split("://", 1)[-1]


@register.simple_tag
def funnel_shapes(stages: Sequence[Any]) -> list[tuple[Any, SafeString]]:
    """Each stage (anything with a `value`) with its drawing; the first stage is the whole."""
    whole = stages[0].value if stages else 0
    shares = [stage.value / whole if whole else 0 for stage in stages]
    steps = zip([1 if whole else 0, *shares], shares, strict=False)
    return [
        (stage, artwork.funnel_step(before, after, index, nobody=not whole))
        for index, (stage, (before, after)) in enumerate(zip(stages, steps, strict=True))
    ]


@register.filter
def words(total: Any) -> str:
    """A keyset Total as text: `3,818`, or `more than 10,000` where rows were counted no further."""
    number = number_format(total.value, use_l10n=True, force_grouping=True)
    return _("more than %(number)s") % {"number": number} if total.capped else number


@register.filter
def time_left(job: Any) -> str:
    """`, about 7 min left` for a job under way, by its pace so far; empty when that cannot be said yet."""
    worked = job.done + job.failed
    if not (job.started_at and worked and job.total):
        return ""
    seconds = (timezone.now() - job.started_at).total_seconds() / worked * (job.total - worked)
    if seconds < 60:
        return _(", less than a minute left")
    if seconds < 5400:
        return _(", about %(count)s min left") % {"count": round(seconds / 60)}
    return _(", about %(count)s h left") % {"count": round(seconds / 3600)}


@register.filter
def percent(part: float | None, whole: float | None) -> str:
    """`79 %` of `part` in `whole`, rounded down, a part never to 0 %; `–` where there is no whole."""
    if part is None or not whole:
        return "–"
    share = int(part * 100 / whole)
    return f"{max(share, 1) if part > 0 else share}\N{NO-BREAK SPACE}%"


@register.filter
@stringfilter
def initials(name: str) -> str:
    """The first letters of the first and the last word of a name, for an avatar."""
    words = [word for word in name.split() if word[0].isalnum()]
    return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper()


@register.filter
def ago(moment: datetime | None) -> SafeString | str:
    """`2 h ago` up to a day, then `8 Jun 2026`, in a <time> with the exact time; `–` for none."""
    if moment is None:
        return "–"
    exact = date_format(timezone.localtime(moment), "DATETIME_FORMAT")
    return format_html(
        '<time datetime="{}" title="{}">{}</time>', moment.isoformat(), exact, _words(moment, timezone.now())
    )


@register.filter
def moment(value: datetime | None) -> SafeString | str:
    """`8 Jun 2026, 14:32` in a <time>; `–` for none."""
    if value is None:
        return "–"
    exact = date_format(timezone.localtime(value), "DATETIME_FORMAT")
    return format_html('<time datetime="{}">{}</time>', value.isoformat(), exact)


@register.filter
def size(number_of_bytes: int | None) -> str:
    """`612 KB`, `1.1 MB`; decimal units."""
    if number_of_bytes is None:
        return "–"
    for unit, step in (("GB", 10**9), ("MB", 10**6)):
        if number_of_bytes >= step:
            return f"{number_format(number_of_bytes / step, 1)}\N{NO-BREAK SPACE}{unit}"
    return f"{number_format(max(1, round(number_of_bytes / 1000)))}\N{NO-BREAK SPACE}KB"


def _words(moment: datetime, now: datetime) -> str:
    passed = now - moment
    if passed < timedelta(0) or passed >= timedelta(days=1):
        return date_format(timezone.localtime(moment), "DATE_FORMAT")
    minutes = int(passed.total_seconds() // 60)
    if minutes < 1:
        return _("just now")
    if minutes < 60:
        return _("%(count)s min ago") % {"count": minutes}
    return _("%(count)s h ago") % {"count": minutes // 60}
