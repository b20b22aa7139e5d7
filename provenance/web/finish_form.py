"""What a person may say about an edit as it is finished."""

from django import forms
from django.utils.translation import gettext_lazy as _


class FinishForm(forms.Form):
    claimed_minutes = forms.IntegerField(
        label=_("Minutes you worked on it, as you state it"),
        required=False,
        min_value=0,
        max_value=100_000,
        help_text=_("Optional. Shown beside the observed time, as your claim."),
    )
