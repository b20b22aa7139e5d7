"""Which layers a sitting's picture has, read from its steps alone."""

from collections.abc import Iterable
from typing import Any

from provenance.works.editing.models import Edit
from provenance.works.editing.operations.catalogue import OPERATIONS


def layers_of(edits: Iterable[Edit]) -> list[dict[str, Any]]:
    """Name, opacity (0 … 1) and visibility of each, from the lowest to the uppermost."""
    layers: dict[str, dict[str, Any]] = {}
    for edit in edits:
        operation = OPERATIONS.get(edit.operation)
        if operation is not None and operation.merges:
            layers.clear()
        elif edit.operation in ("brush", "text"):
            name = edit.parameters["layer"]
            layers.setdefault(name, {"name": name, "opacity": 1.0, "visible": True})
        elif edit.operation == "layer" and edit.parameters["layer"] in layers:
            layers[edit.parameters["layer"]] |= {
                "opacity": edit.parameters["opacity"],
                "visible": edit.parameters["visible"],
            }
    return list(layers.values())
