"""Events with everything a stranger needs to check them, as one ZIP file."""

import io
import uuid
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from provenance.ledger import signing_key, subtrees
from provenance.ledger.append import Person, append
from provenance.ledger.chain import canonical
from provenance.ledger.checkpoint import checkpoint
from provenance.ledger.errors import LedgerError, broken
from provenance.ledger.merkle import Tree, verify_consistency, verify_inclusion
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


def take(contents: Contents, *, by: Person | None) -> bytes:
    """The ZIP file of :func:`export` for *by* (None: an operator); that it was taken is itself an event."""
    data = export(contents)
    with transaction.atomic():
        append(
            key=f"ledger-exported:{uuid.uuid4()}",
            kind="ledger.exported",
            subject=contents.subject or "ledger",
            actor=by or "",
            payload={"bytes": len(data)},
        )
    return data


def export(contents: Contents) -> bytes:
    """The ZIP file. Signs a checkpoint first, so that every event is covered.

    Raises :class:`LedgerError`: ``nothing_to_export``, ``ledger_broken`` when a proof would not hold, or as
    :func:`checkpoint`.
    """
    last = checkpoint()
    if last is None or not contents.events:
        raise LedgerError("nothing_to_export", _("The ledger holds no event of this yet."))
    tree = subtrees.tree_of(last.size)
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
        "events.jsonl": _lines(_told(event, None if whole else _inclusion(tree, event, last)) for event in events),
        "checkpoints.jsonl": _lines(
            {
                "body": row.body,
                "signature": row.signature,
                "key": row.key_id,
                "consistency": [node.hex() for node in _consistency(tree, row, last)],
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
    """The first checkpoint that covered each of *events* (in order), and the last."""
    found: list[Checkpoint] = []
    for event in events:
        if not found or event.sequence > found[-1].size:
            found.append(Checkpoint.objects.filter(size__gte=event.sequence).order_by("size")[:1].get())
    return found if found and found[-1].size == last.size else [*found, last]


def _told(event: Event, proof: Sequence[bytes] | None) -> dict[str, Any]:
    told: dict[str, Any] = {"event": vars(entry_of(event)), "digest": event.digest}
    if proof is not None:
        told["proof"] = [node.hex() for node in proof]
    return told


def _inclusion(tree: Tree, event: Event, last: Checkpoint) -> list[bytes]:
    """No proof leaves that its reader would have to reject."""
    path, leaf, root = tree.inclusion(event.sequence - 1), bytes.fromhex(event.digest), bytes.fromhex(last.root)
    if not verify_inclusion(index=event.sequence - 1, size=last.size, leaf=leaf, path=path, root=root):
        raise broken(event.sequence)
    return path


def _consistency(tree: Tree, row: Checkpoint, last: Checkpoint) -> list[bytes]:
    path, before, after = tree.consistency(row.size), bytes.fromhex(row.root), bytes.fromhex(last.root)
    if not verify_consistency(old=row.size, new=last.size, path=path, old_root=before, new_root=after):
        raise broken(row.size)
    return path


def _lines(values: Iterable[dict[str, Any]]) -> bytes:
    return b"".join(canonical(value) + b"\n" for value in values)


def _zip(parts: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return out.getvalue()
