"""The editor's tools, in the order of the toolbar."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from provenance.web import tool_forms
from provenance.web.tool_forms import ToolForm


@dataclass(frozen=True)
class Tool:
    """``go`` is what its button says; ``pen`` whether it draws strokes on the picture."""

    name: str
    label: Promise
    hint: Promise
    go: Promise
    form: type[ToolForm]
    pen: bool = False
    by_model: bool = False


TOOLS: dict[str, Tool] = {
    tool.name: tool
    for tool in (
        Tool(
            "crop",
            _("Crop"),
            _("Drag the frame on the picture, or type where it lies. Sizes are pixels."),
            _("Crop"),
            tool_forms.CropForm,
        ),
        Tool("turn", _("Turn"), _("Quarter turns and mirrors lose nothing."), _("Turn"), tool_forms.TurnForm),
        Tool(
            "straighten",
            _("Straighten"),
            _("Draw a line along what should be level or upright. What stays full is kept."),
            _("Straighten"),
            tool_forms.StraightenForm,
        ),
        Tool(
            "adjust",
            _("Light and colour"),
            _("What you see changes at once; it is kept when you apply it."),
            _("Apply"),
            tool_forms.AdjustForm,
        ),
        Tool(
            "curves",
            _("Curves"),
            _("Press on the line to add a point and drag it; Delete takes it away."),
            _("Apply"),
            tool_forms.CurvesForm,
        ),
        Tool(
            "brush",
            _("Brush"),
            _("Paint on the picture. What you paint lies on a layer and is saved as you pause."),
            _("Keep the strokes"),
            tool_forms.BrushForm,
            pen=True,
        ),
        Tool(
            "eraser",
            _("Eraser"),
            _("Takes away what was painted on a layer. The picture below is never erased."),
            _("Keep the strokes"),
            tool_forms.EraserForm,
            pen=True,
        ),
        Tool("text", _("Text"), _("Press where it should begin, and drag it about."), _("Write"), tool_forms.WriteForm),
        Tool(
            "clone",
            _("Clone"),
            _("Hold Alt and press where to take from, then paint."),
            _("Keep the strokes"),
            tool_forms.CloneForm,
            pen=True,
        ),
        Tool(
            "heal",
            _("Heal"),
            _("As clone, but the light of the place stays. Hold Alt and press where to take from."),
            _("Keep the strokes"),
            tool_forms.HealForm,
            pen=True,
        ),
        Tool(
            "inpaint",
            _("Redraw a part"),
            _("Paint over what a model should draw anew. Everything else stays exactly as it is."),
            _("Redraw this part"),
            tool_forms.InpaintForm,
            pen=True,
            by_model=True,
        ),
        Tool(
            "redraw",
            _("Redraw it all"),
            _("A model draws the whole picture anew, towards your words."),
            _("Redraw the picture"),
            tool_forms.RedrawForm,
            by_model=True,
        ),
        Tool(
            "variation",
            _("Variation"),
            _("Another picture like this one."),
            _("Make a variation"),
            tool_forms.VariationForm,
            by_model=True,
        ),
    )
}


@dataclass(frozen=True)
class Panel:
    """A tool with its form; ``first`` fields stand open, ``folded`` ones under "More"."""

    tool: Tool
    form: ToolForm

    @property
    def first(self) -> list[forms.BoundField]:
        return [field for field in self.form.visible_fields() if field.name not in self._later]

    @property
    def folded(self) -> list[forms.BoundField]:
        return [field for field in self.form.visible_fields() if field.name in self._later]

    @property
    def folded_open(self) -> bool:
        return any(field.errors for field in self.folded)

    @property
    def drawn(self) -> list[forms.BoundField]:
        """What the pointer fills in: numbers for those who have none."""
        return [field for field in self.form.visible_fields() if field.name in ("strokes", "mask")]

    @property
    def _later(self) -> tuple[str, ...]:
        return (*getattr(self.form, "MORE", ()), "strokes", "mask")


def panel(tool: Tool, *, data: Mapping[str, Any] | None = None, width: int, height: int) -> Panel:
    """*tool* with what was typed, or its first values for a picture of *width* × *height* pixels."""
    initial = {"width": width, "height": height, "x": 0, "y": 0} if tool.name == "crop" else {}
    if tool.name == "text":
        initial = {"size": max(12, round(min(width, height) / 10))}
    if tool.pen:
        initial = {"size": max(4, round(min(width, height) / 24)), "mask_size": max(8, round(min(width, height) / 6))}
    return Panel(tool, tool.form(data, auto_id=f"{tool.name}-%s", initial=initial))
