"""Lists are kept, their kinds are enforced here, and what cannot be read changes nothing."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from hypothesis import given
from hypothesis import settings as fewer
from hypothesis import strategies as st
from pytest_django import Settings
from rest_framework.test import APIClient

from provenance.credentials import trust
from provenance.credentials.errors import CredentialError
from provenance.credentials.read import read
from provenance.credentials.sign import Signed
from provenance.credentials.trust_file import CAWG, KINDS, SIGNER, TSA, parse
from provenance.ledger.models import Event
from provenance.verdicts.models import TrustListVersion
from provenance.verdicts.trust_lists import active, drop, use, use_again
from tests.provenance.works.test_verify import signed, signer  # noqa: F401


def root(*purposes: x509.ObjectIdentifier, name: str = "Some root") -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=9))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    )
    if purposes:
        builder = builder.add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)


def test_a_pem_bundle() -> None:
    parsed = parse(root() + root() + b"\n", kind=SIGNER)
    assert (parsed.form, parsed.count, parsed.issued) == ("pem", 2, "")
    assert len(x509.load_pem_x509_certificates(parsed.pem.encode())) == 2


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "trust_list_unreadable"),
        (b"hello", "trust_list_unreadable"),
        (b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "trust_list_unreadable"),
        (root() + b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "trust_list_unreadable"),
        (root() + b"-----BEGIN CERTIFICATE-----\n", "trust_list_unreadable"),
        (root() + b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", "trust_list_unreadable"),
        (root()[:200], "trust_list_unreadable"),
        (b"{}", "trust_list_unreadable"),
        (b'{"LoTE": 5}', "trust_list_unreadable"),
        (b"[" * 100_000, "trust_list_unreadable"),
        (b'{"a":' * 100_000, "trust_list_unreadable"),
        (b'{"LoTE": {"ListAndSchemeInformation": {"SchemeName": []}, "TrustedEntitiesList": []}}', "trust_list_empty"),
        (root(ExtendedKeyUsageOID.TIME_STAMPING), "trust_list_wrong_kind"),
        (root() + root(ExtendedKeyUsageOID.SERVER_AUTH), "trust_list_wrong_kind"),
    ],
)
def test_what_cannot_be_used_is_refused_with_a_code(data: bytes, code: str) -> None:
    with pytest.raises(CredentialError) as refused:
        parse(data, kind=SIGNER)
    assert refused.value.code == code
    assert refused.value.message


@fewer(max_examples=200, deadline=None)
@given(st.binary(max_size=300) | st.text(max_size=100).map(str.encode), st.sampled_from(KINDS))
def test_any_bytes_are_a_list_or_refused(data: bytes, kind: str) -> None:
    for given_ in (data, b"{" + data, b"-----BEGIN CERTIFICATE-----\n" + data):
        with pytest.raises(CredentialError):
            parse(given_, kind=kind)


@pytest.mark.shared
def test_the_official_lists_are_read_and_kept_apart(shared: Path) -> None:
    folder = shared / "c2pa/trust-lists"
    if not folder.is_dir():
        pytest.skip("the official trust lists are not beside this checkout")
    signers, tsas = ((folder / f"C2PA-{name}TRUST-LIST.json").read_bytes() for name in ("", "TSA-"))
    assert (parse(signers, kind=SIGNER).count, parse(tsas, kind=TSA).count) == (30, 22)
    assert parse(signers, kind=SIGNER).issued == "2026-08-05T00:11:39Z"
    assert parse((folder / "C2PA-TRUST-LIST.pem").read_bytes(), kind=SIGNER).count == 30
    assert parse((folder / "C2PA-TSA-TRUST-LIST.pem").read_bytes(), kind=TSA).count == 22
    for data, kind in ((tsas, SIGNER), (signers, TSA), ((folder / "C2PA-TSA-TRUST-LIST.pem").read_bytes(), SIGNER)):
        with pytest.raises(CredentialError) as refused:
            parse(data, kind=kind)
        assert refused.value.code == "trust_list_wrong_kind"


@pytest.mark.shared
def test_a_withdrawn_service_is_left_out(shared: Path) -> None:
    path = shared / "c2pa/trust-lists/C2PA-TRUST-LIST.json"
    if not path.is_file():
        pytest.skip("the official trust lists are not beside this checkout")
    listed: dict[str, Any] = json.loads(path.read_bytes())
    entity = listed["LoTE"]["TrustedEntitiesList"][0]
    gone = sum(
        len(service["ServiceInformation"]["ServiceDigitalIdentity"]["X509Certificates"])
        for service in entity["TrustedEntityServices"]
    )
    for service in entity["TrustedEntityServices"]:
        service["ServiceInformation"]["ServiceStatus"] = "http://c2pa.org/conformance/trust-list/withdrawn"
    assert parse(json.dumps(listed).encode(), kind=SIGNER).count == 30 - gone


@pytest.mark.django_db
def test_a_signer_is_trusted_by_its_own_list_only(signed: Signed, authority: bytes) -> None:  # noqa: F811
    """Given the very root of a signer, when it stands on a list of another kind, then it makes nobody trusted."""
    assert read(signed.data).verdict.code == "valid"
    for kind in (TSA, CAWG):
        use(authority, kind=kind, source="x")
        assert trust.load() == trust.TrustList()
        assert read(signed.data).verdict.code == "valid"
    row, changed = use(authority, kind=SIGNER, source="x")
    assert changed
    reading = read(signed.data)
    assert (reading.verdict.code, reading.trust_list) == ("trusted", row.sha256)
    assert drop(kind=SIGNER)
    assert read(signed.data).verdict.code == "valid"


@pytest.mark.django_db
def test_lists_are_kept_and_one_of_each_kind_is_in_use() -> None:
    first, second, stamps = root(), root(), root()
    one, _ = use(first, kind=SIGNER, source="one.pem")
    use(stamps, kind=TSA, source="tsa.pem")
    two, _ = use(second, kind=SIGNER, source="two.pem")
    assert active().sha256 == two.sha256
    assert use(second, kind=SIGNER, source="again.pem") == (two, False)
    assert use_again(kind=SIGNER, sha256=one.sha256[:16]) == (one, True)
    rows = TrustListVersion.objects.order_by("id").values_list("kind", "source", "active")
    assert list(rows) == [("signer", "one.pem", True), ("tsa", "tsa.pem", True), ("signer", "two.pem", False)]
    kinds = Event.objects.filter(kind="trust_list.used").values_list("subject", "payload__sha256")
    assert [(kind, sha[:4]) for kind, sha in kinds] == [
        ("signer", one.sha256[:4]),
        ("tsa", TrustListVersion.objects.get(kind="tsa").sha256[:4]),
        ("signer", two.sha256[:4]),
        ("signer", one.sha256[:4]),
    ]


@pytest.mark.django_db
@pytest.mark.parametrize("sha256", ["", "ab", "0" * 64])
def test_an_unknown_list_cannot_be_gone_back_to(sha256: str) -> None:
    use(root(), kind=SIGNER, source="x")
    with pytest.raises(CredentialError) as refused:
        use_again(kind=SIGNER, sha256=sha256)
    assert refused.value.code == "trust_list_unknown"


@pytest.mark.django_db
def test_a_bad_list_leaves_the_old_one_in_use() -> None:
    row, _ = use(root(), kind=SIGNER, source="x")
    with pytest.raises(CredentialError):
        use(b"garbage", kind=SIGNER, source="y")
    assert (TrustListVersion.objects.get(), active().sha256) == (row, row.sha256)
    assert Event.objects.count() == 1


@pytest.mark.django_db
def test_the_setting_goes_before(settings: Settings, tmp_path: Path) -> None:
    use(root(), kind=SIGNER, source="x")
    (tmp_path / "own.pem").write_bytes(root())
    settings.TRUST_LIST = str(tmp_path / "own.pem")
    assert trust.load().sha256 == parse((tmp_path / "own.pem").read_bytes(), kind=SIGNER).sha256
    (tmp_path / "own.pem").write_bytes(root(ExtendedKeyUsageOID.TIME_STAMPING))
    with pytest.raises(CredentialError) as refused:
        trust.load()
    assert refused.value.code == "trust_list_wrong_kind"
    assert str(tmp_path) not in refused.value.message


@pytest.mark.django_db
def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "list.pem"
    file.write_bytes(root())
    call_command("trustlist", "use", file)
    call_command("trustlist", "use", file)
    call_command("trustlist", "list")
    told = capsys.readouterr().out
    assert "in use" in told
    assert "was in use already" in told
    row = TrustListVersion.objects.get()
    assert f"* signer {row.sha256[:16]}   1 certificates" in told
    call_command("trustlist", "none")
    assert active() == trust.TrustList()
    call_command("trustlist", "use", row.sha256[:12])
    assert active().sha256 == row.sha256
    for words, said in (
        (("use", tmp_path / "missing.pem"), "There is no file"),
        (("update", "http://example.com/list"), "https"),
        (("update", "file:///etc/passwd"), "https"),
        (("use", file, "--kind", "tsa"), ""),
    ):
        if said:
            with pytest.raises(CommandError, match=said):
                call_command("trustlist", *words)
    file.write_bytes(b"garbage")
    with pytest.raises(CommandError, match="trust_list_unreadable"):
        call_command("trustlist", "use", file)


@pytest.mark.django_db
def test_an_update_fetches_what_the_operator_named(monkeypatch: pytest.MonkeyPatch) -> None:
    import io

    asked = []

    def urlopen(url: str, timeout: float) -> io.BytesIO:
        asked.append(url)
        return io.BytesIO(root())

    monkeypatch.setattr("urllib.request.urlopen", urlopen)
    call_command("trustlist", "update", "https://example.com/list.pem")
    assert asked == ["https://example.com/list.pem"]
    assert TrustListVersion.objects.get().source == asked[0]


@pytest.mark.django_db
def test_lists_are_seen_over_the_api(api: APIClient, creator: User) -> None:
    use(root(), kind=SIGNER, source="x.pem")
    assert api.get("/api/v1/trust-lists/").status_code == 401
    api.force_authenticate(creator)
    (told,) = api.get("/api/v1/trust-lists/").json()["results"]
    assert (told["kind"], told["active"], told["count"], told["source"]) == ("signer", True, 1, "x.pem")
    assert "pem" not in told
    assert api.post("/api/v1/trust-lists/", {}).status_code == 405
