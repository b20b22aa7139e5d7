"""The few letters a visible label needs, drawn here as strokes. Pure; Pillow only inside the function.

Why not a font: see ``docs/decisions`` on lettering. A glyph is a path of centre lines in a box 100
high (``M`` starts a line, ``L`` goes straight, ``Q`` bends by one control point, as in SVG) and as
wide as its first number says. The stroke is laid around the centre lines afterwards and the whole is
brought back into the box, so that the ink of every letter is exactly as high as was asked.
"""

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from provenance.marking.errors import MarkingError

if TYPE_CHECKING:
    from PIL import Image

Point = tuple[float, float]

_RING = "M50 57 Q78 57 78 79 Q78 100 50 100 Q22 100 22 79 Q22 57 50 57"
_GLYPHS: dict[str, tuple[int, str]] = {
    " ": (30, ""),
    "-": (40, "M6 52 L34 52"),
    ".": (8, "M4 100 L4 100"),
    ":": (8, "M4 100 L4 100 M4 30 L4 30"),
    "/": (40, "M0 100 L40 0"),
    "+": (52, "M0 54 L52 54 M26 28 L26 80"),
    "0": (54, "M27 0 Q54 0 54 50 Q54 100 27 100 Q0 100 0 50 Q0 0 27 0"),
    "1": (22, "M0 22 L22 0 L22 100"),
    "2": (50, "M0 26 Q2 0 26 0 Q49 0 49 25 Q49 44 0 100 L50 100"),
    "3": (50, "M2 0 L48 0 L22 39 Q50 41 50 70 Q50 100 24 100 Q4 100 0 82"),
    "4": (56, "M42 100 L42 0 L0 70 L56 70"),
    "5": (50, "M46 0 L8 0 L4 46 Q12 37 26 37 Q50 37 50 68 Q50 100 24 100 Q6 100 0 84"),
    "6": (52, "M44 0 Q0 34 0 66 Q0 100 26 100 Q52 100 52 71 Q52 43 26 43 Q4 43 0 66"),
    "7": (50, "M0 0 L50 0 L18 100"),
    "8": (
        52,
        "M26 46 Q4 44 4 23 Q4 0 26 0 Q48 0 48 23 Q48 44 26 46 Q0 49 0 73 Q0 100 26 100 Q52 100 52 73 Q52 49 26 46",
    ),
    "9": (52, "M8 100 Q52 66 52 34 Q52 0 26 0 Q0 0 0 29 Q0 57 26 57 Q48 57 52 34"),
    "A": (66, "M0 100 L33 0 L66 100 M12 66 L54 66"),
    "B": (54, "M0 0 L0 100 L28 100 Q54 100 54 73 Q54 48 28 48 L0 48 M28 48 Q49 48 49 24 Q49 0 28 0 L0 0"),
    "C": (58, "M58 22 Q50 0 31 0 Q0 0 0 50 Q0 100 31 100 Q50 100 58 78"),
    "D": (58, "M0 0 L0 100 L24 100 Q58 100 58 50 Q58 0 24 0 L0 0"),
    "E": (48, "M48 0 L0 0 L0 100 L48 100 M0 49 L42 49"),
    "F": (46, "M46 0 L0 0 L0 100 M0 49 L40 49"),
    "G": (60, "M57 21 Q49 0 31 0 Q0 0 0 50 Q0 100 31 100 Q60 100 60 70 L60 54 L36 54"),
    "H": (56, "M0 0 L0 100 M56 0 L56 100 M0 49 L56 49"),
    "I": (8, "M4 0 L4 100"),
    "J": (38, "M38 0 L38 70 Q38 100 18 100 Q2 100 0 78"),
    "K": (54, "M0 0 L0 100 M52 0 L0 60 M20 38 L54 100"),
    "L": (44, "M0 0 L0 100 L44 100"),
    "M": (74, "M0 100 L0 0 L37 66 L74 0 L74 100"),
    "N": (58, "M0 100 L0 0 L58 100 L58 0"),
    "O": (66, "M33 0 Q66 0 66 50 Q66 100 33 100 Q0 100 0 50 Q0 0 33 0"),
    "P": (52, "M0 100 L0 0 L26 0 Q52 0 52 27 Q52 55 26 55 L0 55"),
    "Q": (66, "M33 0 Q66 0 66 50 Q66 100 33 100 Q0 100 0 50 Q0 0 33 0 M40 72 L66 100"),
    "R": (54, "M0 100 L0 0 L26 0 Q52 0 52 27 Q52 55 26 55 L0 55 M28 55 L54 100"),
    "S": (52, "M49 20 Q43 0 26 0 Q2 0 2 24 Q2 44 27 49 Q52 54 52 76 Q52 100 27 100 Q4 100 0 80"),
    "T": (54, "M0 0 L54 0 M27 0 L27 100"),
    "U": (56, "M0 0 L0 64 Q0 100 28 100 Q56 100 56 64 L56 0"),
    "V": (62, "M0 0 L31 100 L62 0"),
    "W": (88, "M0 0 L21 100 L44 18 L67 100 L88 0"),
    "X": (56, "M0 0 L56 100 M56 0 L0 100"),
    "Y": (56, "M0 0 L28 50 L56 0 M28 50 L28 100"),
    "Z": (52, "M0 0 L52 0 L0 100 L52 100"),
    "生": (100, "M28 2 Q22 26 6 44 M20 28 L90 28 M53 0 L53 100 M18 62 L86 62 M0 100 L100 100"),
    "成": (
        100,
        "M14 24 L96 24 M14 24 Q16 76 0 100 M16 52 L42 52 Q42 82 37 87 L26 83 M54 0 Q58 72 88 100 Q94 96 97 76 "
        "M86 42 Q74 76 44 94 M72 2 L86 13",
    ),
    "由": (92, "M0 24 L92 24 L92 100 L0 100 L0 24 M0 62 L92 62 M46 0 L46 100"),
    "생": (96, "M26 2 Q22 30 0 50 M20 26 Q26 40 46 50 M64 2 L64 52 M94 0 L94 54 M64 27 L94 27 " + _RING),
    "성": (96, "M26 2 Q22 30 0 50 M20 26 Q26 40 46 50 M94 0 L94 54 M58 27 L94 27 " + _RING),
    "물": (
        96,
        "M22 0 L74 0 L74 28 L22 28 L22 0 M0 42 L96 42 M48 42 L48 58 M20 58 L76 58 L76 78 L20 78 L20 100 L80 100",
    ),
}
# Stroke widths as a share of the height; ideographs hold more strokes. Never thinner than a pixel.
_WEIGHT, _WEIGHT_OF_MANY, _THINNEST = 0.13, 0.095, 1.15
_GAP = 0.17
_FINER = 4  # drawn this much larger, then averaged down


def spell(text: str) -> str:
    """*text* in the letters there are (capitals). Raises :class:`MarkingError` ``label_letter_missing``."""
    capitals = " ".join(text.upper().split())
    missing = sorted({letter for letter in capitals if letter not in _GLYPHS})
    if missing or not capitals:
        raise MarkingError(
            "label_letter_missing",
            _("The label cannot be drawn: there is no letter for %(letters)s. Use A–Z, 0–9 or a label of a profile.")
            % {"letters": " ".join(missing) or _("an empty text")},
        )
    return capitals


def many_strokes(text: str) -> bool:
    """Whether *text* holds letters that need more pixels than Latin ones to be read."""
    return not text.isascii()


def width(text: str, *, height: int) -> int:
    """How wide *text* becomes in one line when its letters are *height* pixels high."""
    return round(sum(_advance(letter, height) for letter in text) + _GAP * height * (len(text) - 1))


def draw(text: str, *, height: int) -> "Image.Image":
    """*text* (spelt) in one line: a mask (mode ``L``), ``width(text)`` × *height* pixels, ink 255."""
    from PIL import Image, ImageDraw

    wide = max(1, width(text, height=height))
    mask = Image.new("L", (wide * _FINER, height * _FINER))
    pen = ImageDraw.Draw(mask)
    left = 0.0
    for letter in text:
        weight = _weight(letter, height) * height
        for line in _lines(_GLYPHS[letter][1]):
            points = [
                ((left + _inside(x, height, weight)) * _FINER, _inside(y, height, weight) * _FINER) for x, y in line
            ]
            pen.line(points, fill=255, width=round(weight * _FINER), joint="curve")
            radius = weight * _FINER / 2
            for x, y in (points[0], points[-1]):
                pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)
        left += _advance(letter, height) + _GAP * height
    return mask.resize((wide, height), Image.Resampling.BOX)


def _weight(letter: str, height: int) -> float:
    usual = _WEIGHT if letter.isascii() else _WEIGHT_OF_MANY
    return max(usual, min(0.3, _THINNEST / height))


def _advance(letter: str, height: int) -> float:
    weight = _weight(letter, height) * height
    return _GLYPHS[letter][0] / 100 * (height - weight) + (weight if letter != " " else 0)


def _inside(share: float, height: int, weight: float) -> float:
    """A centre-line coordinate (0–100) in pixels, so that the stroke around it stays in the box."""
    return weight / 2 + share / 100 * (height - weight)


def _lines(path: str) -> list[list[Point]]:
    """The polylines of a path; a bend becomes twelve straight pieces."""
    lines: list[list[Point]] = []
    for piece in path.replace("M", "|M").replace("L", "|L").replace("Q", "|Q").split("|")[1:]:
        numbers = [float(number) for number in piece[1:].split()]
        points = list(zip(numbers[::2], numbers[1::2], strict=True))
        if piece[0] == "M":
            lines.append(points)
        elif piece[0] == "L":
            lines[-1] += points
        else:
            (x0, y0), (x1, y1), (x2, y2) = lines[-1][-1], *points
            for step in range(1, 13):
                t = step / 12
                a, b, c = (1 - t) ** 2, 2 * t * (1 - t), t * t
                lines[-1].append((a * x0 + b * x1 + c * x2, a * y0 + b * y1 + c * y2))
    return lines
