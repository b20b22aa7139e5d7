"""Pictures as answers of the API."""

import io
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rest_framework.renderers import BaseRenderer

if TYPE_CHECKING:
    from provenance.works.editing.pixels.canvas import Pixels


class PngRenderer(BaseRenderer):
    """Bytes as they are. An error asked for as a picture is answered as JSON."""

    media_type = "image/png"
    format = "png"
    charset = None
    render_style = "binary"

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Mapping[str, Any] | None = None
    ) -> bytes:
        if isinstance(data, bytes):
            return data
        if renderer_context and (response := renderer_context.get("response")) is not None:
            response["Content-Type"] = "application/json"
        return json.dumps(data, default=str).encode()


def png_of(pixels: "Pixels", *, longest: int = 0) -> bytes:
    """*pixels* as PNG; with *longest*, scaled down so that no side is longer."""
    from PIL import Image

    image = Image.fromarray(pixels)
    if longest and max(image.size) > longest:
        image.thumbnail((longest, longest), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    # Quick rather than small: it is looked at once.
    image.save(out, "PNG", compress_level=1)
    return out.getvalue()
