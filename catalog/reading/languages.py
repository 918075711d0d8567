"""The language of a course: by its name, in English or its own, or by a tag; kept as a tag of BCP 47."""

import re

from django.conf.locale import LANG_INFO
from django.utils.translation import gettext as _

from catalog.reading.refused import Refused

# ISO 639-1, the languages that have two letters.
CODES = """
    aa ab ae af ak am an ar as av ay az ba be bg bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz
    ee el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik
    io is it iu ja jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml
    mn mr ms mt my na nb nd ne ng nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd
    se sg si sk sl sm sn so sq sr ss st su sv sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi
    vo wa wo xh yi yo za zh zu"""
PRIMARY = frozenset(CODES.split())
TAG = re.compile(r"([a-z]{2})(?:[-_]([a-z]{4}))?(?:[-_]([a-z]{2}|[0-9]{3}))?", re.IGNORECASE)
MORE_NAMES = {
    "mandarin": "zh",
    "chinese": "zh",
    "chinese (simplified)": "zh-Hans",
    "chinese (traditional)": "zh-Hant",
    "chinese (china)": "zh-CN",
    "chinese (taiwan)": "zh-TW",
    "中文": "zh",
    "norwegian": "no",
    "english (us)": "en-US",
    "english (uk)": "en-GB",
    "american english": "en-US",
    "portuguese (brazil)": "pt-BR",
    "portuguese (portugal)": "pt-PT",
    "spanish (spain)": "es-ES",
    "spanish (latin america)": "es-419",
    "spanish (mexico)": "es-MX",
    "french (france)": "fr-FR",
    "french (canada)": "fr-CA",
    "castilian": "es",
    "farsi": "fa",
    "filipino": "tl",
    "flemish": "nl-BE",
    "malay": "ms",
    "bahasa indonesia": "id",
}


def language(text: str) -> str:
    """The language as a tag of BCP 47, such as en, pt-BR or zh-Hans. Raises Refused."""
    wanted = " ".join(text.split())
    if tag := NAMES.get(wanted.casefold()):
        return tag
    match = TAG.fullmatch(wanted)
    if match and match[1].lower() in PRIMARY:
        return _tag(match)
    raise Refused(
        _("“%(text)s” is no language that is known: write its name, or a tag such as en or pt-BR.")
        % {"text": wanted[:80]}
    )


def _tag(match: re.Match[str]) -> str:
    script, region = match[2] or "", match[3] or ""
    return "-".join(part for part in (match[1].lower(), script.title(), region.upper()) if part)


def _names() -> dict[str, str]:
    names: dict[str, str] = {}
    for code, about in LANG_INFO.items():
        match = TAG.fullmatch(code)
        if match and "name" in about:
            names |= {about[name].casefold(): _tag(match) for name in ("name_local", "name")}
    return names | MORE_NAMES


NAMES = _names()
