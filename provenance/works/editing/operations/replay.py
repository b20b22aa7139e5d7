"""From the parent's pixels through every step to the picture. Pure; numpy when it runs."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from provenance.works.editing.operations.operation import Operation

if TYPE_CHECKING:
    from provenance.works.editing.pixels.canvas import Canvas, Change, Pixels


def replay(canvas: "Canvas", steps: "Iterable[tuple[Operation, Pixels | None]]") -> "Iterator[Change]":
    """What each step did, in order; *steps* are operations with the output's pixels where they need some.

    Raises ``OperationError`` as the steps do.
    """
    for operation, pixels in steps:
        change = operation.apply(canvas, pixels=pixels)
        yield change
        canvas = change.canvas
