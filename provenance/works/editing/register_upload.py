"""Lay an uploaded picture on the version it is said to be made from, and measure what is different."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from generation import blobs, stored_files
from provenance.works.editing import canvases
from provenance.works.editing.contribution import kinds_of
from provenance.works.editing.measure import box_of, mask_png
from provenance.works.editing.models import Declaration
from provenance.works.models import Version

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from provenance.works.editing.pixels.canvas import Mask, Pixels
    from provenance.works.editing.pixels.contribution import Kinds

# Of 255, per channel, after a light blur: above what recompression and resampling do to a picture.
THRESHOLD = 26.0
# A change smaller than this across, in pixels, is noise at an edge.
SMALLEST = 3


@dataclass(frozen=True)
class Measured:
    """``registration`` tells how the upload lies on its parent; ``columns`` are those of the edit's row."""

    pixels: "Pixels"
    kinds: "Kinds"
    registered: bool
    registration: dict[str, Any]
    columns: dict[str, Any]


def measure(declaration: Declaration, *, parent: Version) -> Measured:
    """Register the upload to its parent, by features and pixels, and map what changed.

    A pixel counts as changed where the parent does not reach, or where it differs by more than
    :data:`THRESHOLD`. When the upload is not found on its parent, all of it counts as declared.
    """
    import numpy as np

    from provenance.works.editing.pixels import contribution as maps
    from similarity.matching.registration import Registration, register
    from similarity.pictures import decode

    upload = np.array(decode(blobs.get(declaration.blob)).rgb)
    before = canvases.pixels_of(parent.pixels_blob)
    found = register(upload, before)
    height, width = upload.shape[:2]
    if isinstance(found, Registration):
        changed = _changed(upload, before, found.homography)
        kinds = _carried(kinds_of(parent), found.homography, width=width, height=height)
        kinds[changed] = maps.DECLARED
        registration = {
            "found": True,
            # Nine numbers, row by row: a pixel of the upload to the pixel of the parent.
            "homography": [round(float(value), 9) for value in found.homography.ravel()],
            "agreement": round(found.agreement.mean, 4),
            "inliers": found.inliers,
            "matches": found.matches,
            "threshold": THRESHOLD,
        }
    else:
        changed = np.ones((height, width), bool)
        kinds = maps.whole(width, height, maps.DECLARED)
        registration = {"found": False, "reason": found.reason}
    columns = {
        "width": width,
        "height": height,
        "changed": round(float(changed.mean()), 6),
        "box": box_of(changed),
        "mask": stored_files.keep(mask_png(changed), "png", owner_id=parent.work.owner_id),
    }
    return Measured(upload, kinds, bool(registration["found"]), registration, columns)


def _changed(upload: "Pixels", parent: "Pixels", homography: "NDArray[np.float64]") -> "Mask":
    """True (height × width of the upload) where it differs from the parent laid under it."""
    import cv2
    import numpy as np

    height, width = upload.shape[:2]
    to_upload = np.linalg.inv(_centred(homography))
    scale = np.sqrt(abs(np.linalg.det(homography[:2, :2])))
    # Both at the coarser resolution of the two: what one of them never had cannot have been changed.
    sharp = parent if scale <= 1 else cv2.GaussianBlur(parent, (0, 0), 0.5 * scale)
    laid = cv2.warpPerspective(
        sharp, to_upload, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    reached = cv2.warpPerspective(np.full(parent.shape[:2], 255, np.uint8), to_upload, (width, height)) > 127
    soft = max(1.0, 1.0 / scale)
    a, b = (cv2.GaussianBlur(image, (0, 0), soft).astype(np.float32) for image in (upload, laid))
    # A shift of one pixel at a hard edge is no change: the least difference among the neighbours counts.
    difference = np.full((height, width), np.inf, np.float32)
    for down in (-1, 0, 1):
        for right in (-1, 0, 1):
            moved = np.roll(b, (down, right), axis=(0, 1))
            difference = np.minimum(difference, np.abs(a - moved).max(axis=2))
    kernel = np.ones((SMALLEST, SMALLEST), np.uint8)
    solid = cv2.morphologyEx((difference > THRESHOLD).astype(np.uint8), cv2.MORPH_OPEN, kernel)
    return np.asarray((cv2.dilate(solid, kernel) > 0) | ~reached)


def _carried(kinds: "Kinds", homography: "NDArray[np.float64]", *, width: int, height: int) -> "Kinds":
    """The parent's map in the upload's frame, by nearest neighbour; *unknown* beyond it."""
    import cv2
    import numpy as np

    inverse = np.linalg.inv(_centred(homography))
    laid = cv2.warpPerspective(kinds, inverse, (width, height), flags=cv2.INTER_NEAREST, borderValue=0)
    return np.array(laid, np.uint8)


def _centred(homography: "NDArray[np.float64]") -> "NDArray[np.float64]":
    """From corners at (0, 0) to pixel centres at (0, 0), as OpenCV counts."""
    import numpy as np

    half = np.array([[1.0, 0.0, 0.5], [0.0, 1.0, 0.5], [0.0, 0.0, 1.0]])
    found: NDArray[np.float64] = np.linalg.inv(half) @ homography @ half
    return found
