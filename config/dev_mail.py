"""Development only: the gallery of all mails at /dev/emails/, and the mailbox at /dev/mailbox/."""

from csp.constants import SELF
from csp.decorators import csp_update
from django.conf import settings
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from config.lib import mailbox
from config.lib.mail_frame import mail_frame
from orgs import mailing
from orgs.access import public_view

WIDTHS = ("600", "320")
THEMES = ("light", "dark")
PER_PAGE = 50
GALLERY = "Development only: mails made from samples"
MAILBOX = "Development only: mails this machine sent to itself"


@public_view(GALLERY)
@require_safe
def dev_emails(request: HttpRequest) -> HttpResponse:
    """Every kind of mail with its samples."""
    shown = [
        (kind, number, kind.samples[number]())
        for kind in mailing.kinds()
        for number in range(len(kind.samples))
    ]
    return render(request, "dev/emails.html", {"shown": shown})


@public_view(GALLERY)
@require_safe
@csp_update({"frame-src": [SELF]})  # type: ignore[arg-type]
def dev_email(request: HttpRequest, kind: str, sample: int) -> HttpResponse:
    """One sample, by `?width=` and `?theme=`, and its plain text."""
    registered, mail, rendered = _sample(kind, sample)
    context = {"kind": registered, "sample": sample, "mail": mail, "rendered": rendered, **_look(request)}
    return render(request, "dev/email.html", context)


@public_view(GALLERY)
@require_safe
def dev_email_frame(request: HttpRequest, kind: str, sample: int) -> HttpResponse:
    """The HTML of one sample, for the frame."""
    return mail_frame(_sample(kind, sample)[2].html, _look(request)["theme"])


@public_view(MAILBOX)
@require_safe
def dev_mailbox(request: HttpRequest) -> HttpResponse:
    """The mails, newest first, by `?q=` in the recipient."""
    search = request.GET.get("q", "")
    page = Paginator(mailbox.messages(settings.MAILBOX_DIR, search), PER_PAGE).get_page(
        request.GET.get("page")
    )
    return render(request, "dev/mailbox.html", {"page": page, "q": search})


@public_view(MAILBOX)
@require_safe
@csp_update({"frame-src": [SELF]})  # type: ignore[arg-type]
def dev_letter(request: HttpRequest, name: str) -> HttpResponse:
    """One mail: as it looks, as plain text, and its headers."""
    return render(request, "dev/mailbox_letter.html", {"letter": _kept(name), **_look(request)})


@public_view(MAILBOX)
@require_safe
def dev_letter_frame(request: HttpRequest, name: str) -> HttpResponse:
    """The HTML of one mail, for the frame."""
    return mail_frame(_kept(name).html, _look(request)["theme"])


def _kept(name: str) -> mailbox.Message:
    message = mailbox.find(settings.MAILBOX_DIR, name)
    if message is None:
        raise Http404
    return message


def _sample(name: str, number: int) -> tuple[mailing.Kind, mailing.Mail, mailing.Rendered]:
    kind = next((kind for kind in mailing.kinds() if kind.name == name), None)
    if kind is None or number >= len(kind.samples):
        raise Http404
    mail = kind.samples[number]()
    return kind, mail, mailing.render(kind, mail, "carol@acme.example")


def _look(request: HttpRequest) -> dict[str, str]:
    """How to show the mail: its width and the theme; without one it follows the system."""
    width, theme = request.GET.get("width", ""), request.GET.get("theme", "")
    return {"width": width if width in WIDTHS else WIDTHS[0], "theme": theme if theme in THEMES else ""}
