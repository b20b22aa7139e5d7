"""The editor's tools as plain forms: what can be drawn with a pointer can be typed here, and both end in one step.

A form only turns what people type into an operation's parameters; the rules are those of
``provenance.works.editing.operations``.
"""

import re
from collections.abc import Iterable
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

Point = tuple[float, float]
STROKES_TEXT_MAX = 200_000
_PAIR = re.compile(r"(-?\d+(?:\.\d+)?),(-?\d+(?:\.\d+)?)")


def points_of(line: str) -> list[Point]:
    """``"1,2 3,4.5"`` as ``[(1, 2), (3, 4.5)]``. Raises ``ValueError`` for anything else."""
    found = []
    for word in line.split():
        pair = _PAIR.fullmatch(word)
        if pair is None:
            raise ValueError(word)
        found.append((float(pair[1]), float(pair[2])))
    return found


def line_of(points: Iterable[Iterable[float]]) -> str:
    """The other way round."""
    return " ".join(",".join(f"{value:g}" for value in point) for point in points)


class StrokesField(forms.CharField):
    """One stroke a line, each a row of points: ``10,20 30,40``. The page draws into the same text."""

    def __init__(self, **options: Any) -> None:
        rows = forms.Textarea(attrs={"rows": 2, "spellcheck": "false", "autocomplete": "off", "data-strokes": ""})
        super().__init__(widget=rows, max_length=STROKES_TEXT_MAX, **options)
        self.error_messages["required"] = _("Nothing is drawn yet: draw on the picture, or write points here.")

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value) or ""
        try:
            return [points for line in text.splitlines() if (points := points_of(line))]
        except ValueError as error:
            raise ValidationError(
                _("“%(word)s” is not a point. Write points as 10,20 with a space between two."),
                params={"word": str(error)[:40]},
            ) from error

    def run_validators(self, value: Any) -> None:
        """The length was the widget's; how many strokes and points may be is the operation's rule."""

    def clean(self, value: Any) -> Any:
        if value and len(value) > STROKES_TEXT_MAX:
            raise ValidationError(_("That is too much to draw in one step."))
        return super().clean(value)


class CurveField(forms.CharField):
    """Levels in and out: ``0,0 128,150 255,255``."""

    def to_python(self, value: Any) -> Any:
        try:
            return [[round(x), round(y)] for x, y in points_of(super().to_python(value) or "")]
        except (ValueError, OverflowError) as error:
            raise ValidationError(
                _("“%(word)s” is not a point. Write levels from 0 to 255 as 128,150."),
                params={"word": str(error)[:40]},
            ) from error

    def run_validators(self, value: Any) -> None:
        """The points are the operation's to judge."""


def number(label: Any, *, initial: float | None = None, step: str = "1", **options: Any) -> forms.FloatField:
    field = forms.FloatField(label=label, initial=initial, **options)
    field.widget.attrs |= {"step": step, "inputmode": "decimal"}
    return field


def slider(label: Any, low: float, high: float, *, initial: float, step: str = "1", **options: Any) -> forms.FloatField:
    """A number that the page puts a slider beside."""
    field = number(label, initial=initial, step=step, min_value=low, max_value=high, **options)
    field.widget.attrs |= {"data-slider": ""}
    return field


def pixels(label: Any, low: int = 0) -> forms.IntegerField:
    return forms.IntegerField(label=label, min_value=low, widget=forms.NumberInput(attrs={"inputmode": "numeric"}))


def colour(initial: str) -> forms.CharField:
    return forms.CharField(label=_("Colour"), initial=initial, widget=forms.TextInput(attrs={"type": "color"}))


def layer(initial: str) -> forms.CharField:
    names = forms.TextInput(attrs={"list": "layer-names", "autocomplete": "off"})
    return forms.CharField(label=_("Layer"), initial=initial, max_length=40, widget=names)


class ToolForm(forms.Form):
    """One tool. ``operation`` is what its step is called; fields have the names of its parameters."""

    operation: ClassVar[str]

    def step(self) -> tuple[str, dict[str, Any]]:
        """Operation and parameters, once the form is valid; empty fields are left to the operation's default."""
        given = {name: value for name, value in self.cleaned_data.items() if value is not None and value != ""}
        return self.operation, given


class CropForm(ToolForm):
    operation = "crop"
    x = pixels(_("From the left"))
    y = pixels(_("From the top"))
    width = pixels(_("Width"), 1)
    height = pixels(_("Height"), 1)


class TurnForm(ToolForm):
    """Quarter turns and mirrors by a button each, other angles by number."""

    operation = "rotate"
    QUICK: ClassVar[dict[str, tuple[str, dict[str, Any]]]] = {
        "left": ("rotate", {"angle": -90}),
        "right": ("rotate", {"angle": 90}),
        "half": ("rotate", {"angle": 180}),
        "mirror": ("flip", {"axis": "horizontal"}),
        "flip": ("flip", {"axis": "vertical"}),
    }
    quick = forms.CharField(required=False, widget=forms.HiddenInput)
    angle = slider(_("Clockwise, in degrees"), -180, 180, initial=0, step="0.1", required=False)
    expand = forms.BooleanField(label=_("Let the frame grow with it"), required=False, initial=True)
    fill = colour("#ffffff")
    fill.label = _("Colour of the corners")
    fill.required = False

    def clean(self) -> dict[str, Any]:
        quick = self.cleaned_data.get("quick")
        if quick and quick not in self.QUICK:
            raise ValidationError(_("There is no such turn."))
        if not quick and not self.cleaned_data.get("angle"):
            raise ValidationError(_("Choose an angle, or one of the buttons."))
        return self.cleaned_data

    def step(self) -> tuple[str, dict[str, Any]]:
        if quick := self.cleaned_data.get("quick"):
            return self.QUICK[quick]
        operation, given = super().step()
        given.pop("quick", None)
        return operation, given


class StraightenForm(ToolForm):
    operation = "straighten"
    angle = slider(_("Clockwise, in degrees"), -45, 45, initial=0, step="0.1")

    def clean_angle(self) -> float:
        angle: float = self.cleaned_data["angle"]
        if angle == 0:
            raise ValidationError(_("At 0° nothing would change: draw along the horizon, or give an angle."))
        return angle


class AdjustForm(ToolForm):
    operation = "adjust"
    exposure = slider(_("Exposure, in stops"), -5, 5, initial=0, step="0.05")
    contrast = slider(_("Contrast"), -100, 100, initial=0)
    saturation = slider(_("Saturation"), -100, 100, initial=0)
    temperature = slider(_("Temperature"), -100, 100, initial=0)


class CurvesForm(ToolForm):
    operation = "curves"
    rgb = CurveField(label=_("All channels"), required=False)
    red = CurveField(label=_("Red"), required=False)
    green = CurveField(label=_("Green"), required=False)
    blue = CurveField(label=_("Blue"), required=False)

    def step(self) -> tuple[str, dict[str, Any]]:
        return self.operation, {name: points for name, points in self.cleaned_data.items() if points}


class PenForm(ToolForm):
    """What all pens share."""

    strokes = StrokesField(label=_("Strokes, as points in pixels"))
    size = slider(_("Size, in pixels"), 1, 1024, initial=24)
    hardness = slider(_("Hardness"), 0, 1, initial=0.8, step="0.05")
    opacity = slider(_("Opacity"), 0.01, 1, initial=1, step="0.01")


class BrushForm(PenForm):
    operation = "brush"
    colour = colour("#b32a1e")
    layer = layer("paint")
    field_order = ("colour", "size", "hardness", "opacity", "layer", "strokes")


class EraserForm(PenForm):
    operation = "eraser"
    layer = layer("paint")
    field_order = ("size", "hardness", "opacity", "layer", "strokes")


class WriteForm(ToolForm):
    operation = "text"
    text = forms.CharField(label=_("Text"), max_length=500, strip=False, widget=forms.Textarea(attrs={"rows": 2}))
    x = number(_("From the left"), initial=16)
    y = number(_("From the top"), initial=16)
    size = forms.IntegerField(label=_("Size, in pixels"), initial=32, min_value=6, max_value=1024)
    weight = forms.TypedChoiceField(
        label=_("Weight"),
        coerce=int,
        initial=400,
        choices=((300, _("light")), (400, _("regular")), (600, _("semi-bold")), (800, _("bold"))),
    )
    colour = colour("#000000")
    opacity = slider(_("Opacity"), 0.01, 1, initial=1, step="0.01")
    layer = layer("text")


class RetouchForm(PenForm):
    dx = forms.IntegerField(label=_("Take from, to the right by"), initial=0)
    dy = forms.IntegerField(label=_("Take from, downwards by"), initial=0)
    field_order = ("size", "hardness", "opacity", "dx", "dy", "strokes")

    def clean(self) -> dict[str, Any]:
        if not self.cleaned_data.get("dx") and not self.cleaned_data.get("dy"):
            raise ValidationError(
                _("Choose where to take from: hold Alt and press on the picture, or give a distance.")
            )
        return self.cleaned_data


class CloneForm(RetouchForm):
    operation = "clone"


class HealForm(RetouchForm):
    operation = "heal"


class ModelForm(ToolForm):
    """What every AI step asks for."""

    prompt = forms.CharField(
        label=_("What should be there"), max_length=2000, strip=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    strength = slider(_("How far from what is there"), 0.05, 1, initial=0.6, step="0.05")
    negative_prompt = forms.CharField(
        label=_("What should not be in it"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 1})
    )
    seed = forms.CharField(
        label=_("Seed"), required=False, max_length=20, widget=forms.TextInput(attrs={"inputmode": "numeric"})
    )
    steps = forms.IntegerField(label=_("Steps"), required=False, min_value=1, max_value=150)
    guidance = number(_("Guidance"), required=False, step="any", min_value=0, max_value=30)
    MORE = ("negative_prompt", "seed", "steps", "guidance")


class InpaintForm(ModelForm):
    operation = "inpaint"
    mask = StrokesField(label=_("Mask, as points in pixels"))
    mask_size = slider(_("Size of the mask's pen, in pixels"), 1, 1024, initial=64)
    mask_hardness = slider(_("Hardness of its rim"), 0, 1, initial=0.9, step="0.05")
    strength = slider(_("How far from what is there"), 0.05, 1, initial=1, step="0.05")
    field_order = ("prompt", "mask_size", "mask_hardness", "strength", "mask")


class RedrawForm(ModelForm):
    operation = "image_to_image"


class VariationForm(ModelForm):
    operation = "variation"
    prompt = forms.CharField(
        label=_("What should be there"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Left empty: the words the picture was made from."),
    )
    strength = slider(_("How far from what is there"), 0.05, 1, initial=0.4, step="0.05")


class LayerForm(ToolForm):
    """Beside each layer in the list, its opacity in per cent."""

    operation = "layer"
    layer = forms.CharField(max_length=40)
    opacity = forms.FloatField(min_value=0, max_value=100)
    visible = forms.BooleanField(required=False)

    def step(self) -> tuple[str, dict[str, Any]]:
        given = self.cleaned_data
        return self.operation, {**given, "opacity": given["opacity"] / 100}
