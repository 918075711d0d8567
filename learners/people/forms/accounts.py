"""The forms of the account pages: those of the account library in the product's words."""

from typing import Any

from allauth.account import forms as allauth
from django import forms
from django.contrib.auth.password_validation import UserAttributeSimilarityValidator
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from learners.people import names
from learners.people.models.person import NAME_MAX
from orgs.models import User


def password_hint() -> str:
    """What `AUTH_PASSWORD_VALIDATORS` ask for, said before one types."""
    return _("At least 10 characters.")


def settle(field: forms.Field, label: str, autocomplete: str, hint: str = "") -> None:
    """Give a library's field our label and hint; no placeholder stands in for a label."""
    widget = field.widget
    field.label, field.help_text = label, hint
    # The library writes the type as a second attribute, which is no valid HTML.
    widget.input_type = widget.attrs.pop("type", widget.input_type)
    widget.attrs.pop("placeholder", None)
    widget.attrs["autocomplete"] = autocomplete


class LoginForm(allauth.LoginForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        settle(self.fields["login"], _("E-mail"), "username")
        settle(self.fields["password"], _("Password"), "current-password")


class SignupForm(allauth.SignupForm):
    name = forms.CharField(
        label=gettext_lazy("Full name"),
        max_length=NAME_MAX,
        help_text=gettext_lazy("As it should stand on your certificates."),
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    field_order = ["name", "email", "password1"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        settle(self.fields["email"], _("E-mail"), "username")
        settle(self.fields["password1"], _("Password"), "new-password", password_hint())

    def clean_name(self) -> str:
        name = names.clean(self.cleaned_data["name"])
        if not name:
            raise ValidationError(_("Write your name."))
        return name

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        # The library compares the password with the address only.
        if data.get("password1") and data.get("name"):
            try:
                UserAttributeSimilarityValidator(["name"]).validate(
                    data["password1"], User(name=data["name"])
                )
            except ValidationError as error:
                self.add_error("password1", error)
        return data

    def signup(self, request: HttpRequest, user: User) -> None:
        user.name = self.cleaned_data["name"]
        user.save(update_fields=["name"])


class AddEmailForm(allauth.AddEmailForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        settle(self.fields["email"], _("Another e-mail address"), "email")


class ResetPasswordForm(allauth.ResetPasswordForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        settle(self.fields["email"], _("E-mail"), "username")


class ReauthenticateForm(allauth.ReauthenticateForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        settle(self.fields["password"], _("Password"), "current-password")


class ChangePasswordForm(allauth.ChangePasswordForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        settle(self.fields["oldpassword"], _("Current password"), "current-password")
        settle(self.fields["password1"], _("New password"), "new-password", password_hint())
        settle(self.fields["password2"], _("New password again"), "new-password")


class SetPasswordForm(allauth.SetPasswordForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        settle(self.fields["password1"], _("Password"), "new-password", password_hint())
        settle(self.fields["password2"], _("Password again"), "new-password")


class ResetPasswordKeyForm(allauth.ResetPasswordKeyForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        settle(self.fields["password1"], _("New password"), "new-password", password_hint())
        settle(self.fields["password2"], _("New password again"), "new-password")
