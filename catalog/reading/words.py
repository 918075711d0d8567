"""Small values: yes and no, one line of text, an address made from a title, a day."""

import hashlib
import re
import unicodedata
from datetime import UTC, date, datetime

from django.utils.dateparse import parse_date, parse_datetime
from django.utils.text import slugify
from django.utils.translation import gettext as _

from catalog.models import Course
from catalog.reading.refused import Refused
from config.lib.text import one_line

AGREEING = "yes y true t 1 x on ja oui si sí sim active available offered published live open"
REFUSING = "no n false f 0 off nein non não inactive unavailable retired archived withdrawn draft closed"
YES, NO = frozenset(AGREEING.split()), frozenset(REFUSING.split())
KINDS = {
    "course": Course.Kind.COURSE,
    "onlinecourse": Course.Kind.COURSE,
    "project": Course.Kind.PROJECT,
    "guidedproject": Course.Kind.PROJECT,
    "handsonproject": Course.Kind.PROJECT,
    "lab": Course.Kind.PROJECT,
}
SLUG_MAX = 120


def is_yes(text: str) -> bool:
    """Whether it says yes. Raises Refused when it says neither yes nor no."""
    word = text.strip().casefold()
    if word not in YES | NO:
        raise Refused(_("“%(text)s” says neither yes nor no.") % {"text": text.strip()[:80]})
    return word in YES


def line(text: str, limit: int, what: str) -> str:
    """The text on one line. Raises Refused when it has more characters than `limit`."""
    plain = one_line(unicodedata.normalize("NFC", text), len(text) + 1)
    if len(plain) > limit:
        reason = _("The %(what)s has %(count)s characters; %(limit)s is the most.")
        raise Refused(reason % {"what": what, "count": f"{len(plain):,}", "limit": f"{limit:,}"})
    return plain


def slug(text: str, limit: int = SLUG_MAX) -> str:
    """An address made from the text, always the same for the same text.

    A text without any Latin letter or digit is named by its digest.
    """
    made = slugify(text.replace("_", "-"))[:limit].strip("-")
    return made or f"c-{hashlib.sha256(text.strip().casefold().encode()).hexdigest()[:12]}"


def kind(text: str) -> Course.Kind:
    """Course or project. Raises Refused."""
    found = KINDS.get(re.sub(r"[\W_]", "", text.casefold()))
    if found is None:
        raise Refused(_("“%(text)s” is no kind: write course or project.") % {"text": text.strip()[:80]})
    return found


def moment(text: str) -> datetime:
    """A day (then its first moment, UTC) or a moment of ISO 8601. Raises Refused."""
    try:
        found: date | None = parse_datetime(text.strip()) or parse_date(text.strip())
    except ValueError:
        found = None
    if found is None:
        reason = _("“%(text)s” is no day: write it as 2026-03-02 or 2026-03-02T09:00Z.")
        raise Refused(reason % {"text": text.strip()[:80]})
    if not isinstance(found, datetime):
        found = datetime(found.year, found.month, found.day, tzinfo=UTC)
    return found if found.tzinfo else found.replace(tzinfo=UTC)
