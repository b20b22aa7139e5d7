"""The label people see: lettering on a plate at an edge or corner of the picture. Pure; Pillow only inside.

GB 45438-2025 §5.2 asks for text at least 5 % of the picture's shorter side high, at a corner or edge,
and legible. The plate is opaque, so the contrast of the text (18 : 1) never depends on the picture.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from provenance.marking import lettering
from provenance.marking.errors import MarkingError

if TYPE_CHECKING:
    from PIL import Image

PLACES = ("bottom-right", "bottom-left", "top-right", "top-left", "bottom", "top")
# Letters lower than this many pixels cannot be read: of Latin capitals, and of ideographs and hangul.
LEAST_READABLE, LEAST_READABLE_OF_MANY = 7, 11
DARK, LIGHT = (17, 17, 17), (255, 255, 255)
# A round letter's outermost row is only partly covered; this much more keeps its solid part high enough.
_ALLOWANCE = 1.05
# Mean difference (of 255) that a lossy format may leave in the label before it counts as changed.
TOLERANCE = 16.0


@dataclass(frozen=True)
class Box:
    """A rectangle of pixels, from the top left corner of the picture."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True)
class Label:
    """What the label says, where (one of :data:`PLACES`), and the least height of its text as a share of
    the picture's shorter side."""

    text: str
    place: str = "bottom-right"
    share: float = 0.05


@dataclass(frozen=True)
class Labelled:
    """A picture with its label, what that says, the plate's place, and how high the letters are (pixels)."""

    image: "Image.Image"
    text: str
    region: Box
    text_height: int


@dataclass(frozen=True)
class _Layout:
    lines: tuple[str, ...]
    height: int  # of the letters
    padding: int
    leading: int

    @property
    def width(self) -> int:
        return max(lettering.width(line, height=self.height) for line in self.lines) + 2 * self.padding

    @property
    def full_height(self) -> int:
        return len(self.lines) * self.height + (len(self.lines) - 1) * self.leading + 2 * self.padding


def apply(image: "Image.Image", *, label: Label) -> Labelled:
    """A copy of *image* (mode RGB, or RGBA when it had transparency) with *label*; all else stays as it is.

    Raises :class:`MarkingError`: ``label_letter_missing``, or ``picture_too_small_for_label`` when
    readable letters of the height that is asked for do not fit.
    """
    clear = image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info
    labelled = image.convert("RGBA" if clear else "RGB")
    if labelled is image:
        labelled = image.copy()
    text = lettering.spell(label.text)
    layout = _layout(text, label=label, size=image.size)
    box = _placed(layout, place=label.place, size=image.size)
    labelled.paste(_plate(labelled, layout, box), (box.x, box.y))
    return Labelled(image=labelled, text=text, region=box, text_height=layout.height)


def least_height(size: tuple[int, int], *, share: float) -> int:
    """The least height of the text, in pixels, for a picture of *size*."""
    return math.ceil(min(size) * share)


def height_of(label: Label, *, size: tuple[int, int]) -> int:
    """How high the letters of *label* become on a picture of *size*. Raises as :func:`apply` does."""
    return _layout(lettering.spell(label.text), label=label, size=size).height


def check(image: "Image.Image", *, labelled: Labelled) -> None:
    """Whether the label still stands in *image*, the decoded final file.

    Raises :class:`MarkingError` ``label_not_read_back``.
    """
    from PIL import ImageChops, ImageStat

    box = labelled.region
    edges = (box.x, box.y, box.x + box.width, box.y + box.height)
    same = image.size == labelled.image.size
    if same:
        meant, found = labelled.image.convert("RGB").crop(edges), image.convert("RGB").crop(edges)
        same = max(ImageStat.Stat(ImageChops.difference(meant, found)).mean) <= TOLERANCE
    if not same:
        raise MarkingError(
            "label_not_read_back",
            _("The visible label is not in the finished file as it was drawn, so the file was thrown away."),
        )


def _layout(text: str, *, label: Label, size: tuple[int, int]) -> _Layout:
    """The first of: one line, a line for each word, a letter for each line, that fits; large before small."""
    many = lettering.many_strokes(text)
    readable = LEAST_READABLE_OF_MANY if many else LEAST_READABLE
    least = max(readable, least_height(size, share=label.share))
    wanted = max(least, math.ceil(min(size) * label.share * _ALLOWANCE) + 1)
    for height in range(wanted, least - 1, -1):
        for layout in _layouts(text, height):
            if layout.width <= size[0] and layout.full_height <= size[1]:
                return layout
    raise MarkingError(
        "picture_too_small_for_label",
        _("A readable label does not fit on a picture of %(width)d × %(height)d pixels. Make a larger one.")
        % {"width": size[0], "height": size[1]},
    )


def _layouts(text: str, height: int) -> Iterator[_Layout]:
    words, letters = tuple(text.split()), tuple(text.replace(" ", ""))
    for padding in (max(2, round(height * 0.4)), max(1, height // 6)):
        for lines in ((text,), words, letters):
            yield _Layout(lines, height, padding, max(1, round(height * (0.5 if lines is words else 0.22))))


def _placed(layout: _Layout, *, place: str, size: tuple[int, int]) -> Box:
    width, height = layout.width, layout.full_height
    margin = max(0, min(round(layout.height * 0.5), (size[0] - width) // 2, (size[1] - height) // 2))
    x = {"left": margin, "right": size[0] - width - margin}.get(place.rpartition("-")[2], (size[0] - width) // 2)
    y = margin if place.startswith("top") else size[1] - height - margin
    return Box(x, y, width, height)


def _plate(image: "Image.Image", layout: _Layout, box: Box) -> "Image.Image":
    """The plate with its lettering: dark on a light ground where the picture is dark, and the reverse."""
    from PIL import Image, ImageStat

    under = image.crop((box.x, box.y, box.x + box.width, box.y + box.height)).convert("L")
    ground, ink = (LIGHT, DARK) if ImageStat.Stat(under).mean[0] < 96 else (DARK, LIGHT)
    plate = Image.new(image.mode, (box.width, box.height), ground)
    top = layout.padding
    for line in layout.lines:
        mask = lettering.draw(line, height=layout.height)
        plate.paste(ink, ((box.width - mask.width) // 2, top), mask)
        top += layout.height + layout.leading
    return plate
