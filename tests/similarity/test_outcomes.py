"""Every outcome an audit can have, reached by ``audit_image`` with a real encoder and a small collection."""

import hashlib
import io
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from pytest_django.fixtures import Settings

from similarity import judge as judge_module
from similarity.audit import Asked, audit_image, audit_once, domain_of
from similarity.calibrate import calibrate
from similarity.calibration import accept, sha256_of
from similarity.encoder import Encoder
from similarity.enrol import ArtistFacts, NewWork, enrol
from similarity.errors import SimilarityError
from similarity.fingerprint import codes_of_looks
from similarity.models import Audit, Calibration
from similarity.style.decide import Decision
from similarity.style.fit import Background
from tests.similarity.collections import unit
from tests.similarity.conftest import encoded, painting

pytestmark = pytest.mark.django_db

ARTISTS, WORKS = 24, 12
PICTURE = encoded(painting(7, size=(120, 96)))
WEIGHTS = "ab" * 32
Rows = NDArray[np.floating]


def seen(encoder: Encoder, data: bytes = PICTURE) -> Rows:
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(encoder.embed([image.convert("RGB")])[0])


def enrol_hand(encoder: Encoder, slug: str, hand: Rows, *, works: int = WORKS, spread: float = 0.12) -> None:
    rng = np.random.default_rng(sum(slug.encode()))
    vectors = unit(2 * hand + rng.normal(size=(works, len(hand))) * spread)
    enrol(
        [
            NewWork(
                artist=ArtistFacts(slug, slug.replace("-", " ").title()),
                sha256=hashlib.sha256(f"{slug}/{number}".encode()).hexdigest(),
                code=hashlib.sha256(f"{number}/{slug}".encode()).digest(),
                vector=vector,
                style="style",
            )
            for number, vector in enumerate(vectors)
        ],
        encoder=encoder.fingerprint,
    )


@pytest.fixture
def others(tiny: Encoder) -> Encoder:
    """A collection in nobody's hand that ``PICTURE`` is made in."""
    rng = np.random.default_rng(11)
    for number in range(ARTISTS):
        enrol_hand(tiny, f"artist-{number:02d}", unit(rng.normal(size=(int(tiny.dimension),))))
    return tiny


def calibrated(encoder: Encoder, domain: str = Calibration.UPLOADS, **options: Any) -> Calibration:
    options = {"strategy": "query", **options}
    draft = calibrate(encoder=encoder.fingerprint, dimension=encoder.dimension, domain=domain, **options)
    return accept(draft, reason="for a test", by="tests")


def test_one_artist_above_the_threshold(others: Encoder) -> None:
    enrol_hand(others, "the-one", seen(others))
    calibration = calibrated(others)

    audit = audit_image(PICTURE)

    assert (audit.outcome, audit.artist_name, audit.domain) == ("style_match", "The One", "uploads")
    assert audit.calibration == calibration
    decision = Decision.from_facts(audit.decision)
    assert decision.facts() == {name: value for name, value in audit.decision.items() if name != "facts"}
    assert [candidate.slug for candidate in decision.candidates] == ["the-one"]
    assert decision.candidates[0].references == WORKS
    assert decision.reasons == ("above_threshold",)
    assert decision.calibration == {"id": str(calibration.pk), "sha256": calibration.sha256}
    assert (decision.cohort, decision.encoder, decision.index) == (calibration.cohort, others.fingerprint, audit.index)
    assert (decision.alpha, decision.guarantee, decision.strategy, decision.n) == (0.05, "average", "query", 25)
    assert decision.statistic is not None
    assert decision.threshold is not None
    assert decision.statistic > decision.threshold
    assert audit.p_value == decision.p_value == pytest.approx(1 / 26)
    assert decision.lr is not None
    assert 0 < decision.lr.low <= decision.lr.log10 <= decision.lr.high <= decision.lr.cap
    assert decision.runner_up is not None
    assert decision.unjudged == {"artists": 0, "works": 0}
    audit.save()
    assert [artist.slug for artist in audit.outcome_artists.all()] == ["the-one"]


def test_nobody_above_the_threshold(others: Encoder) -> None:
    calibrated(others)
    audit = audit_image(PICTURE)
    assert (audit.outcome, audit.artist, audit.artist_name) == ("no_known_artist", None, "")
    assert audit.decision["reasons"] == ["below_threshold"]
    assert audit.decision["candidates"] == []
    assert audit.decision["runner_up"]["slug"] == audit.artists[0]["slug"]


def test_two_hands_that_cannot_be_told_apart_are_named_together(others: Encoder) -> None:
    for slug in ("twin-a", "twin-b"):
        enrol_hand(others, slug, seen(others))
    # The twins themselves would be each other's false flags: they are no background.
    calibrated(others, only={f"artist-{number:02d}" for number in range(ARTISTS)}, strategy="raw")
    audit = audit_image(PICTURE)
    assert audit.outcome == "ambiguous"
    assert {candidate["slug"] for candidate in audit.decision["candidates"]} == {"twin-a", "twin-b"}
    audit.save()
    assert {artist.slug for artist in audit.outcome_artists.all()} == {"twin-a", "twin-b"}


def test_the_nearest_of_all_has_too_few_works(others: Encoder) -> None:
    enrol_hand(others, "few-works", seen(others), works=9)
    calibrated(others)
    audit = audit_image(PICTURE)
    assert (audit.outcome, audit.artist) == ("insufficient_references", None)
    assert audit.decision["reasons"] == ["nearest_has_too_few_works"]
    assert audit.decision["candidates"] == []
    assert audit.decision["unjudged"] == {"artists": 1, "works": 9}


def test_a_shared_subject_takes_the_flag_away(others: Encoder) -> None:
    """Given that works by many others look as much like the artist as the picture does, then nobody is named."""
    enrol_hand(others, "the-one", seen(others))
    calibration = calibrated(others)
    assert audit_image(PICTURE).outcome == "style_match"

    from similarity.judge import Judge

    held_out = Judge.held_out
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Judge, "held_out", lambda *a, **k: held_out(*a, **k) + 10)
        checked = audit_image(PICTURE)
    content = checked.decision["content"]
    assert content["near"]
    assert (checked.outcome, checked.decision["reasons"]) == ("no_known_artist", ["shared_subject"])
    assert (content["upheld"], content["p"]) == (False, 1.0)
    assert checked.decision["runner_up"]["slug"] == "the-one"
    assert checked.calibration == calibration


def test_without_a_calibration_it_is_measured_and_not_judged(others: Encoder) -> None:
    audit = audit_image(PICTURE)
    assert (audit.outcome, audit.calibration, audit.p_value) == ("not_calibrated", None, None)
    assert audit.decision["reasons"] == ["no_calibration"]
    assert audit.decision["runner_up"]["slug"] == audit.artists[0]["slug"]
    assert audit.score == pytest.approx(audit.decision["statistic"])


@pytest.mark.parametrize("other", ["encoder", "domain", "state"])
def test_a_calibration_of_something_else_is_refused(others: Encoder, other: str) -> None:
    enrol_hand(others, "the-one", seen(others))
    row = calibrated(others)
    value = {"encoder": "f" * 64, "domain": Calibration.GENERATED + WEIGHTS, "state": "retired"}[other]
    Calibration.objects.filter(pk=row.pk).update(**{other: value})
    audit = audit_image(PICTURE)
    assert (audit.outcome, audit.decision["reasons"]) == ("not_calibrated", ["no_calibration"])


def test_a_calibration_made_for_another_encoder_stays_refused_when_it_says_otherwise(others: Encoder) -> None:
    """Rewriting the row's encoder makes its hash wrong, and a calibration with a wrong hash judges nobody."""
    row = calibrated(others)
    row.encoder = "f" * 64
    Calibration.objects.filter(pk=row.pk).update(sha256=sha256_of(row))  # stored as the other encoder's
    judge_module._open.clear()  # as in another process
    audit = audit_image(PICTURE)
    assert (audit.outcome, audit.error_code) == ("not_calibrated", "")
    assert audit.decision["reasons"] == ["calibration_damaged"]


def test_a_models_pictures_are_judged_in_its_own_domain(others: Encoder) -> None:
    enrol_hand(others, "the-one", seen(others))
    rng = np.random.default_rng(3)
    made = Background(
        unit(rng.normal(size=(60, others.dimension))).astype(np.float32), tuple(map(str, range(60))), ("0",) * 60
    )
    domain = Calibration.GENERATED + WEIGHTS
    row = calibrated(others, domain, background=made, generator={"name": "mini", "weights_sha256": WEIGHTS})
    audit = audit_image(PICTURE, asked=Asked(domain=domain))
    assert (audit.outcome, audit.calibration, audit.domain) == ("style_match", row, domain)
    assert audit.decision["guarantee"] == "confident"
    assert audit_image(PICTURE).outcome == "not_calibrated"
    assert (domain_of("mini"), domain_of(WEIGHTS.upper()), domain_of("")) == (domain, domain, "uploads")
    with pytest.raises(SimilarityError) as refused:
        domain_of("maxi")
    assert (refused.value.code, refused.value.field) == ("unknown_generator", "generator")


def test_copies_override_and_keep_the_style_lane_beside(others: Encoder) -> None:
    enrol_hand(others, "the-one", seen(others))
    with Image.open(io.BytesIO(PICTURE)) as image:
        code = next(iter(codes_of_looks(image.convert("RGB")).values()))
    facts = ArtistFacts("the-owner", "The Owner")
    enrol(
        [NewWork(artist=facts, sha256="9" * 64, code=code, vector=seen(others))],
        encoder=others.fingerprint,
    )
    calibrated(others)
    audit = audit_image(PICTURE)
    assert (audit.outcome, audit.artist_name) == ("copy", "The Owner")
    assert audit.decision["outcome"] == "insufficient_references"  # the owner's one work is nearest of all
    audit.save()
    assert [artist.slug for artist in audit.outcome_artists.all()] == ["the-owner"]


def test_facts_need_no_inference(others: Encoder) -> None:
    with Image.open(io.BytesIO(PICTURE)) as image:
        code = next(iter(codes_of_looks(image.convert("RGB")).values()))
    work = NewWork(artist=ArtistFacts("ada", "Ada Lovelace"), sha256="9" * 64, code=code, vector=seen(others))
    enrol([work], encoder=others.fingerprint)
    other = encoded(painting(300))
    asked = Asked(prompt="by Ada Lovelace", used=(PICTURE, b"no picture"), trained_on="on works of Ada Lovelace")
    audit = audit_image(other, asked=asked)
    facts = audit.decision["facts"]
    assert [entry["artist"] for entry in facts["used_as_reference"]] == ["Ada Lovelace"]
    assert [entry["slug"] for entry in facts["trained_on"]] == ["ada"]
    assert [entry["slug"] for entry in audit.named_in_prompt] == ["ada"]
    assert facts["trained_on_artists"] == 1
    nothing: dict[str, object] = {"used_as_reference": [], "trained_on": [], "trained_on_artists": None}
    assert audit_image(other).decision["facts"] == nothing


def test_of_those_a_model_learnt_from_the_nearest_are_named_and_all_are_counted(others: Encoder) -> None:
    enrol_hand(others, "the-one", seen(others))
    listed = ("the-one", "somebody-who-is-not-here")
    facts = audit_image(PICTURE, asked=Asked(trained_on="", trained_on_artists=listed)).decision["facts"]
    assert [entry["slug"] for entry in facts["trained_on"]] == ["the-one"]
    assert facts["trained_on_artists"] == 2


def test_the_artist_of_a_copied_work_is_named_among_those_a_model_learnt_from(others: Encoder) -> None:
    """One work is too few to be among the nearest."""
    enrol_hand(others, "the-one", seen(others))
    with Image.open(io.BytesIO(PICTURE)) as image:
        code = next(iter(codes_of_looks(image.convert("RGB")).values()))
    work = NewWork(artist=ArtistFacts("owner", "The Owner"), sha256="9" * 64, code=code, vector=seen(others))
    enrol([work], encoder=others.fingerprint)
    audit = audit_image(PICTURE, asked=Asked(trained_on_artists=("owner",)))
    assert audit.outcome == "copy"
    assert "owner" not in [entry["slug"] for entry in audit.artists]
    assert [entry["slug"] for entry in audit.decision["facts"]["trained_on"]] == ["owner"]


def test_artists_enrolled_since_are_compared_and_not_judged(others: Encoder) -> None:
    calibrated(others)
    enrol_hand(others, "the-one", seen(others))
    audit = audit_image(PICTURE)
    assert (audit.outcome, audit.artists[0]["slug"]) == ("no_known_artist", "the-one")
    assert audit.decision["unjudged"] == {"artists": 1, "works": WORKS}


def test_a_picture_seen_before_is_not_seen_again(others: Encoder, monkeypatch: pytest.MonkeyPatch) -> None:
    calibrated(others)
    first = audit_image(PICTURE)
    first.save()

    def never(*args: object) -> None:
        raise AssertionError("embedded again")

    monkeypatch.setattr(Encoder, "embed", never)
    again = audit_image(PICTURE)
    assert again.decision == first.decision
    assert bytes(again.vector or b"") == bytes(first.vector or b"") != b""


def test_the_level_and_the_failed_one(others: Encoder, settings: Settings) -> None:
    calibrated(others)
    settings.STYLE_ALPHA = 0.01
    audit = audit_image(PICTURE)
    assert (audit.outcome, audit.decision["reasons"]) == ("not_calibrated", ["level_not_attainable"])
    failed = audit_image(b"no picture")
    assert (failed.outcome, failed.decision, failed.calibration) == ("failed", {}, None)


def test_a_key_with_another_generator_is_another_request(others: Encoder, creator: Any) -> None:
    audit, created = audit_once(PICTURE, owner=creator, generator=WEIGHTS, idempotency_key="k")
    assert (created, audit.domain) == (True, Calibration.GENERATED + WEIGHTS)
    with pytest.raises(SimilarityError) as refused:
        audit_once(PICTURE, owner=creator, idempotency_key="k")
    assert refused.value.code == "idempotency_conflict"
    assert Audit.objects.count() == 1
