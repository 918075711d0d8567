"""A real mail server for tests, on a port of its own, that can be told to misbehave."""

import asyncio
from collections.abc import Callable
from email import message_from_bytes, policy
from email.message import EmailMessage

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

Answer = str | None
CLOSE = "close"
STALL = "stall"


class AnyPort(Controller):
    """A server on a port that the system chooses."""

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


class Sink:
    """Takes every mail unless `at_sender`, `at_recipient` or `at_data` answer otherwise for an address.

    An answer is a line of SMTP ("451 Later"), `CLOSE` to drop the connection or `STALL` to say nothing
    for longer than anyone waits.
    """

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []
        self.connections = 0
        self.at_sender: Callable[[str], Answer] = lambda address: None
        self.at_recipient: Callable[[str], Answer] = lambda address: None
        self.at_data: Callable[[str], Answer] = lambda address: None
        self.accepted: Callable[[EmailMessage], None] = lambda letter: None
        self.controller = AnyPort(self, hostname="127.0.0.1", port=0, ready_timeout=20)

    def start(self) -> None:
        self.controller.start()

    def stop(self) -> None:
        self.controller.stop(no_assert=True)

    def stop_listening(self) -> None:
        """Refuse new connections, as a server that goes down does; those that are open stay."""
        self.controller.loop.call_soon_threadsafe(self.controller.server.close)

    @property
    def port(self) -> int:
        return self.controller.port

    @property
    def recipients(self) -> list[str]:
        """To whom the mails that were taken went, in the order in which they came."""
        return [letter["To"] for letter in self.letters]

    async def handle_EHLO(
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        envelope.mail_from = address
        return await self._say(server, self.at_sender(address)) or "250 OK"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        refusal = await self._say(server, self.at_recipient(address))
        if refusal is None:
            envelope.rcpt_tos.append(address)
        return refusal or "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        refusal = await self._say(server, self.at_data(envelope.rcpt_tos[0]))
        if refusal is None:
            letter = message_from_bytes(envelope.content, policy=policy.default)
            self.letters.append(letter)
            await asyncio.to_thread(self.accepted, letter)
        return refusal or "250 Taken"

    async def _say(self, server: SMTP, answer: Answer) -> Answer:
        if answer == CLOSE:
            server.transport.abort()
            return "421 Gone"
        if answer == STALL:
            await asyncio.sleep(3600)
        return answer
