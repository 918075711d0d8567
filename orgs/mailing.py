"""The kinds of mail: registered here, written in each app's `emails`, sent by `orgs.sending`.

A kind is one function. It takes the queued rows of its kind (a whole batch, so that 100 mails cost
the queries of one) and returns for each a `Mail`, or None when nobody wants it any more. Links are
made there, at sending time: a stored row holds ids only.
"""

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from email.headerregistry import Address
from email.utils import parseaddr
from functools import lru_cache
from typing import Any

import mrml
from django.conf import settings
from django.core.mail.backends.base import BaseEmailBackend
from django.template import Engine, Template
from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from config.lib import stencils
from config.lib.colors import mail_tones
from config.lib.stencils import Values
from config.lib.text import one_line
from orgs.letters import Letter
from orgs.models import Organization, OutboundEmail

PLATFORM_COLOR = Organization._meta.get_field("brand_color").default
TEXT_WIDTH = 76
_BLANK_LINES = re.compile(r"\n{3,}")
# A line of a mail has at most 998 bytes (RFC 5322), and the compiler writes a whole table in one.
_TAGS = re.compile(r"<([a-z]+) ")
# Mail programs that drop the head keep styles on elements; templates stay free of them.
_STYLED = {"<p>": '<p style="margin:0 0 16px">', "<ul>": '<ul style="margin:0 0 16px;padding-left:20px">'}


@dataclass(frozen=True)
class Button:
    """The one thing a mail asks for. `note` introduces the same link written out below it."""

    label: str
    url: str
    note: str = ""


@dataclass(frozen=True)
class Mail:
    """What one mail says. Names may hold anything: they are escaped, and cut to one line in headers.

    `why` is the footer's sentence on why this person gets the mail. Without an organization the mail
    is the platform's own. `unsubscribe_url` belongs to kinds one may opt out of. `values` are strings,
    numbers, dates, truths and lists of these; templates print the strings as they are, without filters
    (`config.lib.stencils`).
    """

    subject: str
    heading: str
    why: str
    preheader: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)
    button: Button | None = None
    organization: Organization | None = None
    unsubscribe_url: str = ""


@dataclass(frozen=True)
class Rendered:
    """A mail ready to look at: what its reader sees in the list and in both bodies."""

    sender: str
    subject: str
    html: str
    text: str


Compose = Callable[[Sequence[OutboundEmail]], Sequence[Mail | None]]


@dataclass(frozen=True)
class Kind:
    """A registered kind: its name in the outbox, its title for people, its templates and samples."""

    name: str
    title: str | Promise
    template: str
    compose: Compose
    samples: tuple[Callable[[], Mail], ...]
    on_sent: str


_kinds: dict[str, Kind] = {}


def mail(
    name: str,
    title: str | Promise,
    *,
    samples: Sequence[Callable[[], Mail]],
    template: str = "",
    on_sent: str = "",
) -> Callable[[Compose], Compose]:
    """Register the decorated function as the kind `name`.

    `template` is the path of its `.html` and `.txt` fragments without the ending, by default
    `email/<name>`. `samples` are shown in the gallery and rendered by a guard. `on_sent` is an
    SQL statement that reads `sent` (id and data of the row) and is part of the one that marks it sent.
    """

    def register(compose: Compose) -> Compose:
        assert name not in _kinds, f"two kinds of mail are called {name}"
        _kinds[name] = Kind(name, title, template or f"email/{name}", compose, tuple(samples), on_sent)
        return compose

    return register


def kinds() -> list[Kind]:
    """Every registered kind, by name."""
    return [_kinds[name] for name in sorted(_kinds)]


def kind(name: str) -> Kind:
    """The kind of this name; KeyError for one that nobody registered."""
    return _kinds[name]


def site_url(path: str) -> str:
    """A path of the site as the address that a mail carries, whatever host the request came by."""
    return settings.SITE_URL + path


def message_id(dedupe: str) -> str:
    """The Message-ID of the mail of this cause: the same at every attempt, so that a repeat is recognized."""
    domain = _platform(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
    return f"<{hashlib.sha256(dedupe.encode()).hexdigest()[:24]}@{domain}>"


def sender(organization: Organization | None) -> str:
    """The From header: the platform's address under the organization's name."""
    name, address = _platform(settings.DEFAULT_FROM_EMAIL)
    if organization is not None:
        name = _("%(organization)s via %(platform)s") % {
            "organization": one_line(organization.name, 100),
            "platform": settings.PLATFORM_NAME,
        }
    return _mailbox(one_line(name, 140), address)


def render(kind: Kind, mail: Mail, recipient: str) -> Rendered:
    """Both bodies of a mail to this address, with the platform's frame around the kind's own paragraphs."""
    organization = mail.organization
    brand = one_line(organization.name if organization else settings.PLATFORM_NAME)
    button = mail.button
    values = stencils.values(
        {
            **mail.values,
            "mail": {
                "subject": mail.subject,
                "heading": mail.heading,
                "why": mail.why,
                "preheader": mail.preheader,
                "unsubscribe_url": mail.unsubscribe_url,
                "button": {"label": button.label, "url": button.url, "note": button.note} if button else None,
            },
            "recipient": recipient,
            "organization": organization.name if organization else "",
            "brand": brand,
            "initial": brand[:1].upper(),
            "tones": _tones(organization.brand_color if organization else PLATFORM_COLOR),
            "language": get_language() or settings.LANGUAGE_CODE,
            "platform_name": settings.PLATFORM_NAME,
            "support_email": settings.SUPPORT_EMAIL,
            "legal_footer": settings.LEGAL_FOOTER,
            "site": settings.SITE_URL,
        }
    )
    return Rendered(sender(organization), one_line(mail.subject), _html(kind, values), _text(kind, values))


def message(
    kind: Kind, mail: Mail, recipient: str, dedupe: str, connection: BaseEmailBackend | None = None
) -> Letter:
    """The mail as it goes to the server. Raises ValueError for a header that cannot be one."""
    rendered = render(kind, mail, recipient)
    headers = {"Message-ID": message_id(dedupe), "Auto-Submitted": "auto-generated"}
    if mail.unsubscribe_url:
        headers["List-Unsubscribe"] = f"<{mail.unsubscribe_url}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    email = Letter(
        subject=rendered.subject,
        body=rendered.text,
        from_email=rendered.sender,
        to=[recipient],
        reply_to=[settings.MAIL_REPLY_TO] if settings.MAIL_REPLY_TO else None,
        headers=headers,
        connection=connection,
    )
    email.attach_alternative(rendered.html, "text/html")
    return email


def _html(kind: Kind, values: Values) -> str:
    escaped = values.escaped()
    body = stencils.fill(_template(f"{kind.template}.html"), escaped)
    for plain, styled in _STYLED.items():
        body = body.replace(plain, styled)
    return stencils.fill(_frame(str(_template("email/base.mjml").source)), escaped.plus("body", body))


def _text(kind: Kind, values: Values) -> str:
    """The plain body. Nothing in it is markup, so nothing is escaped; links are never broken."""
    body = stencils.fill(_template(f"{kind.template}.txt"), values).strip()
    text = stencils.fill(_template("email/base.txt"), values.plus("body", body))
    return _BLANK_LINES.sub("\n\n", "\n".join(map(_wrapped, text.splitlines()))).strip() + "\n"


def _wrapped(line: str) -> str:
    """The line as several of at most `TEXT_WIDTH` where it has spaces to break it at."""
    line = line.rstrip()
    if len(line) <= TEXT_WIDTH:
        return line
    lines = [""]
    for word in filter(None, line.split(" ")):
        if len(lines[-1]) + 1 + len(word) <= TEXT_WIDTH:
            lines[-1] = f"{lines[-1]} {word}".lstrip()
        else:
            lines.append(word)
    return "\n".join(lines).lstrip("\n")


@lru_cache(maxsize=4)
def _frame(source: str) -> Template:
    """The MJML frame compiled to HTML, once per process; the template tags in it survive the compiler."""
    no_web_fonts = mrml.RenderOptions(fonts={})
    html = mrml.to_html(source, render_options=no_web_fonts).content
    return Engine.get_default().from_string(_TAGS.sub(r"<\1\n", html))


def _template(name: str) -> Template:
    return Engine.get_default().get_template(name)


@lru_cache(maxsize=1024)
def _tones(color: str) -> dict[str, str]:
    return asdict(mail_tones(color))


@lru_cache(maxsize=4)
def _platform(from_email: str) -> tuple[str, str]:
    return parseaddr(from_email)


@lru_cache(maxsize=1024)
def _mailbox(name: str, address: str) -> str:
    return str(Address(name, addr_spec=address))
