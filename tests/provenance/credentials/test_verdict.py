from typing import Any

import pytest

from provenance.credentials.verdict import of_error, of_results

STRICTER = "data hash exclusion does not match the manifest location in the asset"


def _results(*failures: str | tuple[str, str], **more: Any) -> dict[str, Any]:
    items = [(it, "") if isinstance(it, str) else it for it in failures]
    return {"activeManifest": {"failure": [{"code": code, "explanation": words} for code, words in items]}, **more}


@pytest.mark.parametrize(
    ("state", "results", "code", "broken"),
    [
        ("Trusted", _results(trustListUri="user_anchors"), "trusted", ""),
        # A list that is not ours makes nobody trusted.
        ("Trusted", _results(trustListUri="system_anchors"), "valid", ""),
        ("Trusted", _results(), "valid", ""),
        ("Valid", _results("signingCredential.untrusted"), "valid", ""),
        ("Invalid", _results("signingCredential.untrusted", "signingCredential.expired"), "expired", ""),
        ("Invalid", _results("signingCredential.expired", "assertion.dataHash.mismatch"), "tampered", "pixels"),
        ("Invalid", _results("signingCredential.expired", "claimSignature.mismatch"), "tampered", "signature"),
        ("Invalid", _results("signingCredential.invalid"), "tampered", "signer"),
        ("Invalid", _results("signingCredential.invalid", "claimSignature.mismatch"), "tampered", "signature"),
        ("Invalid", _results("assertion.hashedURI.mismatch"), "tampered", "statement"),
        ("Invalid", _results("ingredient.manifest.missing"), "tampered", "ingredient"),
        # An invalid state without a reason is never taken for an intact one.
        ("Invalid", _results("signingCredential.untrusted"), "tampered", "statement"),
        ("None", {}, "tampered", "statement"),
    ],
)
def test_results_become_one_verdict(state: str, results: dict[str, Any], code: str, broken: str) -> None:
    found = of_results(state, results)
    assert (found.code, found.broken) == (code, broken)
    assert found.intact is (code in ("trusted", "valid", "expired", "legacy"))


@pytest.mark.parametrize(("matches", "code"), [(True, "legacy"), (False, "tampered"), (None, "tampered")])
def test_legacy_needs_the_recorded_hash_to_match(matches: bool | None, code: str) -> None:
    results = _results("signingCredential.untrusted", ("assertion.dataHash.mismatch", STRICTER))
    assert of_results("Invalid", results, recorded_hash_matches=matches).code == code


def test_a_change_found_in_an_ingredient_counts_but_its_unknown_signer_does_not() -> None:
    def delta(code: str) -> dict[str, Any]:
        return {"ingredientDeltas": [{"validationDeltas": {"failure": [{"code": code}]}}]}

    changed = of_results("Invalid", _results(**delta("assertion.hashedURI.mismatch")))
    assert (changed.code, [reason.code for reason in changed.reasons]) == ("tampered", ["assertion.hashedURI.mismatch"])
    unknown = of_results("Valid", _results(**delta("signingCredential.untrusted")))
    assert (unknown.code, unknown.reasons) == ("valid", ())


@pytest.mark.parametrize(
    ("message", "code", "reason"),
    [
        ("ManifestNotFound: no JUMBF data found", "none", ""),
        ("Remote: http://example.com/m", "none", "remote_credential_not_fetched"),
        ("RemoteManifest: http://example.com/m", "none", "remote_credential_not_fetched"),
        ("Io: failed to fill whole buffer", "unreadable", "file_unparsable"),
        ("Other: asset could not be parsed: PNG out of range", "unreadable", "file_unparsable"),
        ("NotSupported: type is unsupported", "unreadable", "file_unparsable"),
        ("Verify: invalid JUMB box", "unreadable", "credential_damaged"),
        ("Decoding: claim could not be converted from CBOR", "unreadable", "credential_damaged"),
        ("Signature: could not generate a trusted time stamp", "unreadable", "credential_damaged"),
        ("AssertionNotFound: ", "unreadable", "credential_damaged"),
        ("Other: KeyError", "unreadable", "credential_damaged"),
        ("", "unreadable", "credential_damaged"),
    ],
)
def test_whatever_the_library_raises_becomes_a_verdict(message: str, code: str, reason: str) -> None:
    found = of_error(message)
    assert found.code == code
    assert [it.code for it in found.reasons] == ([reason] if reason else [])
