"""A mail as an SMTP server takes it, byte for byte what Django and Python's `email` would write.

They build a tree of parts and parse and fold every header anew, which costs several times what sending
costs. Our letters have one form (a text, the same as HTML, short headers), so they are written straight
down. What does not fit that form goes the long way.
"""

import re
import secrets
from email.policy import compat32
from email.utils import formatdate, parseaddr
from functools import lru_cache
from typing import cast

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.core.mail.backends import smtp
from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.message import SafeMIMEMultipart, forbid_multi_line_headers, sanitize_address

CHARSET = "utf-8"
# Longer ones are folded (RFC 5322 asks for at most 78), and longer lines of a body are encoded.
HEADER_MAX = 76
LINE_MAX = 998
_PLAIN = re.compile(r"[!-~]+(?: [!-~]+)*")
_POLICY = compat32.clone(linesep="\r\n")


class Letter(EmailMultiAlternatives):
    """A text body and the same as HTML for one recipient. Any mail backend can send it."""

    def as_bytes(self) -> bytes:
        """What `message().as_bytes(linesep="\\r\\n")` gives, but for the boundary. Raises ValueError for a
        header that cannot be one."""
        html = str(self.alternatives[0][0])
        parts = [_part("plain", str(self.body)), _part("html", html)]
        if any(len(line) > LINE_MAX for part in parts for line in part.splitlines()):
            return cast(SafeMIMEMultipart, self.message()).as_bytes(linesep="\r\n")
        # Nobody who writes into a mail knows it beforehand, so nobody can end a part.
        boundary = f"==============={secrets.token_hex(16)}=="
        edge = f"--{boundary}".encode()
        return b"".join(
            (
                b'Content-Type: multipart/alternative;\r\n boundary="',
                boundary.encode(),
                b'"\r\nMIME-Version: 1.0\r\n',
                *(_header(name, value) for name, value in self._headers()),
                b"\r\n",
                *(piece for part in parts for piece in (edge, b"\r\n", part, b"\r\n")),
                edge,
                b"--\r\n",
            )
        )

    def _headers(self) -> list[tuple[str, str]]:
        headers = [("Subject", self.subject), ("From", self.from_email), ("To", ", ".join(self.to))]
        if self.reply_to:
            headers.append(("Reply-To", ", ".join(self.reply_to)))
        date = formatdate(localtime=settings.EMAIL_USE_LOCALTIME)
        return [*headers, ("Date", date), *self.extra_headers.items()]


def hand_over(letter: Letter, connection: BaseEmailBackend) -> None:
    """Send it over this open connection; raises what the backend raises.

    Django's own SMTP backend would write the letter the long way, so its client is given the bytes. Any
    other backend, a provider's API above all, gets the message as Django knows it.
    """
    if type(connection) is smtp.EmailBackend and connection.connection is not None:
        sender, recipient = _envelope(letter.from_email), letter.to[0]
        if not recipient.isascii():
            recipient = _envelope(recipient)
        connection.connection.sendmail(sender, [recipient], letter.as_bytes())
    else:
        connection.send_messages([letter])


@lru_cache(maxsize=256)
def _envelope(address: str) -> str:
    return sanitize_address(parseaddr(address)[1], CHARSET)


def _part(subtype: str, body: str) -> bytes:
    content = body.encode()
    encoding = "7bit" if len(content) == len(body) else "8bit"
    if "\r" in body:
        content = content.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    head = f'Content-Type: text/{subtype}; charset="{CHARSET}"\r\nMIME-Version: 1.0\r\n'
    head += f"Content-Transfer-Encoding: {encoding}\r\n\r\n"
    return head.encode() + content.replace(b"\n", b"\r\n")


def _header(name: str, value: str) -> bytes:
    if len(name) + len(value) + 2 <= HEADER_MAX and _PLAIN.fullmatch(value):
        return f"{name}: {value}\r\n".encode()
    return _folded(name, value)


# The sender and the subject of a campaign are the same a thousand times.
@lru_cache(maxsize=256)
def _folded(name: str, value: str) -> bytes:
    return _POLICY.fold_binary(*forbid_multi_line_headers(name, value, CHARSET))
