"""Read a file's credential without believing the file, and without asking anybody outside."""

import hashlib
import io
import json
import os
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any

import structlog

from provenance.credentials import file_type, jumbf, recorded_hash, trust, verdict
from provenance.credentials.formats import media_type
from provenance.credentials.offline import OFFLINE
from provenance.credentials.verdict import Reason, Verdict

log = structlog.get_logger(__name__)

# The description box of a C2PA manifest store: type, then the UUID of C2PA (2.4 §11.1.4.1).
_STORE = b"jumdc2pa" + bytes.fromhex("00110010800000aa00389b71")


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What a file's credential is, and what established that.

    ``manifest`` is the whole manifest store as crJSON (active manifest first), ``{}`` without one; ``store`` is the
    same in the bytes that the SDK verified, where the rest is looked up when somebody wants it.
    ``sdk`` and ``trust_list`` (SHA-256, empty without a list) say by what this can be run again.
    """

    verdict: Verdict
    media_type: str
    sdk: str
    trust_list: str
    manifest: dict[str, Any] = field(default_factory=dict)
    store: bytes = field(default=b"", repr=False)

    @property
    def active(self) -> dict[str, Any]:
        """The active manifest, ``{}`` when there is none."""
        manifests = self.manifest.get("manifests")
        return manifests[0] if isinstance(manifests, list) and manifests and isinstance(manifests[0], dict) else {}

    @property
    def content(self) -> dict[str, Any]:
        """The manifest that tells of the picture: the active one, or the one it updates (a later timestamp, say)."""
        known = {str(it.get("label")): it for it in self.manifest.get("manifests", []) if isinstance(it, dict)}
        return content_of(self.active, known)

    @property
    def label(self) -> str:
        return str(self.active.get("label", ""))

    @cached_property
    def certificate_sha256(self) -> str:
        """SHA-256 of the signing certificate itself, read from the verified signature; empty without one."""
        der = jumbf.signing_certificate(self.store, self.label)
        return hashlib.sha256(der).hexdigest() if der else ""

    @cached_property
    def resources(self) -> dict[str, bytes]:
        """Embedded data of ``content`` (a prompt, a model's passport) by assertion label.

        Taken out of the store at once: the SDK copies the store for each, and a file may name hundreds.
        """
        held = jumbf.embedded_data(self.store, str(self.content.get("label", "")))
        assertions = self.content.get("assertions")
        named = assertions if isinstance(assertions, dict) else {}
        return {name: data for name, data in held.items() if name in named}


def read(data: bytes) -> Reading:
    """Read the credential in *data*, the bytes of an image file.

    Never raises because of the file: whatever the SDK raises becomes a verdict. Raises
    :class:`CredentialError` ``trust_list_unreadable`` when this service is set up wrongly.
    """
    trust_list = trust.load()
    kind = media_type(data)
    about: dict[str, Any] = {"media_type": kind, "sdk": sdk(), "trust_list": trust_list.sha256}
    if not kind:
        reasons = (Reason("format_carries_no_credential"),)
        return Reading(verdict=_unless_remains(Verdict(code=verdict.NONE, reasons=reasons), data), **about)
    try:
        return _read(data, kind, _context(os.getpid(), trust_list), about)
    except Exception as error:
        # The SDK answers damaged files with a dozen exception types, a bare KeyError among them.
        # The text is the SDK's own and names no path of ours.
        found = verdict.of_error(str(error) if _is_sdk_error(error) else f"Other: {type(error).__name__}")
        found = _unless_remains(found, data)
        if not _is_sdk_error(error):
            log.warning("credential_reader_raised", error=repr(error))
        return Reading(verdict=found, **about)


def _unless_remains(found: Verdict, data: bytes) -> Verdict:
    """*found*, but no *none* for a file in which a manifest store lies where its structure does not lead any more.

    One changed byte in a file's first bytes or in a table of boxes would otherwise make a credential vanish.
    """
    if found.code != verdict.NONE or _STORE not in data:
        return found
    if any(reason.code == "remote_credential_not_fetched" for reason in found.reasons):
        return found
    reason = Reason("credential_damaged", "", "a manifest store lies in the file, but nothing leads to it")
    return Verdict(code=verdict.UNREADABLE, reasons=(*found.reasons, reason))


def content_of(manifest: dict[str, Any], known: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """*manifest*, or the first one below it that is no update manifest; *known* are those of the store by label."""
    seen: set[str] = set()
    while manifest.get("isUpdateManifest") is True and str(manifest.get("label")) not in seen:
        seen.add(str(manifest.get("label")))
        bodies = (manifest.get("assertions") or {}).values() if isinstance(manifest.get("assertions"), dict) else ()
        parents = [it for it in bodies if isinstance(it, dict) and it.get("relationship") == "parentOf"]
        reference = parents[0].get("activeManifest") if parents else None
        url = str(reference.get("url", "")) if isinstance(reference, dict) else ""
        below = known.get(url.rpartition("/")[2])
        if below is None:
            break
        manifest = below
    return manifest


def sdk() -> str:
    """Versions of the library that judges, as they are kept with every verdict."""
    return f"c2pa-python {_versions()[0]}, c2pa-rs {_versions()[1]}"


def _read(data: bytes, kind: str, context: Any, about: dict[str, Any]) -> Reading:
    import c2pa

    with c2pa.Reader(kind, io.BytesIO(data), context=context) as reader:
        summary = json.loads(reader.json())
        # ``json()`` wraps numbers in arrays at 256 and drops floats, so content is read from crJSON.
        report = json.loads(reader.crjson())
        results = summary.get("validation_results") or {}
        active = report["manifests"][0]
        hash_matches = None
        if verdict.is_stricter_rule(results):
            hash_matches = recorded_hash.matches(data, active["assertions"].get("c2pa.hash.data") or {})
        found = verdict.of_results(str(summary.get("validation_state")), results, recorded_hash_matches=hash_matches)
        # Asked for a box that is no resource, the SDK gives the whole store, the one it has verified.
        store = _resource(reader, f"self#jumbf=/c2pa/{active['label']}/c2pa.signature")
        content = content_of(active, {str(it["label"]): it for it in report["manifests"]})
        if found.intact and not file_type.holds(data, content):
            changed = Reason("file_type_box_changed", "", "the file type box is not the one that was signed")
            found = Verdict(code=verdict.TAMPERED, reasons=(*found.reasons, changed), broken="pixels")
        return Reading(verdict=found, manifest=report, store=store, **about)


def _resource(reader: Any, uri: str) -> bytes:
    import c2pa

    target = io.BytesIO()
    try:
        reader.resource_to_stream(uri, target)
    except c2pa.C2paError:
        return b""
    return target.getvalue()


@lru_cache(maxsize=2)
def _context(process: int, trust_list: trust.TrustList) -> Any:
    """One context per process and trust list: one made before a fork fails in the child.

    It trusts claim signers only. The SDK does not keep kinds of roots apart, so roots of timestamp
    authorities must never be in here: they would make claim signers trusted.
    """
    import c2pa

    options = {**OFFLINE, "trust": {"user_anchors": trust_list.pem}} if trust_list.pem else OFFLINE
    return c2pa.Context.from_dict(options)


@lru_cache(maxsize=1)
def _versions() -> tuple[str, str]:
    import c2pa

    return str(c2pa.__version__), str(c2pa.sdk_version())


def _is_sdk_error(error: Exception) -> bool:
    import c2pa

    return isinstance(error, c2pa.C2paError)
