"""E-mail domains: the one form in which they are stored and compared, and why a text is none.

Stored is what mail servers use (ASCII, lower case, internationalized names as `xn--…`); shown is what
people write. An address belongs to exactly one domain: a subdomain is another.
"""

import re
from functools import lru_cache
from pathlib import Path

import idna
from django.utils.translation import gettext as _

MAX_LENGTH = 253
LABEL_MAX = 63
# How much of a text a refusal repeats.
QUOTED = 80
LABEL = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?")
NUMBERS = re.compile(r"[0-9.]+")
SCHEME = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
PUBLIC = Path(__file__).with_name("public_mail_domains.txt")


class InvalidDomain(ValueError):
    """The text is no domain that can be used; `text` says in one or two sentences why and what to write."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


def normalize(value: str) -> str:
    """The stored form of a domain that someone typed: trimmed, lower-cased, ASCII.

    Raises InvalidDomain for what is no domain, such as an address, a web address or a name without an
    ending. Public mail services are domains; `is_public` tells them apart.
    """
    typed = value.strip()
    if not typed:
        raise InvalidDomain(_("The domain is missing."))
    if len(typed) > MAX_LENGTH:
        limits = {"most": MAX_LENGTH, "count": len(typed)}
        raise InvalidDomain(_("A domain has at most %(most)s characters; this one has %(count)s.") % limits)
    _refuse_lookalikes(typed)
    ascii_form = _ascii(typed.removesuffix("."))
    if ascii_form is None or len(ascii_form) > MAX_LENGTH:
        raise InvalidDomain(_("“%(value)s” is not a domain.") % {"value": _quoted(typed)})
    if "." not in ascii_form:
        raise InvalidDomain(_("“%(value)s” has no ending such as .com.") % {"value": _quoted(typed)})
    return ascii_form


def of(email: str) -> str:
    """The stored form of the domain of a normalized address; "" when it has none that could be stored."""
    return _ascii(email.rpartition("@")[2]) or ""


def shown(domain: str) -> str:
    """A stored domain as people write it: internationalized names in their own letters."""
    try:
        return idna.decode(domain) if "xn--" in domain else domain
    except idna.IDNAError:
        return domain


def is_public(domain: str) -> bool:
    """Whether anyone can get an address at this stored domain."""
    return domain in public_domains()


@lru_cache
def public_domains() -> frozenset[str]:
    """The domains of well-known mail services, from the list beside this file, in their stored form."""
    return frozenset(PUBLIC.read_text(encoding="ascii").split())


def public_refusal(domain: str) -> str:
    """Why a public mail service is not taken."""
    return _(
        "%(domain)s is a public mail service: anyone can have an address there. "
        "Use a domain of your organization."
    ) % {"domain": shown(domain)}


def _refuse_lookalikes(typed: str) -> None:
    """Refuse what people write in place of a domain, with what they meant where it can be told."""
    quoted = {"value": _quoted(typed)}
    if SCHEME.match(typed) or "/" in typed:
        host = SCHEME.sub("", typed).partition("/")[0].rpartition("@")[2].partition(":")[0]
        raise InvalidDomain(_meant(_("“%(value)s” is a web address.") % quoted, host))
    if typed.startswith("@"):
        raise InvalidDomain(_meant(_("Leave out the “@”."), typed.lstrip("@")))
    if "@" in typed:
        meant = typed.rpartition("@")[2]
        raise InvalidDomain(_meant(_("“%(value)s” is an e-mail address.") % quoted, meant))
    if "*" in typed:
        raise InvalidDomain(_("List each subdomain on its own: “*” stands for nothing here."))
    if any(map(str.isspace, typed)):
        raise InvalidDomain(_("There is a space in “%(value)s”.") % quoted)
    if NUMBERS.fullmatch(typed) or typed.startswith("["):
        raise InvalidDomain(_("“%(value)s” is not a name. Write the domain, not its number.") % quoted)


def _meant(text: str, host: str) -> str:
    """The refusal with the domain to write instead, if what was typed holds one."""
    meant = _ascii(host)
    if meant is None or "." not in meant:
        return _("%(refusal)s Write the domain alone, such as acme.example.") % {"refusal": text}
    return _("%(refusal)s Write %(domain)s.") % {"refusal": text, "domain": shown(meant)}


@lru_cache(maxsize=4096)
def _ascii(name: str) -> str | None:
    """The ASCII form of a name, or None when it has none. Endings are no numbers."""
    try:
        folded = idna.uts46_remap(name, std3_rules=True, transitional=False)
        labels = [_label(label) for label in folded.split(".")]
    except (idna.IDNAError, UnicodeError):
        return None
    fit = all(LABEL.fullmatch(label) and len(label) <= LABEL_MAX for label in labels)
    return ".".join(labels) if fit and not labels[-1].isdigit() else None


def _label(label: str) -> str:
    # Older registries gave out names such as ab--cd, which the rules for international names forbid.
    if label.isascii() and not label.startswith("xn--"):
        return label
    return idna.alabel(label).decode("ascii")


def _quoted(value: str) -> str:
    return value if len(value) <= QUOTED else f"{value[:QUOTED]}…"
