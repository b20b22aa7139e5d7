"""A picture to be compared, and what is told of it; ``similarity.audit`` has the rules."""

import uuid
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from similarity.models import Calibration

NO_FILE = _("Choose a picture first: no file arrived, or an empty one.")


class AuditForm(forms.Form):
    file = forms.FileField(error_messages={"required": NO_FILE, "empty": NO_FILE})
    prompt = forms.CharField(
        label=_("Prompt"),
        required=False,
        max_length=10_000,
        help_text=_("Only if it was made from words: you are told which artists on record they name."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    generator = forms.ChoiceField(
        label=_("Made by"),
        required=False,
        help_text=_("If one of these models made it, it is judged among pictures of that model."),
    )
    # Two clicks on the button are one comparison.
    key = forms.UUIDField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        from similarity.calibration import accepted_of  # numpy

        super().__init__(*args, **kwargs)
        self.fields["key"].initial = uuid.uuid4
        known = (calibration.generator.get("name") for calibration in accepted_of(Calibration.GENERATED))
        names = [name for name in dict.fromkeys(known) if name]
        generator = self.fields["generator"]
        assert isinstance(generator, forms.ChoiceField)
        generator.choices = [("", _("none of these, or not known")), *((name, name) for name in names)]
        if not names:
            del self.fields["generator"]
