"""The development mailbox: a mail backend that keeps each message as a file, and what reads the files.

The name of a file carries time and recipients, so that a list of ten thousand is searched and paged
without opening one.
"""

import os
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path
from urllib.parse import quote, unquote

from django.conf import settings
from django.core.mail import EmailMessage as OutgoingMessage
from django.core.mail.backends.base import BaseEmailBackend

STAMP = "%Y%m%dT%H%M%S%f"
NAME = re.compile(r"(?P<at>\d{8}T\d{12})_[0-9a-f]{8}_(?P<to>[^/\0]{0,180})\.eml")


class EmailBackend(BaseEmailBackend):
    """Writes each message as one `.eml` file into `MAILBOX_DIR`; a reader never meets half a file."""

    def send_messages(self, email_messages: Sequence[OutgoingMessage]) -> int:
        """Keep the messages and say how many. OSError when the folder cannot be written."""
        folder = Path(settings.MAILBOX_DIR)
        folder.mkdir(parents=True, exist_ok=True)
        for message in email_messages:
            name = _name(message.recipients())
            draft = folder / f".{secrets.token_hex(8)}"
            draft.write_bytes(message.message().as_bytes())
            os.replace(draft, folder / name)
        return len(email_messages)


@dataclass(frozen=True)
class Letter:
    """A kept message as the list shows it."""

    name: str
    at: datetime
    to: str
    subject: str


def names(search: str = "") -> list[str]:
    """The files of all messages to recipients that contain `search`, newest first."""
    folder, wanted = Path(settings.MAILBOX_DIR), search.strip().lower()
    if not folder.is_dir():
        return []
    found = (match for entry in os.scandir(folder) if (match := NAME.fullmatch(entry.name)))
    return sorted((match[0] for match in found if wanted in unquote(match["to"]).lower()), reverse=True)


def letter(name: str) -> Letter | None:
    """One line of the list; None for a name that is not there."""
    match, message = NAME.fullmatch(name), read(name, headers_only=True)
    if match is None or message is None:
        return None
    at = datetime.strptime(match["at"], STAMP).replace(tzinfo=UTC)
    return Letter(name, at, str(message["To"] or ""), str(message["Subject"] or ""))


def read(name: str, *, headers_only: bool = False) -> EmailMessage | None:
    """The message in the file of this name; None when there is none, or the name is not of a message."""
    path = Path(settings.MAILBOX_DIR) / name
    if not NAME.fullmatch(name) or not path.is_file():
        return None
    with path.open("rb") as file:
        return BytesParser(policy=policy.default).parse(file, headersonly=headers_only)


def body(message: EmailMessage, kind: str) -> str:
    """The `html` or `plain` body of a message, empty when it has none."""
    part = message.get_body((kind,))
    return part.get_content() if part is not None else ""


def _name(recipients: Sequence[str]) -> str:
    to = quote(",".join(recipients), safe="@.+-,")[:180]
    return f"{datetime.now(UTC).strftime(STAMP)}_{secrets.token_hex(4)}_{to}.eml"
