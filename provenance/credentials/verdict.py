"""From what the SDK found to one verdict with its reasons. Pure.

============  ===================================================================================
trusted       intact, and the signer's certificate leads to a root on our trust list
valid         intact, the signer is on no list of ours
expired       intact, but the certificate has expired since and no trusted time says it was signed before
legacy        the recorded hash still matches the picture, but a newer strictness rule refuses the file
tampered      something that is bound does not match: ``reasons`` say which binding broke
unreadable    there is a credential, or a file, that cannot be read
none          the file carries no credential
============  ===================================================================================
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

TRUSTED, VALID, EXPIRED, LEGACY = "trusted", "valid", "expired", "legacy"
TAMPERED, UNREADABLE, NONE = "tampered", "unreadable", "none"
INTACT = frozenset({TRUSTED, VALID, EXPIRED, LEGACY})

UNTRUSTED = "signingCredential.untrusted"
_EXPIRY = frozenset({"signingCredential.expired", "claimSignature.outsideValidity"})
_STRICTER = "exclusion does not match the manifest location"
# What the anchors of our own context are called in ``validation_results``.
OUR_LIST = "user_anchors"


@dataclass(frozen=True)
class Reason:
    """A C2PA status code (or one of ours, without a dot), where it applies, and the SDK's words."""

    code: str
    url: str = ""
    explanation: str = ""


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """One of the seven codes above. ``broken`` names the binding that failed, if one did."""

    code: str
    reasons: tuple[Reason, ...] = field(default=())
    broken: str = ""

    @property
    def intact(self) -> bool:
        return self.code in INTACT


def of_results(state: str, results: Mapping[str, Any], *, recorded_hash_matches: bool | None = None) -> Verdict:
    """The verdict on a file the SDK could read.

    *state* is its ``validation_state``, *results* its ``validation_results``;
    *recorded_hash_matches* is our own answer about the hash (see ``recorded_hash.py``), needed only
    to tell *legacy* from *tampered*.
    """
    failures = _failures(results)
    if state == "Trusted" and results.get("trustListUri") == OUR_LIST:
        return Verdict(code=TRUSTED, reasons=failures)
    if state in ("Trusted", "Valid"):
        return Verdict(code=VALID, reasons=failures)
    grave = [failure for failure in failures if failure.code != UNTRUSTED]
    expiry = [failure for failure in grave if failure.code in _EXPIRY]
    stricter = [failure for failure in grave if _stricter(failure)]
    rest = [failure for failure in grave if failure not in expiry and failure not in stricter]
    if rest or not grave or (stricter and not recorded_hash_matches):
        # A changed signature also makes a certificate look wrong; the signature is the better answer.
        rest.sort(key=lambda failure: binding(failure.code) == "signer")
        first = (rest or stricter or [Reason("validation_failed", "", state)])[0]
        return Verdict(code=TAMPERED, reasons=failures or (first,), broken=binding(first.code))
    return Verdict(code=LEGACY if stricter else EXPIRED, reasons=failures)


def of_error(message: str) -> Verdict:
    """The verdict on a file at which the SDK raised; *message* is its text, ``Kind: details``."""
    kind, _, details = message.partition(": ")
    if kind == "ManifestNotFound":
        return Verdict(code=NONE)
    if kind.startswith("Remote"):
        # The file only names an address; nothing outside is ever fetched because a file asks for it.
        return Verdict(code=NONE, reasons=(Reason("remote_credential_not_fetched", "", details),))
    if kind == "NotSupported" or "could not be parsed" in message or kind == "Io":
        return Verdict(code=UNREADABLE, reasons=(Reason("file_unparsable", "", message),))
    return Verdict(code=UNREADABLE, reasons=(Reason("credential_damaged", "", message),))


def binding(code: str) -> str:
    """Which tie a C2PA failure code says is broken, as one word of ours."""
    if code.startswith(("assertion.dataHash", "assertion.bmffHash", "assertion.boxesHash", "assertion.multiAssetHash")):
        return "pixels"
    if code.startswith("signingCredential"):
        return "signer"
    if code.startswith(("claimSignature", "timeStamp")):
        return "signature"
    if code.startswith("ingredient"):
        return "ingredient"
    return "statement"


def is_stricter_rule(results: Mapping[str, Any]) -> bool:
    """Whether the question *recorded_hash_matches* arises."""
    return any(_stricter(failure) for failure in _failures(results))


def _stricter(reason: Reason) -> bool:
    return reason.code == "assertion.dataHash.mismatch" and _STRICTER in reason.explanation


def _failures(results: Mapping[str, Any]) -> tuple[Reason, ...]:
    """Failures of the active manifest, then those newly found in its ingredients."""
    found = list((results.get("activeManifest") or {}).get("failure") or [])
    for delta in results.get("ingredientDeltas") or []:
        changed = (delta.get("validationDeltas") or {}).get("failure") or []
        # An ingredient's untrusted signer says nothing about this file.
        found += [item for item in changed if item.get("code") != UNTRUSTED]
    return tuple(
        Reason(str(item.get("code", "")), str(item.get("url") or ""), str(item.get("explanation") or ""))
        for item in found
    )
