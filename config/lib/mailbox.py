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
from functools import cached_property
from pathlib import Path
from urllib.parse import quote, unquote

from django.conf import settings
from django.core.mail import EmailMessage as OutgoingMessage
from django.core.mail.backends.base import BaseEmailBackend

STAMP = "%Y%m%dT%H%M%S%f"
NAME = re.compile(r"\d{8}T\d{12}_[0-9a-f]{8}_[^/\0]{0,180}\.eml")


class EmailBackend(BaseEmailBackend):
    """Writes each message as one `.eml` file into `MAILBOX_DIR`; a reader never meets half a file."""

    def send_messages(self, email_messages: Sequence[OutgoingMessage]) -> int:
        """Keep the messages and say how many. OSError when the folder cannot be written."""
        folder: Path = settings.MAILBOX_DIR
        folder.mkdir(parents=True, exist_ok=True)
        for message in email_messages:
            name = _name(message.recipients())
            draft = folder / f".{secrets.token_hex(8)}"
            draft.write_bytes(message.message().as_bytes())
            os.replace(draft, folder / name)
        return len(email_messages)


@dataclass(frozen=True)
class Message:
    """A kept message. Time and recipients stand in the name of the file; the rest is read when asked for."""

    path: Path

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def at(self) -> datetime:
        return datetime.strptime(self.name.partition("_")[0], STAMP).replace(tzinfo=UTC)

    @property
    def recipients(self) -> str:
        return unquote(self.name.removesuffix(".eml").split("_", 2)[2])

    @cached_property
    def content(self) -> EmailMessage:
        with self.path.open("rb") as file:
            return BytesParser(policy=policy.default).parse(file)

    @property
    def subject(self) -> str:
        return str(self.content["Subject"] or "")

    @property
    def text(self) -> str:
        return self._body("plain")

    @property
    def html(self) -> str:
        return self._body("html")

    @property
    def headers(self) -> list[tuple[str, str]]:
        return [(name, str(value)) for name, value in self.content.items()]

    def _body(self, kind: str) -> str:
        part = self.content.get_body((kind,))
        return part.get_content() if part is not None else ""


def messages(directory: Path, search: str = "") -> list[Message]:
    """The messages to recipients that contain `search`, newest first. Opens no file."""
    if not directory.is_dir():
        return []
    wanted = search.strip().lower()
    names = sorted(
        (entry.name for entry in os.scandir(directory) if NAME.fullmatch(entry.name)), reverse=True
    )
    found = (Message(directory / name) for name in names)
    return [message for message in found if wanted in message.recipients.lower()]


def find(directory: Path, name: str) -> Message | None:
    """The message in the file of this name; None when there is none, or the name is not of a message."""
    path = directory / name
    return Message(path) if NAME.fullmatch(name) and path.is_file() else None


def _name(recipients: Sequence[str]) -> str:
    to = quote(",".join(recipients), safe="@.+-,")[:180]
    return f"{datetime.now(UTC).strftime(STAMP)}_{secrets.token_hex(4)}_{to}.eml"
