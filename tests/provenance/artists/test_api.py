"""Claims and what follows from them, over HTTP."""

from collections.abc import Callable
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from rest_framework.test import APIClient

from provenance.artists.models import Claim, Enrolment
from provenance.artists.withdraw import MOST_NAMED
from provenance.ledger.models import Event
from similarity.encoder import Encoder
from similarity.models import Artist, Embedding, Reference
from tests.similarity.conftest import encoded, painting


def test_from_claim_to_refusal(api: APIClient, creator: User, reviewer: User, monet: Artist) -> None:
    api.force_authenticate(creator)
    asked = {"artist": str(monet.pk), "evidence": "My site.", "links": ["https://example.org"]}
    answers = [api.post("/api/v1/claims/", asked, format="json", HTTP_IDEMPOTENCY_KEY="k") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 200]
    claim = answers[0].json()
    assert (claim["status"], claim["artist_name"], claim["claimant"]) == ("waiting", "Claude Monet", "ada")
    address = f"/api/v1/artists/{monet.pk}/"
    refused = api.patch(address, {"naming": "refuses"}, format="json")
    assert (refused.status_code, refused.json()["code"]) == (403, "not_your_profile")
    own = api.post(f"/api/v1/claims/{claim['id']}/decide/", {"ruling": "approve", "reason": "me"}, format="json")
    assert (own.status_code, own.json()["code"]) == (403, "not_a_reviewer")

    api.force_authenticate(reviewer)
    decided = api.post(f"/api/v1/claims/{claim['id']}/decide/", {"ruling": "approve", "reason": "Seen."}, format="json")
    assert decided.status_code == 201
    assert decided.json()["decisions"][0]["reviewer"] == "rita"
    again = api.post(f"/api/v1/claims/{claim['id']}/decide/", {"ruling": "refuse", "reason": "No."}, format="json")
    assert (again.status_code, again.json()["code"]) == (409, "already_decided")

    api.force_authenticate(creator)
    assert api.get(f"/api/v1/claims/{claim['id']}/").json()["decisions"][0]["reviewer"] is None
    wishes = {
        "naming": "refuses",
        "mining": "constrained",
        "mining_text": "Ask my gallery.",
        "aliases": ["莫奈", "C. M."],
    }
    answer = api.patch(address, wishes, format="json")
    assert answer.status_code == 200, answer.json()
    told = answer.json()
    assert (told["naming"], told["mining"], told["mining_text"]) == ("refuses", "constrained", "Ask my gallery.")
    assert told["aliases"] == ["莫奈"]
    assert Claim.objects.get(kind="names").aliases == ["C. M."]
    assert [row["slug"] for row in api.get("/api/v1/artists/?naming=refuses").json()["results"]] == ["claude-monet"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"naming": "perhaps"}, "invalid_choice"),
        ({"mining": "constrained"}, "conditions_required"),
        ({"naming": "refuses", "mining": "constrained"}, "conditions_required"),
        ({"aliases": ["x"]}, "name_too_short"),
    ],
)
def test_a_change_that_is_partly_wrong_changes_nothing(
    api: APIClient, creator: User, monet: Artist, claim_of: Callable[..., Claim], body: dict[str, object], code: str
) -> None:
    claim_of()
    api.force_authenticate(creator)
    answer = api.patch(f"/api/v1/artists/{monet.pk}/", body, format="json")
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    monet.refresh_from_db()
    assert (monet.naming, monet.mining, len(monet.aliases)) == ("", "", 3)


def test_works_come_and_go(
    api: APIClient, creator: User, stranger: User, monet: Artist, claim_of: Callable[..., Claim], tiny: Encoder
) -> None:
    claim_of()
    address = f"/api/v1/artists/{monet.pk}"

    def enrol(seed: int, **fields: object) -> object:
        image = SimpleUploadedFile("a.png", encoded(painting(seed)), "image/png")
        return api.post(f"{address}/enrol/", {"image": image, "statement": "true", **fields})

    api.force_authenticate(stranger)
    assert enrol(1).json()["code"] == "not_your_profile"  # type: ignore[attr-defined]
    api.force_authenticate(creator)
    assert enrol(1, statement="false").json()["code"] == "statement_required"  # type: ignore[attr-defined]
    first, again = enrol(1, title="Lilies"), enrol(1, title="Lilies")
    assert (first.status_code, again.status_code) == (201, 200)  # type: ignore[attr-defined]
    assert (first.json()["became"], again.json()["became"]) == ("enrolled", "present")  # type: ignore[attr-defined]
    Embedding.objects.update(encoder="ff" * 32)  # the operator chose another encoder since
    added = enrol(1, title="Lilies")
    assert (added.status_code, added.json()["became"]) == (200, "vector_added")  # type: ignore[attr-defined]
    reference = first.json()["reference"]  # type: ignore[attr-defined]
    assert Enrolment.objects.count() == 1

    for body in ({}, {"all": True, "references": [reference]}):
        assert api.post(f"{address}/withdraw/", body, format="json").status_code == 400
    left = api.post(f"{address}/withdraw/", {"references": [reference]}, format="json")
    assert [row["id"] for row in left.json()] == [reference]
    assert left.json()[0]["leaving_since"]
    assert api.post(f"{address}/withdraw/", {"all": True}, format="json").json() == []
    back = api.post(f"{address}/take-back/", {"all": True}, format="json")
    assert [row["id"] for row in back.json()] == [reference]
    gone = api.post(f"{address}/take-back/", {"all": True}, format="json")
    assert (gone.status_code, gone.json()["code"]) == (409, "already_gone")
    assert not Reference.objects.filter(leaving_since__isnull=False).exists()


@pytest.mark.parametrize("action", ["withdraw", "take-back"])
def test_works_are_named_within_bounds(
    api: APIClient, creator: User, monet: Artist, claim_of: Callable[..., Claim], action: str
) -> None:
    claim_of()
    leaving = timezone.now() if action == "take-back" else None
    work = Reference.objects.create(artist=monet, sha256="ab" * 32, fingerprint=bytes(32), leaving_since=leaving)
    api.force_authenticate(creator)
    address = f"/api/v1/artists/{monet.pk}/{action}/"
    many = [str(work.pk), *(str(uuid4()) for _ in range(MOST_NAMED))]

    answer = api.post(address, {"references": many}, format="json")

    assert (answer.status_code, answer.json()["code"]) == (400, "too_many_works")
    assert answer.json()["detail"].startswith("At most 200 works can be named at once.")
    assert [error["field"] for error in answer.json()["errors"]] == ["references"]
    work.refresh_from_db()
    assert work.leaving_since == leaving
    assert not Event.objects.filter(kind__startswith="artist.withdrawal").exists()
    repeated = api.post(address, {"references": [str(work.pk)] * (MOST_NAMED + 1)}, format="json")
    assert [row["id"] for row in repeated.json()] == [str(work.pk)]


def test_claims_are_given_up_and_filtered(
    api: APIClient, creator: User, reviewer: User, claim_of: Callable[..., Claim]
) -> None:
    claim = claim_of(approved=False)
    api.force_authenticate(reviewer)
    waiting = api.get("/api/v1/claims/?status=waiting").json()["results"]
    assert [row["evidence"] for row in waiting] == ["My site names this account."]
    answer = api.post(f"/api/v1/claims/{claim.pk}/give-up/")
    assert (answer.status_code, answer.json()["code"]) == (403, "not_yours")

    api.force_authenticate(creator)
    assert api.post(f"/api/v1/claims/{claim.pk}/give-up/").json()["status"] == "given_up"
    assert api.get("/api/v1/claims/?status=waiting").json()["results"] == []
