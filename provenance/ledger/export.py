"""Events with everything a stranger needs to check them, as one ZIP file."""

import io
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from provenance.ledger import signing_key
from provenance.ledger.chain import canonical
from provenance.ledger.checkpoint import checkpoint
from provenance.ledger.errors import LedgerError
from provenance.ledger.merkle import Tree
from provenance.ledger.models import Checkpoint, CheckpointKey, Event, PersonalValue
from provenance.ledger.rows import entry_of

FORMAT = "colophon-ledger-export/1"
VERIFIER = Path(__file__).with_name("offline_verifier.py")
README = """\
An export of the ledger of {origin}: {what}.

    python verify.py                      checks this folder (or: python verify.py EXPORT.zip)
    python verify.py --file PICTURE       also whether the picture is one the ledger knows
    python verify.py --key PUBLIC.pem     believing only a key you got another way

It needs Python and its package "cryptography", and asks nobody. The key these checkpoints are signed with:
{key}

events.jsonl         what happened, one event a line, with its proof
checkpoints.jsonl    what the service signed about its ledger, the last one covering every event here
export.json, .sig    the signed list of what belongs to this export
disclosures.jsonl    values behind commitments that whoever asked for this export may know
keys/                public keys
"""


@dataclass(frozen=True, kw_only=True)
class Contents:
    """What goes into an export. ``kind`` is work or ledger; ``subject`` a work's id, or empty.

    ``disclosed`` are the personal values its recipient may know; ``files`` describes the signed files.
    """

    kind: str
    subject: str
    events: Sequence[Event]
    disclosed: Sequence[PersonalValue] = ()
    files: Sequence[dict[str, Any]] = ()


def whole_ledger() -> Contents:
    """Every event, nothing disclosed."""
    return Contents(kind="ledger", subject="", events=list(Event.objects.order_by("sequence")))


def export(contents: Contents) -> bytes:
    """The ZIP file. Signs a checkpoint first, so that every event is covered.

    Raises :class:`LedgerError`: ``nothing_to_export``, or as :func:`checkpoint`.
    """
    last = checkpoint()
    if last is None or not contents.events:
        raise LedgerError("nothing_to_export", _("The ledger holds no event of this yet."))
    digests = Event.objects.filter(sequence__lte=last.size).order_by("sequence").values_list("digest", flat=True)
    tree = Tree(bytes.fromhex(digest) for digest in digests.iterator(chunk_size=10_000))
    events = [event for event in contents.events if event.sequence <= last.size]
    checkpoints = _checkpoints(events, last)
    key = signing_key.load_or_make()
    identity = signing_key.fingerprint(key.public_key())
    index = canonical(
        {
            "format": FORMAT,
            "origin": settings.SERVICE_NAME,
            "kind": contents.kind,
            "subject": contents.subject,
            "at": timezone.now().isoformat(timespec="seconds"),
            "size": last.size,
            "root": last.root,
            "events": [[event.sequence, event.digest] for event in events],
            "checkpoints": [[row.size, row.root] for row in checkpoints],
            "files": list(contents.files),
            "key": identity,
        }
    )
    whole = contents.kind == "ledger"
    what = contents.kind if whole else f"{contents.kind} {contents.subject}"
    parts = {
        "README.txt": README.format(
            origin=settings.SERVICE_NAME,
            what=what,
            key=identity,
        ).encode(),
        "verify.py": VERIFIER.read_bytes(),
        "export.json": index,
        "export.sig": key.sign(index).hex().encode(),
        "events.jsonl": _lines(_told(event, None if whole else tree) for event in events),
        "checkpoints.jsonl": _lines(
            {
                "body": row.body,
                "signature": row.signature,
                "key": row.key_id,
                "consistency": [node.hex() for node in tree.consistency(row.size)],
            }
            for row in checkpoints
        ),
        "disclosures.jsonl": _lines(
            {"sequence": row.event_id, "name": row.name, "value": row.value, "salt": row.salt}
            for row in contents.disclosed
        ),
    }
    wanted = {identity, *(row.key_id for row in checkpoints)}
    keys = dict(CheckpointKey.objects.values_list("fingerprint", "public_key"))
    keys.setdefault(identity, signing_key.public_pem(key.public_key()))
    parts |= {f"keys/{name}.pem": keys[name].encode() for name in sorted(wanted)}
    return _zip(parts)


def _checkpoints(events: Sequence[Event], last: Checkpoint) -> list[Checkpoint]:
    """The first checkpoint that covered each event, and the last."""
    sizes = {last.size: last}
    for event in events:
        if not any(size >= event.sequence and row.size != last.size for size, row in sizes.items()):
            row = Checkpoint.objects.filter(size__gte=event.sequence).order_by("size").first()
            if row is not None:
                sizes[row.size] = row
    return [sizes[size] for size in sorted(sizes)]


def _told(event: Event, tree: Tree | None) -> dict[str, Any]:
    told: dict[str, Any] = {"event": vars(entry_of(event)), "digest": event.digest}
    if tree is not None:
        told["proof"] = [node.hex() for node in tree.inclusion(event.sequence - 1)]
    return told


def _lines(values: Iterable[dict[str, Any]]) -> bytes:
    return b"".join(canonical(value) + b"\n" for value in values)


def _zip(parts: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return out.getvalue()
