"""What people may type about artists. The rules are ``provenance.artists``'; these only carry the words."""

import uuid
from typing import Any

from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from provenance.artists.enrol import STATEMENT
from provenance.artists.models import Claim, ClaimDecision
from similarity.models import Artist


class ManyFilesInput(forms.ClearableFileInput):
    allow_multiple_selected = True


class ManyFilesField(forms.FileField):
    """Several files; ``cleaned_data`` holds a list. An empty file is let through: what reads it says what is wrong."""

    def __init__(self, **options: Any) -> None:
        super().__init__(widget=ManyFilesInput(attrs={"accept": "image/*"}), allow_empty_file=True, **options)

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        files = data if isinstance(data, list | tuple) else [data]
        return [super(ManyFilesField, self).clean(file, initial) for file in files or [None]]


class ClaimForm(forms.Form):
    """A claim to a profile; with ``name`` and life dates where it is a new one."""

    name = forms.CharField(label=_("The artist's name"), max_length=200)
    born = forms.IntegerField(label=_("Born"), required=False, min_value=-9998, max_value=9999)
    died = forms.IntegerField(label=_("Died"), required=False, min_value=-9998, max_value=9999)
    capacity = forms.ChoiceField(label=_("Who you are"), choices=Claim.Capacity.choices, widget=forms.RadioSelect)
    evidence = forms.CharField(
        label=_("How a reviewer can see that it is true"),
        help_text=_("A website or an account that is known to be the artist's, a gallery, a register, a document."),
        widget=forms.Textarea(attrs={"rows": 5}),
    )
    links = forms.CharField(
        label=_("Links"), required=False, help_text=_("One a line."), widget=forms.Textarea(attrs={"rows": 2})
    )
    aliases = forms.CharField(
        label=_("Further names"),
        required=False,
        help_text=_("One a line, as prompts may write them: full names, pen names, other scripts."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    # Two clicks on the button are one claim.
    key = forms.UUIDField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, artist: Artist | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["key"].initial = uuid.uuid4
        if artist is not None:
            for name in ("name", "born", "died"):
                del self.fields[name]


class EnrolForm(forms.Form):
    images = ManyFilesField(label=_("Pictures of the works"))
    title = forms.CharField(
        label=_("Title"),
        required=False,
        help_text=_("For one picture. Several are called by the names of their files."),
    )
    year = forms.CharField(label=_("Year"), required=False)
    statement = forms.BooleanField(label=STATEMENT)


class NamingForm(forms.Form):
    naming = forms.ChoiceField(
        label=_("Pictures generated in the artist's name"),
        required=False,
        choices=[
            (
                Artist.Naming.REFUSES,
                _("Refused: prompts that name the artist, and copies of their works to begin from"),
            ),
            (Artist.Naming.CONSENTS, _("Agreed to")),
            (Artist.Naming.SILENT, _("Not decided")),
        ],
        widget=forms.RadioSelect,
    )


class MiningForm(forms.Form):
    mining = forms.ChoiceField(
        label=_("Data mining and training on the artist's works"),
        required=False,
        choices=[
            (Artist.Mining.NOT_ALLOWED, _("Not allowed")),
            (Artist.Mining.CONSTRAINED, _("Allowed under conditions")),
            (Artist.Mining.ALLOWED, _("Allowed")),
            (Artist.Mining.SILENT, _("Not decided")),
        ],
        widget=forms.RadioSelect,
    )
    mining_text = forms.CharField(
        label=_("Conditions, or a note"),
        required=False,
        help_text=_("Shown with the wish. Conditions are written into the marks of the pictures you make here."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class NamesForm(forms.Form):
    aliases = forms.CharField(
        label=_("Ask for further names"),
        help_text=_("One a line. A reviewer looks at them first, because a refusal acts on names."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class ClaimDecisionForm(forms.Form):
    """A reviewer's ruling about a claim; ``provenance.artists.decide`` has the rules."""

    ruling = forms.ChoiceField(label=_("Ruling"), widget=forms.RadioSelect)
    reason = forms.CharField(
        label=_("Why"),
        help_text=_("Kept for good, next to your name, and shown to whoever made the claim."),
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    lift_wishes = forms.BooleanField(
        label=_("Also end the refusal and the data-mining wishes that were set under this claim"), required=False
    )

    def __init__(self, *args: Any, rulings: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice = self.fields["ruling"]
        assert isinstance(choice, forms.ChoiceField)
        choice.choices = [(value, capfirst(label)) for value, label in ClaimDecision.Ruling.choices if value in rulings]
        if ClaimDecision.Ruling.SUSPEND not in rulings:
            del self.fields["lift_wishes"]


def lines(text: str) -> list[str]:
    """What was typed one a line."""
    return [line for line in text.splitlines() if line.strip()]
