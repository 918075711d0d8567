"""E-mail addresses: one normal form, one check, used by every door."""

import re
from functools import lru_cache

# A plain shape check with bounded parts: what a mail server of today accepts, nothing quoted or commented.
# The domain is checked once per domain, since a file of colleagues has few of them.
LOCAL = re.compile(r"[^\s@,;:<>()\[\]\\\"\x00-\x1f\x7f]{1,64}")
LABEL = re.compile(r"(?!-)[^\W_]([\w-]{0,61}[^\W_])?", re.UNICODE)
MAX_LENGTH = 254


def normalize(value: str) -> str:
    """The form in which addresses are stored and compared: trimmed, lower-cased."""
    return value.strip().lower()


def problem(value: str) -> str:
    """Why a normalized address cannot be used: a code, or "" when it can.

    Codes: `no_at`, `two_ats`, `no_local`, `no_domain`, `local`, `dots`, `comma`,
    `no_ending`, `domain`, `long`.
    """
    local, at, domain = value.partition("@")
    if not at:
        return "no_at"
    if "@" in domain:
        return "two_ats"
    if not local or not domain:
        return "no_domain" if local else "no_local"
    if len(value) > MAX_LENGTH:
        return "long"
    if "," in value or ";" in value:
        return "comma"
    if not LOCAL.fullmatch(local):
        return "local"
    if local.startswith(".") or local.endswith(".") or ".." in local:
        return "dots"
    return _domain_problem(domain)


@lru_cache(maxsize=4096)
def _domain_problem(domain: str) -> str:
    labels = domain.split(".")
    if len(labels) < 2:
        return "no_ending"
    if not all(LABEL.fullmatch(label) for label in labels) or labels[-1].isdigit() or len(labels[-1]) < 2:
        return "domain"
    return ""
