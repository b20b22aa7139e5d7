"""What people may choose for an export; the rules are ``provenance.works.export``'s."""

from typing import Any

from django import forms
from django.conf import settings
from django.http import QueryDict
from django.utils.translation import get_language_info
from django.utils.translation import gettext_lazy as _

from provenance.marking.profiles import ALWAYS, FORBIDDEN, NEVER, Profile, all_profiles
from provenance.works.wish import FORMATS, LONGEST_NAME, Wish

_FORMAT_NAMES = {"png": "PNG", "jpeg": "JPEG", "webp": "WebP", "avif": "AVIF", "tiff": "TIFF"}


class ExportForm(forms.Form):
    """A place, a format, and what is a choice there. ``tick_of`` is the profile the label's tick was set for:
    with another profile, the tick goes back to what is usual there."""

    profile = forms.ChoiceField(label=_("Made for"))
    format = forms.ChoiceField(label=_("Format"), choices=[(name, _FORMAT_NAMES[name]) for name in FORMATS])
    labelled = forms.BooleanField(label=_("With the visible label"), required=False)
    language = forms.ChoiceField(label=_("The label's language"), required=False)
    prompt_writer = forms.CharField(
        label=_("Name who wrote the prompt"),
        required=False,
        max_length=LONGEST_NAME,
        help_text=_("Written into the file for everybody to read. Left empty, nobody is named."),
        # A preflight that arrives while a name is being written must not take it away.
        widget=forms.TextInput(attrs={"autocomplete": "off", "hx-preserve": "true"}),
    )
    agreed = forms.BooleanField(label=_("I agree"), required=False)
    tick_of = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, data: QueryDict | None = None, **kwargs: Any) -> None:
        profiles = all_profiles(settings.MARKING_PROFILES)
        values = data.copy() if data is not None else QueryDict(mutable=True)
        if values.get("profile") not in profiles:
            values["profile"] = "plain"
        self.chosen: Profile = profiles[str(values["profile"])]
        if values.get("format") not in FORMATS:
            values["format"] = next(iter(FORMATS))
        if values.get("tick_of") != self.chosen.name:
            values["tick_of"] = self.chosen.name
            values.pop("labelled", None)
            values.pop("agreed", None)
            if self.chosen.label == ALWAYS:
                values["labelled"] = "on"
        values["language"] = self.chosen.language(str(values.get("language", "")))
        super().__init__(values, auto_id="export_%s", **kwargs)
        self._choices("profile", [(name, str(it.title)) for name, it in profiles.items()])
        self._choices("language", [(code, _language(code)) for code in self.chosen.languages])
        if self.chosen.label == ALWAYS and self.chosen.unlabelled == FORBIDDEN:
            # A tick that cannot be taken away is told by preflight; a disabled one would not be sent.
            self.fields["labelled"].help_text = _("This place takes no copy without it.")

    @property
    def offers_label(self) -> bool:
        return self.chosen.label != NEVER

    @property
    def offers_language(self) -> bool:
        return self.offers_label and len(self.chosen.languages) > 1

    def wish(self) -> Wish:
        """What the (valid) form asks for."""
        said = self.cleaned_data
        return Wish(
            profile=said["profile"],
            format=said["format"],
            labelled=said["labelled"],
            language=said["language"],
            agreed=said["agreed"],
            prompt_writer=said["prompt_writer"],
        )

    def _choices(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices


def _language(code: str) -> str:
    """The language's name in itself, or its code where Django knows none."""
    try:
        return str(get_language_info(code)["name_local"])
    except KeyError:
        return code
