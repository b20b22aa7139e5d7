"""What a person states about an edit they made elsewhere; ``provenance.works.editing.declare`` has the rules."""

from django import forms
from django.utils.translation import gettext_lazy as _


class DeclareForm(forms.Form):
    image = forms.FileField(
        label=_("The edited file"),
        help_text=_("PNG, JPEG, WebP and other pictures. It is kept as it came, its own credential included."),
        widget=forms.FileInput(attrs={"accept": "image/*"}),
    )
    description = forms.CharField(
        label=_("What was changed, in your words"),
        help_text=_("Shown as your claim: nobody here saw it happen."),
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    tool = forms.CharField(
        label=_("With which program"), required=False, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    claimed_minutes = forms.IntegerField(
        label=_("Minutes it took, as you state it"), required=False, min_value=0, max_value=100_000
    )
    key = forms.UUIDField(widget=forms.HiddenInput, required=False)
