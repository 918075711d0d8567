"""How every Django form is rendered: our field and widget templates, and accessible descriptions."""

from dataclasses import dataclass

from django import forms
from django.forms.boundfield import BoundField as DjangoBoundField
from django.forms.renderers import TemplatesSetting
from django.utils.functional import Promise


class BoundField(DjangoBoundField):
    """A field that knows how it is laid out. The error takes the place of the hint."""

    @property
    def kind(self) -> str:
        """`hidden`, `check` (label after the box), `group` (legend over several) or `plain`."""
        if self.is_hidden:
            return "hidden"
        if isinstance(self.field.widget, forms.CheckboxInput):
            return "check"
        return "group" if self.use_fieldset else "plain"

    @property
    def optional(self) -> bool:
        """Whether the label carries the word "(optional)"."""
        widget = self.field.widget
        settled = widget.attrs.get("readonly") or self.field.disabled
        return not (self.field.required or settled or self.kind == "check")

    @property
    def counter(self) -> int | None:
        """The limit a character counter shows, when the widget asks for one with `data-counter`."""
        widget = self.field.widget
        return getattr(self.field, "max_length", None) if "data-counter" in widget.attrs else None

    @property
    def length(self) -> int:
        """How many characters the value has now."""
        return len(str(self.value() or ""))

    @property
    def aria_describedby(self) -> str | None:
        """The id of the error when there is one, else of the hint."""
        if own := self.field.widget.attrs.get("aria-describedby"):
            return str(own)
        if self.errors:
            return f"{self.auto_id}_error"
        return f"{self.auto_id}_hint" if self.help_text else None


class Renderer(TemplatesSetting):
    """Set as FORM_RENDERER: `{{ form }}` and `{{ form.name.as_field_group }}` use templates/components."""

    form_template_name = "components/form.html"
    field_template_name = "components/field.html"
    bound_field_class = BoundField


@dataclass(frozen=True)
class Card:
    """The label of one choice shown as a radio card: title, a note under it, and a figure at its end."""

    title: str | Promise
    note: str | Promise = ""
    figure: str | Promise = ""
    disabled: bool = False

    def __str__(self) -> str:
        return str(self.title)


class RadioCards(forms.RadioSelect):
    """Choices as cards; each choice's label is a `Card` (or plain text)."""

    template_name = "django/forms/widgets/radio_cards.html"
