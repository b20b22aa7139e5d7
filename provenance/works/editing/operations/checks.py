"""The rules of single parameters, written beside the field they hold for. Pure.

Each function makes a dataclass field whose metadata holds a :class:`Check`. A check takes what came
(JSON values, or what an earlier check made of them) and returns the one value that means it, so
that equal operations are equal dataclasses and equal JSON.
"""

import dataclasses
import itertools
import re
from collections.abc import Sequence
from typing import Any, Protocol

from provenance.works.editing.operations.errors import OperationError
from provenance.works.editing.operations.errors import gettext_noop as _

MISSING = dataclasses.MISSING
# No picture is larger on a side; coordinates beyond it are nobody's intention.
LARGEST = 65_535
# More than this is not edited here: every step holds the canvas in memory, layers included.
PIXELS_MAX = 16_000_000
STROKES_MAX, POINTS_MAX = 50, 5_000
TEXT_MAX, LAYER_NAME_MAX, PROMPT_MAX = 500, 40, 2_000

Points = tuple[tuple[float, float], ...]
_COLOUR = re.compile(r"#[0-9a-f]{6}")
# Control characters other than a line break, bidirectional overrides, tags, lone surrogates.
_UNWRITABLE = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufff9-\uffff"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)


class Check(Protocol):
    def __call__(self, name: str, value: Any) -> Any:
        """The value as it is kept. Raises :class:`OperationError` about the parameter *name*."""

    def schema(self) -> dict[str, Any]:
        """The rule as JSON Schema."""


def _field(check: Check, default: Any) -> Any:
    return dataclasses.field(default=default, metadata={"check": check})


def _wrong_type(name: str, what: str) -> OperationError:
    return OperationError(
        "parameter_type", _("“%(name)s” must be %(what)s."), field=name, values={"name": name, "what": what}
    )


def _out_of_range(name: str, low: float, high: float) -> OperationError:
    return OperationError(
        "parameter_range",
        _("“%(name)s” must be from %(low)s to %(high)s."),
        field=name,
        values={"name": name, "low": f"{low:g}", "high": f"{high:g}"},
    )


@dataclasses.dataclass(frozen=True)
class Number:
    low: float
    high: float
    whole: bool = False

    def __call__(self, name: str, value: Any) -> int | float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise _wrong_type(name, _("a whole number") if self.whole else _("a number"))
        if not self.low <= value <= self.high:  # NaN and infinity fail the comparison
            raise _out_of_range(name, self.low, self.high)
        if not self.whole:
            return round(float(value), 4) + 0.0  # -0.0 and 0.0 are the same wish
        if value != int(value):
            raise _wrong_type(name, _("a whole number"))
        return int(value)

    def schema(self) -> dict[str, Any]:
        return {"type": "integer" if self.whole else "number", "minimum": self.low, "maximum": self.high}


@dataclasses.dataclass(frozen=True)
class Switch:
    def __call__(self, name: str, value: Any) -> bool:
        if not isinstance(value, bool):
            raise _wrong_type(name, _("true or false"))
        return value

    def schema(self) -> dict[str, Any]:
        return {"type": "boolean"}


@dataclasses.dataclass(frozen=True)
class Choice:
    words: tuple[str, ...]

    def __call__(self, name: str, value: Any) -> str:
        if not isinstance(value, str) or value not in self.words:
            raise OperationError(
                "parameter_choice",
                _("“%(name)s” must be one of: %(words)s."),
                field=name,
                values={"name": name, "words": ", ".join(self.words)},
            )
        return value

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "enum": list(self.words)}


@dataclasses.dataclass(frozen=True)
class Colour:
    """``#rrggbb``, in lower case."""

    def __call__(self, name: str, value: Any) -> str:
        if not isinstance(value, str) or not _COLOUR.fullmatch(value.lower()):
            raise _wrong_type(name, _("a colour such as #1a2b3c"))
        return value.lower()

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "pattern": "^#[0-9A-Fa-f]{6}$"}


@dataclasses.dataclass(frozen=True)
class Text:
    longest: int
    empty: bool = False

    def __call__(self, name: str, value: Any) -> str:
        if not isinstance(value, str):
            raise _wrong_type(name, _("text"))
        text = value.replace("\r\n", "\n").replace("\r", "\n")
        if len(text) > self.longest:
            raise OperationError(
                "text_too_long",
                _("“%(name)s” has %(length)d characters; at most %(limit)d are taken."),
                field=name,
                values={"name": name, "length": len(text), "limit": self.longest},
            )
        if _UNWRITABLE.search(text):
            raise OperationError(
                "text_characters",
                _("“%(name)s” holds control or invisible characters. Take them out."),
                field=name,
                values={"name": name},
            )
        if not text.strip() and not self.empty:
            raise OperationError(
                "text_empty", _("“%(name)s” is empty. Write something."), field=name, values={"name": name}
            )
        return text

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "minLength": 0 if self.empty else 1, "maxLength": self.longest}


@dataclasses.dataclass(frozen=True)
class Strokes:
    """Lists of ``[x, y]`` in pixels: each list is one line drawn without lifting the pen. May lie outside."""

    least: int = 1

    def __call__(self, name: str, value: Any) -> tuple[Points, ...]:
        if not isinstance(value, Sequence) or isinstance(value, str | bytes):
            raise _wrong_type(name, _("a list of strokes, each a list of [x, y]"))
        if not self.least <= len(value) <= STROKES_MAX:
            raise _out_of_range(f"{name}.length", self.least, STROKES_MAX)
        strokes = tuple(points(f"{name}.{place}", stroke) for place, stroke in enumerate(value))
        if (total := sum(map(len, strokes))) > POINTS_MAX:
            raise OperationError(
                "too_many_points",
                _("The strokes have %(total)d points together; at most %(limit)d are taken in one step."),
                field=name,
                values={"total": total, "limit": POINTS_MAX},
            )
        return strokes

    def schema(self) -> dict[str, Any]:
        point = {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2}
        stroke = {"type": "array", "items": point, "minItems": 1}
        return {"type": "array", "items": stroke, "minItems": self.least, "maxItems": STROKES_MAX}


@dataclasses.dataclass(frozen=True)
class Curve:
    """Control points ``[input, output]`` of 0 … 255 with rising inputs; none is the straight line."""

    most: int = 16

    def __call__(self, name: str, value: Any) -> tuple[tuple[int, int], ...]:
        if not isinstance(value, Sequence) or isinstance(value, str | bytes):
            raise _wrong_type(name, _("a list of [input, output]"))
        if value and not 2 <= len(value) <= self.most:
            raise _out_of_range(f"{name}.length", 2, self.most)
        level = Number(0, 255, whole=True)
        curve = tuple((int(level(name, x)), int(level(name, y))) for x, y in (pair(name, point) for point in value))
        if any(after[0] <= before[0] for before, after in itertools.pairwise(curve)):
            raise OperationError(
                "curve_order",
                _("The points of the curve “%(name)s” must have rising inputs."),
                field=name,
                values={"name": name},
            )
        return curve

    def schema(self) -> dict[str, Any]:
        level = {"type": "integer", "minimum": 0, "maximum": 255}
        point = {"type": "array", "items": level, "minItems": 2, "maxItems": 2}
        return {"type": "array", "items": point, "maxItems": self.most}


def pair(name: str, value: Any) -> tuple[Any, Any]:
    if not isinstance(value, Sequence) or isinstance(value, str | bytes) or len(value) != 2:
        raise _wrong_type(name, _("made of [x, y] pairs"))
    return value[0], value[1]


def points(name: str, value: Any) -> Points:
    """One stroke: at least a point, in hundredths of a pixel."""
    if not isinstance(value, Sequence) or isinstance(value, str | bytes) or not value:
        raise _wrong_type(name, _("a list of [x, y]"))
    if len(value) > POINTS_MAX:
        raise _out_of_range(f"{name}.length", 1, POINTS_MAX)
    found = []
    for point in value:
        x, y = pair(name, point)
        for coordinate in (x, y):
            if isinstance(coordinate, bool) or not isinstance(coordinate, int | float):
                raise _wrong_type(name, _("made of numbers"))
            if not abs(coordinate) <= LARGEST:  # as NaN and infinity; whole numbers may be too large for a float
                raise _out_of_range(name, -LARGEST, LARGEST)
        found.append((round(float(x), 2) + 0.0, round(float(y), 2) + 0.0))
    return tuple(found)


def number(low: float, high: float, default: Any = MISSING) -> Any:
    return _field(Number(low, high), default)


def whole(low: int, high: int, default: Any = MISSING) -> Any:
    return _field(Number(low, high, whole=True), default)


def switch(default: Any = MISSING) -> Any:
    return _field(Switch(), default)


def choice(*words: str, default: Any = MISSING) -> Any:
    return _field(Choice(words), default)


def colour(default: Any = MISSING) -> Any:
    return _field(Colour(), default)


def letters(longest: int, default: Any = MISSING, *, empty: bool = False) -> Any:
    return _field(Text(longest, empty), default)


def strokes(default: Any = MISSING) -> Any:
    return _field(Strokes(0 if default == () else 1), default)


def curve(default: Any = ()) -> Any:
    return _field(Curve(), default)
