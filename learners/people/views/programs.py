"""A program's own address, for members and for those who would be, and the way to it from the front door."""

from collections.abc import Mapping

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from learners.people.actions import joining as actions
from learners.people.queries import joining as queries
from learners.people.queries.joining import Standing, WayIn
from learners.people.views.joining import arrived, closed_page, signed_in
from orgs.access import public_view, resolve
from orgs.errors import ActionError
from programs.models import Program


@public_view("The front door: it sends everyone where they belong")
@never_cache
@require_safe
def start(request: HttpRequest) -> HttpResponse:
    """An administrator goes home, a member to their program, everyone else to the list of their programs."""
    if not request.user.is_authenticated:
        return redirect("account_login")
    user = signed_in(request)
    if organization := queries.administered(user):
        return redirect("home", organization.slug)
    memberships = list(queries.memberships(user)[:2])
    if len(memberships) == 1 and not queries.open_invitations(user):
        return redirect(memberships[0].program)
    return redirect("my_programs")


@public_view("One's own programs")
@login_required
@never_cache
@require_safe
def my_programs(request: HttpRequest) -> HttpResponse:
    """The programs one is a member of, and those one is invited to."""
    user = signed_in(request)
    context = {
        "memberships": queries.memberships(user),
        "invitations": queries.open_invitations(user),
        "addresses": queries.addresses(user),
        "administered": queries.administered(user),
        "learner_nav": _nav(current=True),
    }
    return render(request, "learners/program_list.html", context)


@public_view("A program's public address: it names the program to everyone who has it")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def program_page(request: HttpRequest, slug: str) -> HttpResponse:
    """The program for its members; for everyone else how they stand to it and what they can do."""
    program = queries.program_at(slug)
    if program is None:
        raise Http404
    if not program.is_active:
        return _page(request, "learners/program_removed.html", program, status=410)
    if not request.user.is_authenticated:
        return _page(request, "learners/program_gate.html", program)
    way = queries.way_in(program, signed_in(request))
    if request.method == "POST":
        return _step(request, program, way)
    if way.standing == Standing.MEMBER:
        context = {"way": way, "learner_nav": _nav(), "manage_url": _manage_url(request, program)}
        return _page(request, "learners/program.html", program, context)
    return _door(request, program, way)


def _step(request: HttpRequest, program: Program, way: WayIn) -> HttpResponse:
    """Join, or ask for a seat; anything else shows the page again."""
    back, user = redirect(program), signed_in(request)
    step = request.POST.get("step")
    if way.offer is not None and step == "ask":
        actions.ask_for_seat(offer=way.offer, by=user)
    if way.offer is None or step != "join":
        return back
    try:
        result = actions.enter(program=program, user=user, by=user)
    except ActionError as error:
        messages.error(request, error.text)
        return back
    return arrived(request, program, result, back)


def _door(request: HttpRequest, program: Program, way: WayIn) -> HttpResponse:
    """What someone sees who is no member."""
    if way.offer and not way.conflict and (closed := queries.why_closed(way.offer.contract)):
        return closed_page(request, way.offer, closed)
    context = {
        "way": way,
        "refusal": actions.REFUSALS[way.conflict] if way.conflict else "",
        "addresses": queries.addresses(signed_in(request)),
        "unconfirmed": queries.unconfirmed(signed_in(request)),
        "manage_url": _manage_url(request, program),
    }
    return _page(request, "learners/program_door.html", program, context)


def _page(
    request: HttpRequest,
    template: str,
    program: Program,
    context: Mapping[str, object] | None = None,
    *,
    status: int = 200,
) -> HttpResponse:
    own = {"organization": program.organization, "program": program, "here": request.path}
    with timezone.override(program.organization.zone):
        return render(request, template, {**own, **(context or {})}, status=status)


def _manage_url(request: HttpRequest, program: Program) -> str:
    """Where an administrator of this program administers it; "" for everyone else."""
    access = resolve(signed_in(request), program.organization.slug)
    if access is None or not access.sees(program.pk):
        return ""
    return reverse("manage_learners", args=[program.organization.slug, program.slug])


def _nav(*, current: bool = False) -> list[dict[str, object]]:
    return [{"label": _("My programs"), "url": reverse("my_programs"), "current": current}]
