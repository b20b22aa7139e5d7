"""One XMP packet in a TIFF, by adding to the file and moving nothing. Pure.

TIFF 6.0 §2: a header names the first directory (IFD), whose entries name everything by its place in
the file. A new copy of that directory with tag 700 (XMP part 3 §3.2.3) is appended, and the header
points to it; the picture's strips stay where they are. BigTIFF (a 64-bit variant) is refused.
"""

import struct

XMP_TAG = 700
_BYTE, _ENTRY = 1, 12


def put_xmp(data: bytes, packet: bytes) -> bytes:
    """Replace or add the packet. A former packet is blanked where it stood, so that it is gone.

    Raises ``ValueError`` when *data* is no TIFF with a readable first directory.
    """
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(data[:4])
    if order is None:
        raise ValueError("not a classic TIFF")
    (start,) = struct.unpack_from(f"{order}I", data, 4) if len(data) >= 8 else (0,)
    if not 8 <= start <= len(data) - 6:
        raise ValueError("the first directory is outside the file")
    (count,) = struct.unpack_from(f"{order}H", data, start)
    end = start + 2 + count * _ENTRY
    if not count or end + 4 > len(data):
        raise ValueError("the first directory is cut off")
    file = bytearray(data)
    entries: dict[int, bytes] = {}
    for at in range(start + 2, end, _ENTRY):
        tag, kind, size, place = struct.unpack_from(f"{order}HHII", data, at)
        if tag == XMP_TAG and kind in (1, 7) and size > 4 and 8 <= place <= place + size <= len(data):
            file[place : place + size] = b" " * size
        entries[tag] = data[at : at + _ENTRY]
    file += b"\0" * (-len(file) % 2)
    entries[XMP_TAG] = struct.pack(f"{order}HHII", XMP_TAG, _BYTE, len(packet), len(file))
    file += packet + b"\0" * (len(packet) % 2)
    struct.pack_into(f"{order}I", file, 4, len(file))
    # §2: entries stand in ascending order of their tags.
    file += struct.pack(f"{order}H", len(entries)) + b"".join(entries[tag] for tag in sorted(entries))
    file += data[end : end + 4]
    return bytes(file)
