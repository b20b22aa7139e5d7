"""A picture as a file of the format somebody asked for. Pure; Pillow only inside the function."""

import io
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from PIL import Image

SUFFIXES = {
    "image/png": "png",
    "image/jpeg": "jpg",
    "image/webp": "webp",
    "image/avif": "avif",
    "image/tiff": "tif",
}
# Pillow's options. JPEG without colour subsampling: thin strokes of a label stay sharp.
_OPTIONS: dict[str, tuple[str, dict[str, Any]]] = {
    "image/png": ("PNG", {}),
    "image/jpeg": ("JPEG", {"quality": 93, "subsampling": 0}),
    "image/webp": ("WEBP", {"quality": 93, "method": 2}),
    "image/avif": ("AVIF", {"quality": 85, "speed": 9}),
    "image/tiff": ("TIFF", {"compression": "tiff_adobe_deflate"}),
}
LOSSY = ("image/jpeg", "image/webp", "image/avif")


def encode(image: "Image.Image", *, media_type: str) -> bytes:
    """*image* as a file of *media_type* (a key of :data:`SUFFIXES`), without any metadata but its colour profile.

    JPEG has no transparency: clear parts are laid on white.
    """
    kind, options = _OPTIONS[media_type]
    clear = image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info
    picture = image.convert("RGBA" if clear else "RGB")
    if clear and kind == "JPEG":
        from PIL import Image

        ground = Image.new("RGBA", picture.size, (255, 255, 255, 255))
        picture = Image.alpha_composite(ground, picture).convert("RGB")
    picture.info = {}
    out = io.BytesIO()
    profile = image.info.get("icc_profile")
    picture.save(out, kind, **options, **({"icc_profile": profile} if profile else {}))
    return out.getvalue()


def quality(media_type: str) -> int | None:
    """The quality number a lossy format is written with, for the credential; None where nothing is lost."""
    return _OPTIONS[media_type][1].get("quality")
