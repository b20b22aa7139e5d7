"""A picture of the finding: the query laid over the registered picture, in its place. OpenCV inside."""

import io

import numpy as np
from PIL import Image

from provenance.recovery.recover import Recovered
from similarity.matching.agreement import lay_over
from similarity.matching.features import reduced
from similarity.matching.geometry import overlap, scaling, transform

SIDE = 560
_OUTLINE = (222, 78, 36)


def overlay_png(found: Recovered) -> bytes:
    """PNG: the registered picture pale, and on it the part that the query shows, outlined."""
    import cv2

    registration = found.registration
    parent = reduced(found.parent, side=SIDE)
    scale = scaling(
        parent.shape[1] / registration.parent_size[0],
        parent.shape[0] / registration.parent_size[1],
    )
    canvas = np.round(parent * 0.3 + 255 * 0.7).astype(np.uint8)
    laid = lay_over(found.query, parent, scale @ registration.homography, side=SIDE)
    meeting = overlap(scale @ registration.homography, query=registration.query_size, parent=canvas.shape[1::-1])
    if laid is not None and meeting is not None:
        left, top = np.floor(meeting.in_parent.min(axis=0)).astype(int)
        right, bottom = np.ceil(meeting.in_parent.max(axis=0)).astype(int)
        size = (int(right - left), int(bottom - top))
        over = cv2.resize(laid.query, size, interpolation=cv2.INTER_LINEAR)
        mask = cv2.resize(laid.mask.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST)[..., None]
        part = canvas[top:bottom, left:right]
        canvas[top:bottom, left:right] = np.where(mask > 0, over, part)
        outline = np.round(transform(np.eye(3), meeting.in_parent)).astype(np.int32)
        cv2.polylines(canvas, [outline], True, _OUTLINE, 2, cv2.LINE_AA)
    out = io.BytesIO()
    Image.fromarray(canvas).save(out, "PNG", optimize=True)
    return out.getvalue()
