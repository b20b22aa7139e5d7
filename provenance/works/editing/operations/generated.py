"""Steps a model makes: inpaint, image to image, variation. Pure; the pixels come from a job's output.

The parameters are what the model is asked for; the job and output they led to stand on the step's
row. The words tell no prompt: it may be private. Layers are merged first, because the model sees what a person sees.
"""

import dataclasses
from typing import TYPE_CHECKING, Any, ClassVar

from provenance.works.editing.operations.checks import PROMPT_MAX, Points, letters, number, strokes, whole
from provenance.works.editing.operations.errors import OperationError
from provenance.works.editing.operations.errors import gettext_noop as _
from provenance.works.editing.operations.operation import AI, Operation
from provenance.works.editing.operations.paint import SIZE_MAX

if TYPE_CHECKING:
    from provenance.works.editing.pixels.canvas import Canvas, Change, Ink, Pixels

MODEL_MAX, SEED_MAX_DIGITS = 200, 20


@dataclasses.dataclass(frozen=True, kw_only=True)
class Generated(Operation):
    """What every AI step asks for. Empty text and zero stand for the model's own or a random choice."""

    action: ClassVar[str] = "c2pa.edited"
    source_type: ClassVar[str] = AI
    merges: ClassVar[bool] = True
    needs_pixels: ClassVar[bool] = True
    job_operation: ClassVar[str]
    prompt: str = letters(PROMPT_MAX)
    negative_prompt: str = letters(PROMPT_MAX, "", empty=True)
    model: str = letters(MODEL_MAX, "", empty=True)
    seed: str = letters(SEED_MAX_DIGITS, "", empty=True)
    steps: int = whole(0, 150, 0)
    guidance: float = number(0, 30, 0.0)
    strength: float = number(0.05, 1, 0.6)

    def selection(self, canvas: "Canvas") -> "Ink | None":
        """How much of each pixel the model may redraw (0 … 255); None is all of it."""
        return None

    def apply(self, canvas: "Canvas", *, pixels: "Pixels | None" = None) -> "Change":
        import numpy as np

        from provenance.works.editing.pixels.canvas import Canvas, Change, over
        from provenance.works.editing.pixels.geometry import Geometry

        flat = canvas.merged()
        if pixels is None or pixels.shape != flat.base.shape:
            raise OperationError("pixels_missing", _("The pictures this step was made from are not at hand."))
        ink = self.selection(flat)
        after = pixels if ink is None else over(flat.base, pixels, ink)
        changed = np.ones(flat.base.shape[:2], bool) if ink is None else ink > 0
        return Change(Canvas(after), changed, Geometry.same(flat.width, flat.height), "ai")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Inpaint(Generated):
    """Redraw what the mask strokes cover. Every other pixel stays as it is, exactly."""

    kind: ClassVar[str] = "inpaint"
    job_operation: ClassVar[str] = "inpaint"
    mask: tuple[Points, ...] = strokes()
    mask_size: float = number(1, SIZE_MAX, 64.0)
    mask_hardness: float = number(0, 1, 0.9)
    strength: float = number(0.05, 1, 1.0)

    def selection(self, canvas: "Canvas") -> "Ink | None":
        from provenance.works.editing.pixels.strokes import ink

        return ink(
            self.mask,
            width=canvas.width,
            height=canvas.height,
            size=self.mask_size,
            hardness=self.mask_hardness,
            opacity=1,
        )

    def words(self) -> tuple[str, dict[str, Any]]:
        return _("A model redrew a part of the picture."), {}


@dataclasses.dataclass(frozen=True, kw_only=True)
class ImageToImage(Generated):
    """Redraw the whole picture towards a prompt; *strength* says how far."""

    kind: ClassVar[str] = "image_to_image"
    job_operation: ClassVar[str] = "img2img"

    def words(self) -> tuple[str, dict[str, Any]]:
        return _("A model redrew the picture at strength %(strength)g."), {"strength": self.strength}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Variation(Generated):
    """Another picture like this one. An empty prompt is the one of the picture's own job."""

    kind: ClassVar[str] = "variation"
    job_operation: ClassVar[str] = "img2img"
    prompt: str = letters(PROMPT_MAX, "", empty=True)
    strength: float = number(0.05, 1, 0.4)

    def words(self) -> tuple[str, dict[str, Any]]:
        return _("A model made a variation at strength %(strength)g."), {"strength": self.strength}
