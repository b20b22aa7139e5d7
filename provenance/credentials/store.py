"""The manifest store of a signed file as it lies in it: the bytes that ``application/c2pa`` names."""

import io
import struct

from provenance.credentials import jumbf
from provenance.credentials.offline import OFFLINE


def manifest_store(data: bytes, *, media_type: str, label: str) -> bytes:
    """JUMBF of the store in *data*, a file whose active manifest is *label*; empty when there is none.

    Asked for a box that is no resource, the SDK gives the whole store; and so it does for every format.
    """
    import c2pa

    target = io.BytesIO()
    try:
        context = c2pa.Context.from_dict(OFFLINE)
        with c2pa.Reader(media_type, io.BytesIO(data), context=context) as reader:
            reader.resource_to_stream(f"self#jumbf=/c2pa/{label}/c2pa.signature", target)
    except c2pa.C2paError:
        return b""
    return target.getvalue()


def active_alone(store: bytes) -> bytes:
    """*store* with nothing but its active manifest, which is the last in it (C2PA 2.4, 11.1.4.2).

    Raises ``ValueError`` for what is not a manifest store.
    """
    (outer, body) = jumbf.children(store)[0]
    inner = jumbf.children(body)
    manifests = [part for kind, part in inner if kind == b"jumb"]
    if outer != b"jumb" or not manifests:
        raise ValueError("not a manifest store")
    description = next(part for kind, part in inner if kind == b"jumd")
    return _box(b"jumb", _box(b"jumd", description) + _box(b"jumb", manifests[-1]))


def _box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body) + 8) + kind + body
