"""What one types on the pages of one's own account."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from config.lib import emails
from learners.people.forms.joining import PASSWORD_MAX, PasswordInput
from learners.people.models.person import NAME_MAX


class NameForm(forms.Form):
    """The name of the account."""

    name = forms.CharField(
        label=_("Full name"),
        max_length=NAME_MAX,
        help_text=_("As it should stand on your certificates."),
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )


class MailForm(forms.Form):
    """The mails one wants besides those about the account."""

    course = forms.BooleanField(
        label=_("Announcements and reminders of my courses"),
        required=False,
        widget=forms.CheckboxInput(attrs={"role": "switch"}),
    )
    program = forms.BooleanField(
        label=_("Messages that administrators send to their learners"),
        required=False,
        widget=forms.CheckboxInput(attrs={"role": "switch"}),
    )


class RemoveAddressForm(forms.Form):
    """Which address is taken off the account, in the library's own names; nothing to fill in."""

    email = forms.EmailField(widget=forms.HiddenInput)
    action_remove = forms.CharField(initial="1", widget=forms.HiddenInput)

    def __init__(self, *, address: str) -> None:
        super().__init__(initial={"email": address}, auto_id=False)


class ConnectForm(forms.Form):
    """Proof of both accounts: the password of this one, address and password of the other."""

    email = forms.CharField(
        label=_("E-mail of the other account"),
        max_length=emails.MAX_LENGTH,
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    password = forms.CharField(
        label=_("Password of the other account"),
        max_length=PASSWORD_MAX,
        strip=False,
        widget=PasswordInput("off"),
    )
    own_password = forms.CharField(
        label=_("Password of this account"),
        max_length=PASSWORD_MAX,
        strip=False,
        widget=PasswordInput("current-password"),
    )

    def clean_email(self) -> str:
        return emails.normalize(self.cleaned_data["email"])


class EraseForm(forms.Form):
    """Password and address, before an account is deleted for good."""

    confirmation = forms.CharField(
        label=_("Your e-mail address, typed out"),
        max_length=emails.MAX_LENGTH,
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    password = forms.CharField(
        label=_("Password"), max_length=PASSWORD_MAX, strip=False, widget=PasswordInput("current-password")
    )

    def __init__(self, *args: Any, address: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.address = address

    def clean_confirmation(self) -> str:
        typed = emails.normalize(self.cleaned_data["confirmation"])
        if typed != self.address:
            raise ValidationError(_("Type %(email)s to confirm.") % {"email": self.address})
        return typed
