"""manage.py demo: organizations full of invented people, to look around in."""

import time
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser
from django.urls import reverse
from django.utils import timezone

from config.demo import building, story
from config.demo.building import Demo
from config.demo.story import Company, Login
from config.lib import tokens
from learners.models import Enrollment, Invitation, Membership, Person
from orgs.operators import OperatorCommand, address
from programs.models import Program


class Command(OperatorCommand):
    help = (
        "Make two demo organizations with programs, contracts and invented people, and print how to sign in. "
        "Run again, it prints that once more; --reset makes them anew and touches no other organization. "
        "Sizes: small (about 1,200 people), medium (30,000), large (1,000,000, of which 300,000 are in one "
        "organization)."
    )
    example = "  manage.py demo --size small"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--size", choices=list(story.SIZES), help="default: small")
        parser.add_argument("--seed", type=int, help="the same seed gives the same people (default: 1)")
        parser.add_argument(
            "--reset", action="store_true", help="delete the demo that is there and make it anew"
        )
        parser.add_argument(
            "--yes", action="store_true", help="make it even though this looks like production"
        )

    def run(self, **options: Any) -> None:
        size, seed = options["size"] or "small", 1 if options["seed"] is None else options["seed"]
        if not (settings.DEV_PAGES or options["yes"]):
            raise CommandError(
                "This looks like production, and everyone knows the demo's password: add --yes to insist."
            )
        demo = building.find()
        started = time.monotonic()
        if demo and options["reset"]:
            self.say(f"Deleting the demo of {demo.today} …")
            building.remove(demo)
            demo = None
        if demo is None:
            # Only a large one takes long enough to wonder.
            heard = {"say": self._progress} if size == "large" else {}
            demo = building.build(size=size, seed=seed, today=timezone.localdate(), **heard)
            self.done(f"Made the demo in {time.monotonic() - started:.1f} s: {_contents(demo)}.")
        elif options["size"] not in (None, demo.size) or options["seed"] not in (None, demo.seed):
            raise CommandError(
                f"The demo is there in size {demo.size} with seed {demo.seed}; add --reset to make it anew."
            )
        else:
            self.say(f"The demo is there already: {_contents(demo)}.")
        self._sign_in(demo)

    def _progress(self, text: str) -> None:
        self.say(f"{timezone.localtime():%H:%M:%S} {text}")
        self.stdout.flush()

    def _sign_in(self, demo: Demo) -> None:
        self.say(f"\nSign in at {address(reverse('account_login'))} with the password {story.PASSWORD}")
        self.say()
        for company in demo.companies:
            for login in company.logins:
                where = company.name if not login.program else _course(company, login)
                self.say(f"  {login.role:<18}  {company.email(login):<33}  {where}")
                self.say(f"  {'':<18}  {_page(company, login)}")


def _contents(demo: Demo) -> str:
    organizations = demo.organizations
    programs = Program.objects.filter(organization__in=organizations).count()
    people = Person.objects.filter(organization__in=organizations).count()
    enrollments = Enrollment.objects.filter(organization__in=organizations).count()
    return (
        f"{len(organizations)} organizations, {programs} programs, {people:,} people, "
        f"{enrollments:,} enrollments"
    )


def _course(company: Company, login: Login) -> str:
    return next(course.name for course in company.courses if course.slug == login.program)


def _page(company: Company, login: Login) -> str:
    """Where this person would begin."""
    if login.is_admin:
        return address(reverse("home", args=[company.slug]))
    if login.joined:
        return address(reverse("program", args=[login.program]))
    memberships = Membership.objects.filter(program__slug=login.program, state=Membership.State.INVITED)
    membership = memberships.filter(person__email=company.email(login)).first()
    if membership is None:
        return "has accepted the invitation"
    invitation = Invitation.objects.get(membership=membership)
    token = tokens.sign("invitation", invitation.pk, invitation.generation)
    return address(reverse("invitation", args=[token]))
