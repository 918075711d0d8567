"""What an administrator types as the invitation message."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from learners.people import wording
from learners.people.wording import MESSAGE_MAX, SUBJECT_MAX, TAGS_SHOWN, Wording


class MessageField(forms.CharField):
    """Text of several lines; a line break counts once, as in the counter beside it."""

    def to_python(self, value: Any) -> str:
        return (super().to_python(value) or "").replace("\r\n", "\n")


class WordingForm(forms.Form):
    """Subject and text of the invitation."""

    subject = forms.CharField(
        label=_("Subject"), max_length=SUBJECT_MAX, widget=forms.TextInput(attrs={"data-counter": True})
    )
    message = MessageField(
        label=_("Message"),
        max_length=MESSAGE_MAX,
        help_text=format_lazy(
            _(
                "An empty line begins a paragraph. Tags become each person’s own values: {tags}. "
                "The button with the personal link follows by itself."
            ),
            tags=TAGS_SHOWN,
        ),
        widget=forms.Textarea(attrs={"data-counter": True, "rows": 14}),
    )

    def clean_subject(self) -> str:
        return _with_known_tags(self.cleaned_data["subject"])

    def clean_message(self) -> str:
        return _with_known_tags(self.cleaned_data["message"])

    @property
    def words(self) -> Wording | None:
        """What was typed, when it can be used."""
        if self.is_bound and not self.is_valid():
            return None
        given = self.cleaned_data if self.is_bound else self.initial
        return wording.tidy(given["subject"], given["message"])


def _with_known_tags(text: str) -> str:
    if complaint := wording.complaint(text):
        raise ValidationError(complaint)
    return text
