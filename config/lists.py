"""What every list page is asked: which page of how many rows, and which rows are ticked."""

from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from config.lib import keyset

# As many rows as one page can show, and a margin.
IDS_MAX = 1_000


class PageForm(forms.Form):
    """Which page of a list. What the query string says wrongly is ignored, field by field."""

    page = forms.CharField(required=False)
    size = forms.TypedChoiceField(required=False, coerce=int, choices=[(size, size) for size in keyset.SIZES])

    def __init__(self, data: QueryDict) -> None:
        super().__init__(data)
        self.full_clean()

    @property
    def rows(self) -> int:
        """How many rows a page has."""
        return self.cleaned_data.get("size") or keyset.DEFAULT_SIZE

    def said(self, name: str) -> str:
        return self.cleaned_data.get(name) or ""


class IdsField(forms.Field):
    """The ids of the rows that are ticked."""

    widget = forms.MultipleHiddenInput

    def to_python(self, value: Any) -> tuple[int, ...]:
        texts = [str(text) for text in value or []]
        if len(texts) > IDS_MAX or not all(text.isdecimal() and len(text) < 19 for text in texts):
            raise forms.ValidationError(_("That selection cannot be read. Please select the rows again."))
        return tuple(dict.fromkeys(int(text) for text in texts))
