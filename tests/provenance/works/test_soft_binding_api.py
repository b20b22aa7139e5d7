"""Conformance of the C2PA Soft Binding Resolution API 2.4: every route and every error it lists."""

import base64
import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils.dateparse import parse_datetime
from pytest_django import DjangoAssertNumQueries, Settings

from generation import blobs
from provenance.credentials.development import create
from provenance.credentials.facts import facts
from provenance.credentials.jumbf import children
from provenance.credentials.read import read
from provenance.recovery.models import RegisteredPicture
from provenance.works import soft_bindings
from provenance.works.export import export
from provenance.works.models import Credential, Version
from provenance.works.seal import seal_version
from provenance.works.wish import Wish
from similarity.fingerprint import iscc_code
from similarity.pictures import decode
from tests import factories
from tests.benchmarks.recovery_cases import cropped
from tests.provenance.recovery.pictures import painting, png

pytestmark = pytest.mark.django_db
BASE = "/api/soft-binding/v1"
SEMVER = re.compile(r"\d+\.\d+\.\d+")

Sealed = Callable[..., Version]


@pytest.fixture(autouse=True)
def _signer(settings: Settings, tmp_path: Path) -> None:
    settings.SIGNER_CHAIN, settings.SIGNER_KEY = str(tmp_path / "chain.pem"), str(tmp_path / "key.pem")
    create()


@pytest.fixture
def sealed(creator: User) -> Sealed:
    def make(seed: int = 1, **audit: Any) -> Version:
        passport = factories.make_passport()
        job = factories.make_job(owner=creator, status="succeeded", passport=passport, width=320, height=240)
        version = factories.make_version(
            work=factories.make_work(owner=creator, job=job),
            status=Version.Status.AUDITED,
            data=png(painting(seed)),
            audit=factories.make_audit(**audit) if audit else None,
        )
        assert seal_version(version.pk)
        version.refresh_from_db()
        return version

    return make


def label(version: Version) -> str:
    return Credential.objects.get(version=version).manifest_label


def value(seed: int = 1) -> str:
    """The binding as its bytes in base64, as IEP-0020 has it."""
    text = iscc_code(decode(png(painting(seed))).rgb).removeprefix("ISCC:")
    return base64.b64encode(base64.b32decode(text + "=" * (-len(text) % 8))).decode()


def asked(client: Client, **params: str) -> Any:
    return client.get(f"{BASE}/matches/byBinding", {"alg": "io.iscc.v0", "value": value(), **params})


# -- discovery -----------------------------------------------------------------------------------


def test_discovery_names_the_api_and_agrees_with_it(client: Client) -> None:
    document = client.get("/.well-known/c2pa-soft-binding-resolution").json()
    capabilities = client.get(f"{BASE}/services/capabilities").json()

    assert document == {
        "apiEndpoint": f"http://testserver{BASE}",
        "c2paSpecificationVersion": "2.4.0",
        "capabilitiesEndpoint": f"http://testserver{BASE}/services/capabilities",
        "statusEndpoint": f"http://testserver{BASE}/services/status",
    }
    assert capabilities == {"c2paSpecificationVersion": "2.4.0", "supportedCapabilities": ["queryByContent"]}


def test_status_and_algorithms(client: Client) -> None:
    status = client.get(f"{BASE}/services/status").json()

    assert status["status"] == "ok"
    assert status["timestamp"].endswith("Z")
    assert parse_datetime(status["timestamp"])
    assert client.get(f"{BASE}/services/supportedAlgorithms").json() == {
        "watermarks": [],
        "fingerprints": [{"alg": "io.iscc.v0"}],
    }


# -- by binding ----------------------------------------------------------------------------------


def test_by_binding_get_and_post_answer_alike(client: Client, sealed: Sealed) -> None:
    version = sealed()
    sealed(2)
    expected = {"matches": [{"manifestId": label(version), "similarityScore": 100}]}

    assert asked(client).json() == expected
    body = {"alg": "io.iscc.v0", "value": value()}
    assert client.post(f"{BASE}/matches/byBinding", body, content_type="application/json").json() == expected


def test_by_binding_takes_what_the_manifest_states(client: Client, sealed: Sealed) -> None:
    version = sealed()
    reading = read(blobs.get(version.blob))
    told = facts(reading.active, resources=reading.resources)
    ((alg, text),) = told.soft_bindings

    answer = asked(client, alg=alg, value=base64.b64encode(text.encode()).decode())

    assert [match["manifestId"] for match in answer.json()["matches"]] == [label(version)]


def test_by_binding_finds_nothing_for_another_picture(client: Client, sealed: Sealed) -> None:
    sealed()

    answer = asked(client, value=value(9))

    assert (answer.status_code, answer.json()) == (200, {"matches": []})


def test_every_binding_of_the_manifest_must_hold(client: Client, sealed: Sealed) -> None:
    version = sealed()
    credential = Credential.objects.get(version=version)
    assertions = credential.manifest["manifests"][0]["assertions"]
    assertions["c2pa.soft-binding__2"] = {
        "alg": "io.iscc.v0",
        "blocks": [{"scope": {}, "value": iscc_code(decode(png(painting(9))).rgb)}],
    }
    credential.save()

    assert asked(client).json() == {"matches": []}


@pytest.mark.parametrize(("results", "count"), [("1", 1), ("2", 2), ("10", 2)])
def test_max_results(client: Client, sealed: Sealed, results: str, count: int) -> None:
    sealed()
    sealed()

    assert len(asked(client, maxResults=results).json()["matches"]) == count


def test_many_matches_ask_the_database_no_more_often_than_one(
    client: Client, sealed: Sealed, creator: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    version = sealed()
    export(version, Wish(profile="plain", format="webp"), by=creator)
    credential = Credential.objects.get(version=version)
    kept = RegisteredPicture.objects.get(source=version.pk)
    for _number in range(30):
        another = factories.make_version(work=factories.make_work(owner=creator))
        Credential.objects.filter(version=another).update(manifest=credential.manifest)
        kept.pk, kept.source, kept.subject = None, another.pk, another.pk
        kept.save(force_insert=True)
    asked(client)  # the registry is read

    with django_assert_max_num_queries(7):
        found = asked(client, maxResults="100").json()["matches"]

    assert len({match["manifestId"] for match in found}) == 32


def test_exports_are_found_with_their_own_manifests(client: Client, sealed: Sealed, creator: User) -> None:
    version = sealed()
    made, _new = export(version, Wish(profile="plain", format="webp"), by=creator)

    found = [match["manifestId"] for match in asked(client).json()["matches"]]

    assert set(found) == {label(version), made.manifest_label}
    answer = client.get(f"{BASE}/manifests/{made.manifest_label}")
    assert answer.status_code == 200


# -- by content ----------------------------------------------------------------------------------


def test_by_content_finds_a_crop(client: Client, sealed: Sealed) -> None:
    version = sealed()
    sealed(2)
    cut = png(cropped(painting(1), 0.3, np.random.default_rng(1)))

    answer = client.post(f"{BASE}/matches/byContent?alg=io.iscc.v0&maxResults=5", cut, content_type="image/png")

    (match,) = answer.json()["matches"]
    assert match["manifestId"] == label(version)
    assert 90 <= match["similarityScore"] <= 100


def test_by_content_finds_nothing_of_a_stranger(client: Client, sealed: Sealed) -> None:
    sealed()

    answer = client.post(f"{BASE}/matches/byContent", png(painting(77)), content_type="application/octet-stream")

    assert (answer.status_code, answer.json()) == (200, {"matches": []})


# -- manifests -----------------------------------------------------------------------------------


def test_a_manifest_is_the_very_bytes_of_the_file(client: Client, sealed: Sealed) -> None:
    version = sealed()

    answer = client.get(f"{BASE}/manifests/{label(version)}")

    assert (answer.status_code, answer["Content-Type"]) == (200, "application/c2pa")
    assert answer.content in blobs.get(version.blob)
    assert children(answer.content)[0][0] == b"jumb"


def test_a_fetched_manifest_validates_beside_the_stripped_file(client: Client, sealed: Sealed) -> None:
    """What a client does with it: put the store back beside the bytes it is about."""
    import c2pa

    version = sealed()
    store = client.get(f"{BASE}/manifests/{label(version)}").content

    with c2pa.Reader("image/png", io.BytesIO(blobs.get(version.blob)), manifest_data=store) as reader:
        assert reader.get_validation_state() == "Valid"


def test_the_active_manifest_alone(client: Client, sealed: Sealed, creator: User) -> None:
    made, _new = export(sealed(), Wish(profile="plain", format="jpeg"), by=creator)
    path = f"{BASE}/manifests/{made.manifest_label}"

    whole, active = (client.get(path, {"returnActiveManifest": flag}).content for flag in ("false", "true"))

    def manifests(store: bytes) -> int:
        return sum(kind == b"jumb" for kind, _body in children(children(store)[0][1]))

    assert (manifests(whole), manifests(active)) == (2, 1)
    assert made.manifest_label.encode() in active


# -- errors --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"alg": "com.example.watermark"}, "unknown_algorithm"),
        ({"alg": ""}, "unknown_algorithm"),
        ({"value": "not base64!"}, "bad_binding_value"),
        ({"value": ""}, "bad_binding_value"),
        ({"value": base64.b64encode(b"ISCC:KACT").decode()}, "bad_binding_value"),
        ({"value": base64.b64encode(b"\x21\x07" + b"x" * 10).decode()}, "bad_binding_value"),
        ({"maxResults": "0"}, "bad_max_results"),
        ({"maxResults": "many"}, "bad_max_results"),
        ({"maxResults": "-1"}, "bad_max_results"),
        ({"maxResults": "9" * 5000}, "bad_max_results"),
        ({"maxResults": "000050000"}, "bad_max_results"),
        ({"maxResults": "²"}, "bad_max_results"),
    ],
)
def test_400_by_binding(client: Client, params: dict[str, str], code: str) -> None:
    answer = asked(client, **params)

    assert (answer.status_code, answer.json()["code"]) == (400, code)
    if "maxResults" not in params:
        body = {"alg": "io.iscc.v0", "value": value(), **params}
        posted = client.post(f"{BASE}/matches/byBinding", body, content_type="application/json")
        assert posted.status_code == 400


@pytest.mark.parametrize("body", ["{", "[]", "{}", '{"alg": "io.iscc.v0"}', '"x"', '{"alg": 1, "value": []}'])
def test_400_for_a_body_that_is_no_binding(client: Client, body: str) -> None:
    assert client.post(f"{BASE}/matches/byBinding", body, content_type="application/json").status_code == 400


@pytest.mark.parametrize(
    ("query", "body", "code"),
    [
        ("", b"", "file_missing"),
        ("", b"\x89PNG\r\n\x1a\nbroken", "truncated_image"),
        ("?alg=com.example", b"x", "unknown_algorithm"),
        ("?hintAlg=com.example", b"x", "unknown_algorithm"),
        ("?maxResults=x", b"x", "bad_max_results"),
    ],
)
def test_400_by_content(client: Client, query: str, body: bytes, code: str) -> None:
    answer = client.post(f"{BASE}/matches/byContent{query}", body, content_type="image/png")

    assert (answer.status_code, answer.json()["code"]) == (400, code)


def test_400_for_a_file_above_the_limit(client: Client, settings: Settings) -> None:
    settings.MAX_UPLOAD_BYTES = 100

    answer = client.post(f"{BASE}/matches/byContent", png(painting(1)), content_type="image/png")

    assert (answer.status_code, answer.json()["code"]) == (400, "file_too_large")


def test_403_when_the_operator_closed_it(client: Client, sealed: Sealed, settings: Settings) -> None:
    version = sealed()
    settings.SOFT_BINDING_API = False

    for answer in (
        asked(client),
        client.post(f"{BASE}/matches/byContent", png(painting(1)), content_type="image/png"),
        client.get(f"{BASE}/manifests/{label(version)}"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (403, "soft_binding_api_closed")


@pytest.mark.parametrize("name", ["urn:c2pa:00000000-0000-0000-0000-000000000000", "x", "%2e%2e", "'", "é"])
def test_404_for_an_unknown_manifest(client: Client, name: str) -> None:
    answer = client.get(f"{BASE}/manifests/{name}")

    assert (answer.status_code, answer["Content-Type"]) == (404, "application/json")


def test_414_for_a_value_too_long_for_an_address(client: Client) -> None:
    answer = asked(client, value="A" * 2049)

    assert (answer.status_code, answer.json()["code"]) == (414, "value_too_long")


@pytest.mark.parametrize("kind", ["text/plain", "application/json", "multipart/form-data; boundary=x"])
def test_415_for_a_body_of_another_type(client: Client, kind: str) -> None:
    assert client.post(f"{BASE}/matches/byContent", b"{}", content_type=kind).status_code == 415


def test_415_for_a_body_that_is_no_picture(client: Client) -> None:
    answer = client.post(f"{BASE}/matches/byContent", b"hello", content_type="image/png")

    assert (answer.status_code, answer.json()["code"]) == (415, "not_an_image")
    posted = client.post(f"{BASE}/matches/byBinding", b"<a/>", content_type="text/xml")
    assert posted.status_code == 415


def test_429_when_asked_too_often(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    from rest_framework.throttling import ScopedRateThrottle

    monkeypatch.setattr(ScopedRateThrottle, "THROTTLE_RATES", {"soft-binding": "2/min"})

    assert [asked(client).status_code for _time in range(3)] == [200, 200, 429]


def test_500_says_nothing_of_the_inside(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(**kwargs: object) -> None:
        raise RuntimeError("/secret/path")

    monkeypatch.setattr(soft_bindings, "by_binding", fail)

    answer = asked(client)

    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    assert b"secret" not in answer.content


# -- what is not published does not exist --------------------------------------------------------


@pytest.mark.parametrize("status", [Version.Status.HELD, Version.Status.REFUSED])
def test_nothing_private_is_told(client: Client, sealed: Sealed, status: str, creator: User) -> None:
    version = sealed()
    made, _new = export(version, Wish(profile="plain", format="webp"), by=creator)
    Version.objects.filter(pk=version.pk).update(status=status)

    assert asked(client).json() == {"matches": []}
    answer = client.post(f"{BASE}/matches/byContent", png(painting(1)), content_type="image/png")
    assert answer.json() == {"matches": []}
    for name in (label(version), made.manifest_label):
        assert client.get(f"{BASE}/manifests/{name}").status_code == 404


def test_being_signed_in_changes_nothing(client: Client, sealed: Sealed, creator: User) -> None:
    version = sealed(outcome="copy")
    client.force_login(creator)

    assert asked(client).json() == {"matches": []}
    assert client.get(f"{BASE}/manifests/{label(version)}").status_code == 404


@pytest.mark.parametrize("path", ["manifests", "bindings"])
def test_storing_from_outside_is_not_offered(client: Client, path: str) -> None:
    assert client.post(f"{BASE}/{path}", b"{}", content_type="application/json").status_code == 404
