"""All operations by name, and from JSON to operation and back. Pure."""

from collections.abc import Mapping
from typing import Any

from provenance.works.editing.operations.errors import OperationError
from provenance.works.editing.operations.errors import gettext_noop as _
from provenance.works.editing.operations.frame import Crop, Flip, Rotate, Straighten
from provenance.works.editing.operations.generated import ImageToImage, Inpaint, Variation
from provenance.works.editing.operations.operation import Operation
from provenance.works.editing.operations.paint import Brush, Eraser, SetLayer, Write
from provenance.works.editing.operations.retouch import Clone, Heal
from provenance.works.editing.operations.tone import Adjust, Curves

OPERATIONS: dict[str, type[Operation]] = {
    operation.kind: operation
    for operation in (
        *(Crop, Rotate, Straighten, Flip),
        *(Adjust, Curves),
        *(Brush, Eraser, Write, SetLayer),
        *(Clone, Heal),
        *(Inpaint, ImageToImage, Variation),
    )
}


def operation_from(kind: object, parameters: object) -> Operation:
    """The operation *kind* with *parameters* as they came from outside.

    Raises :class:`OperationError`: ``operation_unknown``, ``parameters_type`` and those of the checks.
    """
    found = OPERATIONS.get(kind) if isinstance(kind, str) else None
    if found is None:
        raise OperationError(
            "operation_unknown",
            _("There is no such operation. There are: %(kinds)s."),
            field="operation",
            values={"kinds": ", ".join(OPERATIONS)},
        )
    if not isinstance(parameters, Mapping):
        raise OperationError("parameters_type", _("The parameters must be a JSON object."), field="parameters")
    return found.from_parameters(parameters)


def schemas() -> list[dict[str, Any]]:
    """What each operation takes, for a page that builds its controls from it."""
    return [
        {
            "operation": kind,
            "action": operation.action,
            "source_type": operation.source_type,
            "by_model": operation.needs_pixels,
            "merges_layers": operation.merges,
            "parameters": operation.schema(),
        }
        for kind, operation in OPERATIONS.items()
    ]
