"""Small pictures out of a manifest store, drawn anew: nothing a stranger encoded is passed on."""

import base64
import io
import os
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import structlog

from provenance.credentials.formats import media_type
from provenance.credentials.offline import OFFLINE

log = structlog.get_logger(__name__)

SIDE = 96
MOST = 24
LARGEST = 2_000_000
MOST_PIXELS = 4_000_000


def thumbnails(data: bytes, addresses: Iterable[str]) -> dict[str, str]:
    """``address → data: URI`` (WebP, at most 96 pixels a side) for those that can be shown; the first 24.

    *addresses* are JUMBF addresses within the store of *data*. Never raises because of the file.
    """
    import c2pa

    found: dict[str, str] = {}
    wanted = list(dict.fromkeys(filter(None, addresses)))[:MOST]
    kind = media_type(data)
    if not wanted or not kind:
        return found
    try:
        with c2pa.Reader(kind, io.BytesIO(data), context=_context(os.getpid())) as reader:
            for address in wanted:
                small = _small(_resource(reader, address))
                if small:
                    found[address] = small
    except Exception as error:
        # The verdict has said what there is to say about the file.
        log.info("thumbnails_unreadable", error=type(error).__name__)
    return found


def _resource(reader: Any, address: str) -> bytes:
    import c2pa

    out = io.BytesIO()
    try:
        reader.resource_to_stream(address, out)
    except c2pa.C2paError:
        return b""
    return out.getvalue()


def _small(data: bytes) -> str:
    from PIL import Image

    if not data or len(data) > LARGEST:
        return ""
    try:
        with Image.open(io.BytesIO(data), formats=["JPEG", "PNG", "WEBP"]) as image:
            if image.width * image.height > MOST_PIXELS:
                return ""
            image.draft("RGB", (SIDE * 2, SIDE * 2))
            small = image.convert("RGB")
            small.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
    except Exception as error:
        # Pillow's decoders raise a dozen types on hostile content.
        log.info("thumbnail_unreadable", error=type(error).__name__)
        return ""
    out = io.BytesIO()
    small.save(out, "WEBP", quality=80)
    return f"data:image/webp;base64,{base64.b64encode(out.getvalue()).decode()}"


@lru_cache(maxsize=1)
def _context(process: int) -> Any:
    import c2pa

    return c2pa.Context.from_dict(OFFLINE)
