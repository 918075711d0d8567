"""The gallery of the design system at /dev/ui/: every component in every state. Development only."""

import re
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

from django import forms
from django.contrib import messages
from django.contrib.staticfiles import finders
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from config.forms import Card, RadioCards
from config.lib.keyset import SIZES, Slice, Total
from orgs.access import public_view

FRAMES = {
    "": "dev/ui.html",
    "admin": "dev/ui_admin.html",
    "program": "dev/ui_program.html",
    "gate": "dev/ui_gate.html",
    "learner": "dev/ui_learner.html",
    "player": "dev/ui_player.html",
}
SWATCHES = (
    "bg sunken surface raised hover line line-strong control muted text accent accent-soft "
    "ok warn danger info business cs ds"
)
PLAIN_FIELDS = ("external_id", "program", "address", "tagline", "comment", "due", "photo")


class SampleForm(forms.Form):
    """One field of each kind."""

    external_id = forms.CharField(
        label="External ID", required=False, help_text="Your own number for this person."
    )
    email = forms.EmailField(label="E-mail")
    program = forms.ChoiceField(label="Program", choices=[("data", "Data Literacy for Everyone")])
    address = forms.CharField(label="Program URL", widget=forms.TextInput(attrs={"readonly": True}))
    tagline = forms.CharField(
        label="Tagline", max_length=120, widget=forms.TextInput(attrs={"data-counter": True})
    )
    comment = forms.CharField(
        label="Comment",
        max_length=500,
        required=False,
        widget=forms.Textarea({"rows": 2, "data-counter": True}),
    )
    due = forms.DateField(label="Due", required=False, widget=forms.DateInput(attrs={"type": "date"}))
    photo = forms.FileField(label="Banner", required=False, help_text="PNG or JPEG, at least 960 × 300.")
    send = forms.BooleanField(
        label="Send invitations to new members", required=False, help_text="9,963 mails, about 12 minutes"
    )
    leaderboard = forms.BooleanField(
        label="Leaderboard", required=False, widget=forms.CheckboxInput(attrs={"role": "switch"})
    )
    contract = forms.ChoiceField(
        label="Contract",
        widget=RadioCards,
        choices=[
            ("w", Card("Workforce 2025–27", "Seats, 1 Sep 2025 to 31 Aug 2027", "11,188 left")),
            ("c", Card("Cloud & Security 2026", "Enrollments, 1 Jan to 31 Dec 2026", "269 left")),
            ("p", Card("Pilot 2025", "Ended on 31 Aug 2025", "None left", disabled=True)),
        ],
    )
    domains = forms.MultipleChoiceField(
        label="Domains",
        widget=forms.CheckboxSelectMultiple,
        choices=[("b", "Business"), ("d", "Data Science")],
    )


class UploadForm(forms.Form):
    file = forms.FileField(label="File with learners", widget=forms.FileInput(attrs={"accept": ".csv,.xlsx"}))


class SampleUser:
    """Someone signed in, for the frames that show who that is."""

    is_authenticated = True
    email = "signe.halvorsen@nordhaven.example"

    def __str__(self) -> str:
        return "Signe Halvorsen"


@dataclass(frozen=True)
class SampleJob:
    """As much of a job as its progress row shows."""

    pk: int
    state: str
    done: int = 0
    failed: int = 0
    total: int = 9963
    error: str = ""
    started_at: object = field(default_factory=lambda: timezone.now() - timedelta(minutes=5))

    @property
    def is_open(self) -> bool:
        return self.state in ("queued", "running")

    @property
    def percent(self) -> int:
        return (self.done + self.failed) * 100 // self.total


@public_view("Development only: the gallery of components shows invented data")
@require_safe
def dev_ui(request: HttpRequest) -> HttpResponse:
    """The gallery, or with `?frame=admin|program|gate|learner|player` a page in that frame."""
    frame = request.GET.get("frame", "")
    if frame not in FRAMES:
        raise Http404
    if frame:
        request.user = SampleUser()  # type: ignore[assignment]
    if frame in ("admin", "program"):
        request.access = _access()  # type: ignore[attr-defined]
        messages.success(request, "9,963 invitations sent")
        messages.warning(request, "Cloud & Security 2026 has 269 of 2,000 enrollments left.")
    return render(request, FRAMES[frame], _sample())


def _organization() -> SimpleNamespace:
    return SimpleNamespace(name="Nordhaven Group", slug="nordhaven", brand_hue=196, brand_chroma=0.085)


def _access() -> SimpleNamespace:
    organization = _organization()
    rail = [("home", "Home", "home"), ("users", "Users", "users"), ("messages", "Messages", "mail")]
    return SimpleNamespace(
        organization=organization,
        role=SimpleNamespace(label="Organization admin"),
        organizations=[
            SimpleNamespace(name="Nordhaven Group", role="Organization admin", url="?frame=admin"),
            SimpleNamespace(name="Nordhaven Apprentices", role="Program admin", url="?frame=admin"),
        ],
        sections=[
            SimpleNamespace(key=key, label=label, icon=icon, url="?frame=admin") for key, label, icon in rail
        ],
    )


def _icons() -> list[str]:
    return re.findall(r'id="i-(\w+)"', Path(str(finders.find("icons.svg"))).read_text())


def _page() -> Slice:
    numbers = tuple((number, f"?page={number}") for number in (1, None, 6, 7, 8, None, 20))
    return Slice(list(range(25)), Total(3818), 25, 7, "?page=6", "?page=8", "?page=last", numbers)


def _sample() -> dict[str, object]:
    answers = {
        "external_id": "NH-20417",
        "program": "data",
        "address": "learn.nordhaven.example/programs/data-literacy",
    }
    answers |= {"tagline": "Read a chart, ask a better question, decide with the numbers.", "contract": "w"}
    broken = SampleForm(answers | {"email": "d.achterberg@nordhvaen"})
    broken.is_valid()
    stages = [
        ("invited", "Invited", 9214, "", 1896, "never joined", "Resend 1,896 invitations"),
        ("joined", "Joined", 7318, "79 % of invited", 1292, "never enrolled", "Remind 1,292 people"),
        (
            "enrolled",
            "Enrolled",
            6026,
            "82 % of joined",
            5744,
            "have started a course",
            "View enrolled learners",
        ),
    ]
    names = ("key", "label", "value", "share", "lost", "lost_label", "action")
    program = SimpleNamespace(
        name="Data Literacy for Everyone",
        slug="data-literacy",
        tagline="Read a chart, ask a better question, decide with the numbers.",
        is_active=True,
        get_state_display="Active",
        get_absolute_url="/programs/data-literacy",
    )
    form = SampleForm(initial=answers | {"send": True, "leaderboard": True}, prefix="a")
    return {
        "organization": _organization(),
        "section": "home",
        "program": program,
        "program_members": 3818,
        "program_tabs": [
            SimpleNamespace(label=label, url="?frame=program", current=label == "Manage learners")
            for label in ("Program home", "Manage learners", "Catalog", "Leaderboard", "Settings")
        ],
        "learner_nav": [
            SimpleNamespace(label=label, url="?frame=learner", current=label == "Program")
            for label in ("Program", "My learning", "Certificates")
        ],
        "form": form,
        "fields": [form[name] for name in PLAIN_FIELDS],
        "themes": ["light", "dark"],
        "banners": ["data-literacy", "digital-operations", "cloud", "managers"],
        "broken": broken,
        "upload": UploadForm(),
        "stages": [
            SimpleNamespace(
                **dict(zip(names, stage, strict=True)),
                url="#",
                lost_url="#",
                action_url="#",
                help=f"{stage[1]}, defined.",
            )
            for stage in stages
        ],
        "steps": [
            SimpleNamespace(label="Contract", url="#", done=True, current=False),
            SimpleNamespace(label="File", url="", done=False, current=True),
            SimpleNamespace(label="Check and send", url="", done=False, current=False),
        ],
        "jobs": [
            SampleJob(1, "queued"),
            SampleJob(2, "running", done=4182),
            SampleJob(3, "running", done=6000, failed=12),
            SampleJob(4, "done", done=9963),
            SampleJob(5, "failed", error="The file could not be read: it is not UTF-8. Nothing was changed."),
        ],
        "page": _page(),
        "matching": Total(162),
        "sort": "-activity",
        "people": PEOPLE,
        "changes": [
            SimpleNamespace(
                label="Tagline", before="Learn data.", after="Read a chart, ask a better question."
            ),
            SimpleNamespace(label="Courses per learner", before="No limit", after="12"),
        ],
        "covers": [
            (slug, domain)
            for domain in ("business", "cs", "ds", "")
            for slug in ("sql", "forecasting", "writing", "meetings")
        ],
        "now": timezone.now(),
        "lately": timezone.now() - timedelta(hours=2),
        "icons": _icons(),
        "swatches": SWATCHES.split(),
        "sizes": SIZES,
    }


PEOPLE = [
    SimpleNamespace(
        pk=1, name="Aino Lehtonen", email="aino.lehtonen@nordhaven.example", state="Member", kind="ok"
    ),
    SimpleNamespace(
        pk=2, name="Farida El-Amin", email="farida.elamin@nordhaven.example", state="Invited", kind="info"
    ),
    SimpleNamespace(
        pk=3, name="Mikkel Østergaard", email="m.ostergaard@nordhaven.example", state="Removed", kind=""
    ),
    SimpleNamespace(pk=4, name="", email="k.wieczorek@nordhaven.example", state="Bounced", kind="danger"),
]
