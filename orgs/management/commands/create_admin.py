"""manage.py create_admin: an administrator of an organization or of one program."""

import getpass
import sys
from typing import Any

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.core.management.base import CommandError, CommandParser
from django.db import transaction
from django.urls import reverse

from orgs.actions import accounts, role_grants
from orgs.models import User
from orgs.operators import OperatorCommand, address, find_organization, find_program


class Command(OperatorCommand):
    help = (
        "Make someone an administrator: of the whole organization, or with --program of that program alone. "
        "A new account gets its password from --password-stdin or --ask-password, otherwise a link to set "
        "one is printed; it works once and for three days."
    )
    example = (
        "  manage.py create_admin --organization acme --email alice@acme.example --name 'Alice Andersson'\n"
        "  manage.py create_admin --organization acme --email bob@acme.example --program english "
        "--password-stdin < password.txt"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--organization", required=True, help="slug of the organization")
        parser.add_argument("--email", required=True, help="counts as verified from now on")
        parser.add_argument("--name", default="", help="needed for a new account")
        parser.add_argument("--program", help="slug of the one program to administer")
        password = parser.add_mutually_exclusive_group()
        password.add_argument("--password-stdin", action="store_true", help="read it from standard input")
        password.add_argument("--ask-password", action="store_true", help="ask for it here")

    def run(self, **options: Any) -> None:
        organization = find_organization(options["organization"])
        program = find_program(organization, options["program"]) if options["program"] else None
        password = _read_password(options)
        with transaction.atomic():
            user, is_new_account = accounts.ensure(
                by=None, email=options["email"], name=options["name"], password=password
            )
            _, is_new = role_grants.grant(by=None, user=user, organization=organization, program=program)
        what = f"{program} in {organization}" if program else str(organization)
        if is_new:
            self.done(f"{user.name} <{user.email}> now administers {what}.")
        else:
            self.say(f"{user.name} <{user.email}> administers {what} already.")
        if not user.has_usable_password():
            self.say(f"Set a password  {_password_link(user)}")
        elif not is_new_account:
            self.say("They sign in with the password they have.")
        self.say(f"Open  {address(reverse('home', args=[organization.slug]))}")


def _read_password(options: dict[str, Any]) -> str | None:
    if options["password_stdin"]:
        password = sys.stdin.readline().rstrip("\r\n")
    elif options["ask_password"]:
        password = getpass.getpass("Password: ")
        if getpass.getpass("Once more: ") != password:
            raise CommandError("The two passwords differ.")
    else:
        return None
    if not password:
        raise CommandError("The password is empty.")
    return password


def _password_link(user: User) -> str:
    key = default_token_generator.make_token(user)
    path = reverse("account_reset_password_from_key", kwargs={"uidb36": user_pk_to_url_str(user), "key": key})
    return address(path)
