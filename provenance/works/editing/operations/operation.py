"""What every operation is: validated parameters, JSON, words, and a function from canvas to canvas. Pure.

An operation never looks at a clock, a random number or a file: the same canvas and the same
parameters (and, for AI steps, the same output pixels) give the same bytes again.
"""

import dataclasses
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Self

from provenance.works.editing.operations.checks import MISSING, Check
from provenance.works.editing.operations.errors import OperationError
from provenance.works.editing.operations.errors import gettext_noop as _

if TYPE_CHECKING:
    from provenance.works.editing.pixels.canvas import Canvas, Change, Pixels

HUMAN = "humanEdits"
AI = "compositeWithTrainedAlgorithmicMedia"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Operation(ABC):
    """One step. ``action`` is its C2PA action and ``source_type`` the last part of the IPTC term for it."""

    kind: ClassVar[str]
    action: ClassVar[str]
    source_type: ClassVar[str] = HUMAN
    # Whether layers are merged into the picture first; whether pixels of a job's output are needed.
    merges: ClassVar[bool] = False
    needs_pixels: ClassVar[bool] = False

    def __post_init__(self) -> None:
        for item in dataclasses.fields(self):
            check: Check = item.metadata["check"]
            object.__setattr__(self, item.name, check(item.name, getattr(self, item.name)))
        self.check()

    def check(self) -> None:  # noqa: B027  (most have nothing to say here)
        """Rules about several parameters together. Raises :class:`OperationError`."""

    @classmethod
    def from_parameters(cls, parameters: Mapping[str, Any]) -> Self:
        """Raises :class:`OperationError`: unknown, missing, of a wrong type or out of range."""
        known = {item.name: item for item in dataclasses.fields(cls)}
        for name in parameters:
            if name not in known:
                raise OperationError(
                    "parameter_unknown",
                    _("“%(kind)s” has no parameter “%(name)s”."),
                    field=str(name)[:60],
                    values={"kind": cls.kind, "name": str(name)[:60]},
                )
        for name, item in known.items():
            if name not in parameters and item.default is MISSING:
                raise OperationError(
                    "parameter_missing",
                    _("“%(kind)s” needs the parameter “%(name)s”."),
                    field=name,
                    values={"kind": cls.kind, "name": name},
                )
        return cls(**parameters)

    def parameters(self) -> dict[str, Any]:
        """Every parameter as plain JSON values; ``from_parameters`` makes an equal operation of them."""
        return {item.name: _plain(getattr(self, item.name)) for item in dataclasses.fields(self)}

    @classmethod
    def schema(cls) -> dict[str, Any]:
        """The parameters as JSON Schema."""
        properties = {}
        for item in dataclasses.fields(cls):
            properties[item.name] = item.metadata["check"].schema()
            if item.default is not MISSING:
                properties[item.name]["default"] = _plain(item.default)
        return {
            "type": "object",
            "properties": properties,
            "required": [item.name for item in dataclasses.fields(cls) if item.default is MISSING],
            "additionalProperties": False,
        }

    @abstractmethod
    def apply(self, canvas: "Canvas", *, pixels: "Pixels | None" = None) -> "Change":
        """The canvas after this step. *pixels* are those of a job's output, for steps that need them.

        Raises :class:`OperationError` when the parameters do not fit this canvas.
        """

    @abstractmethod
    def words(self) -> tuple[str, dict[str, Any]]:
        """A sentence template for people and the values it takes (see ``errors.gettext_noop``)."""

    def __str__(self) -> str:
        template, values = self.words()
        return template % values


def _plain(value: Any) -> Any:
    return [_plain(item) for item in value] if isinstance(value, tuple) else value
