"""What an error at sending means: for this mail, for the connection, or for every mail.

Mail servers answer with a code (4xx: later, 5xx: never) and often an enhanced code such as 5.1.1
(RFC 3463), which tells a dead mailbox from a server that does not want us.
"""

import logging
import re
import smtplib
from dataclasses import dataclass
from enum import Enum
from functools import singledispatch

from anymail import exceptions as provider
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext as _

from config.lib.text import one_line

logger = logging.getLogger(__name__)
CLOSING = 421
TOO_BIG = 552
TOO_MANY = 429
# Replies that say the mailbox is not there, unless the enhanced code says that we are not wanted (5.7.x).
NO_MAILBOX = (550, 551, 553)
_ENHANCED = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")
_DEAD_MAILBOX = ("5.1.", "5.2.1")


class Outcome(Enum):
    """`REFUSED`: never again. `LATER`: this mail, another time. `BROKEN`: the connection is lost, this mail
    another time. `AWAY`: no mail can be sent at this moment, whichever it is."""

    REFUSED = "refused"
    LATER = "later"
    BROKEN = "broken"
    AWAY = "away"


@dataclass(frozen=True)
class Verdict:
    """What to do, in a sentence an operator can read; `bounced` when the mailbox does not exist."""

    outcome: Outcome
    text: str
    bounced: bool = False


@singledispatch
def judge(error: Exception) -> Verdict:
    """The verdict on an exception of the mail backend. One that nobody foresaw is tried again and logged."""
    logger.error("Unforeseen error while sending a mail", exc_info=error)
    return _verdict(Outcome.LATER, _("The mail could not be sent: %(words)s"), type(error).__name__)


@judge.register
def _network(error: OSError) -> Verdict:
    return _verdict(Outcome.BROKEN, _("The connection to the mail server broke: %(words)s"), _words(error))


@judge.register
def _address(error: UnicodeError) -> Verdict:
    return Verdict(Outcome.REFUSED, _("The mail server cannot take an address with these characters."))


@judge.register(ImproperlyConfigured)
@judge.register(ImportError)
@judge.register(smtplib.SMTPNotSupportedError)
def _configuration(error: Exception) -> Verdict:
    return _verdict(Outcome.AWAY, _("Mail is not set up correctly: %(words)s"), _words(error))


@judge.register
def _sign_in(error: smtplib.SMTPAuthenticationError) -> Verdict:
    text = _("The mail server does not accept our user name and password: %(words)s")
    return _verdict(Outcome.AWAY, text, _reply(error.smtp_code, error.smtp_error))


@judge.register(smtplib.SMTPConnectError)
@judge.register(smtplib.SMTPHeloError)
def _greeting(error: smtplib.SMTPResponseException) -> Verdict:
    text = _("The mail server takes no mail at the moment: %(words)s")
    return _verdict(Outcome.AWAY, text, _reply(error.smtp_code, error.smtp_error))


@judge.register
def _sender(error: smtplib.SMTPSenderRefused) -> Verdict:
    if error.smtp_code == TOO_BIG:
        outcome, text = Outcome.REFUSED, _("The mail is too large for the mail server: %(words)s")
    else:
        outcome, text = Outcome.AWAY, _("The mail server takes no mail from our address: %(words)s")
    return _verdict(outcome, text, _reply(error.smtp_code, error.smtp_error))


@judge.register
def _recipient(error: smtplib.SMTPRecipientsRefused) -> Verdict:
    code, answer = next(iter(error.recipients.values()))
    return _by_code(code, answer, bounced=_is_dead(code, answer))


@judge.register
def _answer(error: smtplib.SMTPResponseException) -> Verdict:
    return _by_code(error.smtp_code, error.smtp_error)


@judge.register
def _provider(error: provider.AnymailError) -> Verdict:
    """An HTTP API: 4xx is a refusal of this mail, except for "slow down" and "who are you"."""
    code = error.status_code
    if code is None or code >= 500:
        outcome, text = Outcome.BROKEN, _("The mail provider did not answer as it should: %(words)s")
    elif code in (401, 403, TOO_MANY):
        outcome, text = Outcome.AWAY, _("The mail provider takes no mail: %(words)s")
    else:
        outcome, text = Outcome.REFUSED, _("The mail provider refused the mail: %(words)s")
    return _verdict(outcome, text, _words(error))


@judge.register
def _provider_recipient(error: provider.AnymailRecipientsRefused) -> Verdict:
    return Verdict(Outcome.REFUSED, _("The mail provider sends nothing to this address."), bounced=True)


@judge.register(provider.AnymailInvalidAddress)
@judge.register(provider.AnymailUnsupportedFeature)
@judge.register(provider.AnymailSerializationError)
def _provider_message(error: provider.AnymailError) -> Verdict:
    return _verdict(Outcome.REFUSED, _("The mail provider refused the mail: %(words)s"), _words(error))


def _by_code(code: int, answer: bytes | str, *, bounced: bool = False) -> Verdict:
    if code == CLOSING:
        outcome, text = Outcome.BROKEN, _("The mail server closed the connection: %(words)s")
    elif code < 500:
        outcome, text = Outcome.LATER, _("The mail server asked to try later: %(words)s")
    else:
        outcome, text = Outcome.REFUSED, _("The mail server refused the mail: %(words)s")
    return _verdict(outcome, text, _reply(code, answer), bounced=bounced)


def _verdict(outcome: Outcome, text: str, words: str, *, bounced: bool = False) -> Verdict:
    return Verdict(outcome, text % {"words": words}, bounced)


def says_dead(answer: str) -> bool:
    """Whether a final refusal means the mailbox: a full one, or a server that does not want us, says so."""
    enhanced = _ENHANCED.search(answer)
    return enhanced is None or enhanced[1].startswith(_DEAD_MAILBOX)


def _is_dead(code: int, answer: bytes | str) -> bool:
    return code in NO_MAILBOX and says_dead(_decoded(answer))


def _reply(code: int, answer: bytes | str) -> str:
    return one_line(f"{code} {_decoded(answer)}", 300)


def _decoded(answer: bytes | str) -> str:
    return answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer


def _words(error: Exception) -> str:
    return one_line(str(error) or type(error).__name__, 300)
