"""What a person types to join: never the address, which the link has settled."""

from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from config.lib import emails
from learners.people import names
from learners.people.models.person import NAME_MAX
from orgs.models import User

PASSWORD_MAX = 128


class PasswordInput(forms.PasswordInput):
    """A password that is never sent back to the page."""

    def __init__(self, autocomplete: str) -> None:
        super().__init__(attrs={"autocomplete": autocomplete})


class NewAccountForm(forms.Form):
    """Name and password of a new account at the invited address."""

    name = forms.CharField(
        label=_("Full name"),
        max_length=NAME_MAX,
        help_text=_("As it should stand on your certificates."),
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    password = forms.CharField(
        label=_("Password"),
        max_length=PASSWORD_MAX,
        strip=False,
        help_text=_("At least 10 characters."),
        widget=PasswordInput("new-password"),
    )

    def __init__(self, *args: Any, email: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.email = email

    def clean_name(self) -> str:
        name = names.clean(self.cleaned_data["name"])
        if not name:
            raise ValidationError(_("Write your name."))
        return name

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("password"):
            try:
                validate_password(data["password"], User(email=self.email, name=data.get("name", "")))
            except ValidationError as error:
                self.add_error("password", error)
        return data


class SignInForm(forms.Form):
    """Address and password of an account that its owner has already."""

    email = forms.CharField(
        label=_("E-mail of your account"),
        max_length=emails.MAX_LENGTH,
        widget=forms.EmailInput(attrs={"autocomplete": "username"}),
    )
    password = forms.CharField(
        label=_("Password"), max_length=PASSWORD_MAX, strip=False, widget=PasswordInput("current-password")
    )

    def clean_email(self) -> str:
        return emails.normalize(self.cleaned_data["email"])


class PasswordForm(forms.Form):
    """The password of the account that joins."""

    password = forms.CharField(
        label=_("Password"), max_length=PASSWORD_MAX, strip=False, widget=PasswordInput("current-password")
    )
