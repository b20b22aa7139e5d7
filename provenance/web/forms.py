"""What people may type. The rules about a request are ``generation.submit``'s; these only carry the words."""

import uuid
from typing import TYPE_CHECKING, Any

from django import forms
from django.conf import settings
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from generation.errors import GenerationError
from generation.model_folder import passport_of
from generation.models import Job
from provenance.audits.ask_set import domains_of
from provenance.audits.models import SetAudit
from provenance.review.models import Decision
from provenance.works.errors import WorkError
from provenance.works.models import Work

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from provenance.audits.domains import Domain


class GenerateForm(forms.Form):
    """A request for pictures. Empty fields mean: what suits the model."""

    prompt = forms.CharField(
        label=_("Prompt"),
        strip=False,
        widget=forms.Textarea(attrs={"rows": 4, "placeholder": _("A harbour at dusk, boats at rest")}),
    )
    negative_prompt = forms.CharField(
        label=_("What should not be in it"), required=False, strip=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    model = forms.ChoiceField(label=_("Model"))
    count = forms.IntegerField(label=_("How many"), initial=1, min_value=1)
    seed = forms.CharField(
        label=_("Seed"),
        required=False,
        max_length=20,
        help_text=_("The same seed and words make the same picture. Left empty, one is drawn for you."),
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    width = forms.IntegerField(label=_("Width"), required=False, min_value=8)
    height = forms.IntegerField(label=_("Height"), required=False, min_value=8)
    steps = forms.IntegerField(label=_("Steps"), required=False, min_value=1)
    guidance = forms.FloatField(label=_("Guidance"), required=False, help_text=_("How closely to follow the prompt."))
    private_prompt = forms.BooleanField(
        label=_("Keep the prompt out of the file"),
        required=False,
        help_text=_(
            "The credential then holds only a seal over your words. You can show them to whom you choose, later."
        ),
    )
    # Two clicks on the button are one request.
    key = forms.UUIDField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        model = self.fields["model"]
        assert isinstance(model, forms.ChoiceField)
        model.choices = [(name, name) for name in settings.MODELS]
        model.initial = settings.MODELS[0]
        self.fields["key"].initial = uuid.uuid4
        self.fields["count"].widget.attrs["max"] = settings.MAX_COUNT
        for name in ("width", "height"):
            # Browsers count steps from the minimum, which is therefore a multiple too.
            self.fields[name].widget.attrs |= {"step": 8, "placeholder": _("automatic")}
        for name in ("steps", "guidance"):
            self.fields[name].widget.attrs["placeholder"] = _("automatic")
        self.fields["guidance"].widget.attrs["step"] = "any"

    def more_is_open(self) -> bool:
        """Whether the folded part holds something worth seeing: a value, or an error."""
        return any(self[name].value() or self[name].errors for name in ("width", "height", "steps", "guidance"))

    def negative_is_open(self) -> bool:
        return bool(self["negative_prompt"].value() or self["negative_prompt"].errors)

    @staticmethod
    def settings_of(job: Job) -> dict[str, Any]:
        """What would have to be typed to ask for *job* again: what the model does by itself stays empty."""
        names = [*("prompt", "negative_prompt", "model", "count", "seed", "width", "height", "steps", "guidance")]
        names.append("private_prompt")
        typed = {name: getattr(job, name) for name in names}
        try:
            model = passport_of(job.model)
        except GenerationError:
            return typed
        usual = {
            "width": model.native_size,
            "height": model.native_size,
            "steps": model.default_steps,
            "guidance": model.default_guidance,
        }
        return {name: value for name, value in typed.items() if value != usual.get(name)}


class RevealForm(forms.Form):
    """Leave for somebody to see a private prompt; ``provenance.works.reveal`` has the rules."""

    recipient = forms.CharField(
        label=_("For whom"), help_text=_("Their name, as it will stand in the code."), max_length=200
    )
    days = forms.IntegerField(label=_("For how many days"), initial=7, min_value=1, max_value=365)


class TitleForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable at run time
    class Meta:
        model = Work
        fields = ["title"]
        widgets = {"title": forms.TextInput(attrs={"autofocus": True, "autocomplete": "off"})}


class DecisionForm(forms.Form):
    """A reviewer's ruling; ``provenance.review.decide`` has the rules."""

    ruling = forms.ChoiceField(
        label=_("Ruling"),
        choices=lambda: [(value, capfirst(label)) for value, label in Decision.Ruling.choices],
        widget=forms.RadioSelect,
    )
    reason = forms.CharField(
        label=_("Why"),
        help_text=_("Kept for good, next to your name. Write it so that it can be understood a year from now."),
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    # The audit the page showed: another one may have come since.
    audit = forms.UUIDField(required=False, widget=forms.HiddenInput)


class ReasonForm(forms.Form):
    """Why a calibration is put into force, or laid aside; ``similarity.calibration`` has the rules."""

    reason = forms.CharField(
        label=_("Why"),
        max_length=2_000,
        help_text=_("Kept for good, next to your name. Write it so that it can be understood a year from now."),
        widget=forms.Textarea(attrs={"rows": 4}),
    )


class SetAuditForm(forms.Form):
    """Whose pictures are judged as one, and which of them; ``provenance.audits.ask_set`` has the rules.

    Whose is asked of whoever may judge everybody's; which, where that is known and there are any.
    """

    kind = forms.ChoiceField(
        label=_("Whose pictures"),
        choices=lambda: [(kind.value, capfirst(kind.label)) for kind in (SetAudit.Kind.PERSON, SetAudit.Kind.MODEL)],
        widget=forms.RadioSelect,
        initial=SetAudit.Kind.PERSON,
    )
    name = forms.CharField(label=_("Username, or name of the model"), max_length=200)
    domain = forms.ChoiceField(label=_("Which pictures"), widget=forms.RadioSelect, required=False)

    def __init__(self, *args: Any, user: "User", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not user.has_perm("audits.audit_everybody"):
            del self.fields["kind"], self.fields["name"]
        self.user = user
        typed: dict[str, Any] = {
            name: str(self[name].value() or "") for name in ("kind", "name") if name in self.fields
        }
        try:
            found = domains_of(owner=user, **self._whose(typed))
        except WorkError:
            found = []
        field = self.fields["domain"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(each.domain, _domain_choice(each)) for each in found]
        field.initial = next((each.domain for each in found), "")
        if not found:
            del self.fields["domain"]

    def _whose(self, typed: dict[str, Any]) -> dict[str, Any]:
        kind = typed.get("kind", SetAudit.Kind.PERSON)
        name = typed.get("name", self.user.get_username())
        return {"kind": kind, "person" if kind == SetAudit.Kind.PERSON else "model": name}

    def asked(self) -> dict[str, Any]:
        """As ``ask_set`` takes it."""
        return {**self._whose(self.cleaned_data), "domain": self.cleaned_data.get("domain", "")}

    def blame(self, error: WorkError) -> None:
        """Put the *error* beside the input at fault, where the form has it."""
        name = "name" if error.field in ("person", "model") else error.field
        self.add_error(name if name in self.fields else None, error.message)


def _domain_choice(found: "Domain") -> str:
    """Pictures of one domain, as they are chosen among."""
    if not found.weights:
        said = ngettext(
            "%(count)s picture that was uploaded or worked on elsewhere",
            "%(count)s pictures that were uploaded or worked on elsewhere",
            found.pictures,
        )
    else:
        said = ngettext(
            "%(count)s picture by %(model)s (weights %(weights)s…), of %(newest)s",
            "%(count)s pictures by %(model)s (weights %(weights)s…), the newest of %(newest)s",
            found.pictures,
        )
    return said % {
        "count": found.pictures,
        "model": found.model or gettext("a model without a name"),
        "weights": found.weights[:12],
        "newest": date_format(found.newest, "DATE_FORMAT"),
    }
