"""Calibrations: made, compared, accepted with a reason, refused when anything does not match."""

import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from django.db import connection
from django.utils import timezone
from pytest_django.fixtures import Settings

from similarity import bundled_calibrations
from similarity import judge as judge_module
from similarity.bundled_calibrations import load_bundle, write_bundle
from similarity.calibrate import background_of, calibrate, changes
from similarity.calibration import accept, accepted_of, in_force, numbers_of, reject, sha256_of
from similarity.enrol import withdraw
from similarity.errors import SimilarityError
from similarity.judge import judge_of, open_judge
from similarity.judge_set import judge_set
from similarity.models import Artist, Audit, Calibration, Reference
from similarity.style.fit import Background
from tests.similarity.collections import DIMENSION, ENCODER, Collection, make_collection, unit

pytestmark = pytest.mark.django_db

GENERATED = Calibration.GENERATED + "ab" * 32


def draft_of(domain: str = Calibration.UPLOADS, **options: object) -> Calibration:
    return calibrate(encoder=ENCODER, dimension=DIMENSION, domain=domain, **options)  # type: ignore[arg-type]


def made(n: int, *, seed: int = 5) -> Background:
    vectors = unit(np.random.default_rng(seed).normal(size=(n, DIMENSION)))
    return Background(vectors, tuple(f"prompt {i}" for i in range(n)), tuple(map(str, range(n))))


@pytest.fixture
def collection(db: None) -> Collection:
    return make_collection()


def test_a_draft_judges_nobody_until_it_is_accepted_with_a_reason(collection: Collection) -> None:
    draft = draft_of()
    assert (draft.state, draft.artists, draft.works, draft.units) == ("draft", 24, 288, 24)
    assert draft.sha256 == sha256_of(Calibration.objects.get())
    assert open_judge(collection.index, encoder=ENCODER, domain="uploads") is None
    with pytest.raises(SimilarityError) as refused:
        accept(draft, reason="  ", by="ada")
    assert refused.value.code == "reason_missing"
    assert in_force() == []

    accepted = accept(draft, reason="first", by="ada")
    assert (accepted.state, accepted.reason, accepted.decided_by) == ("accepted", "first", "ada")
    assert accepted.decided_at is not None
    judge = open_judge(collection.index, encoder=ENCODER, domain="uploads")
    assert judge is not None
    assert judge.calibration == accepted
    assert [row["sha256"] for row in in_force()] == [draft.sha256]
    with pytest.raises(SimilarityError, match="before"):
        accept(accepted, reason="again", by="ada")
    with pytest.raises(SimilarityError, match="before"):
        reject(accepted, reason="no", by="ada")


def test_ratios_say_whether_other_hands_are_of_the_same_style(collection: Collection) -> None:
    """In a collection without styles everybody counts; one style among others leaves somebody without."""
    styled = draft_of().figures["likelihood"]
    assert (styled["same_style"], styled["artists"], styled["trials"]) == (True, 24, 288 * 24)
    Reference.objects.filter(artist__slug__gte="artist-12").update(style="")
    assert draft_of().figures["likelihood"]["same_style"] is False
    Reference.objects.update(style="")
    bare = draft_of().figures["likelihood"]
    assert bare == {**styled, "same_style": False}
    for number, artist in enumerate(Artist.objects.all()):
        artist.references.update(style=f"style {number}")
    alone = draft_of()
    assert alone.figures["likelihood"] == {"artists": 0, "trials": 288, "same_style": False}
    assert sha256_of(alone) == alone.sha256


def test_another_takes_its_place_and_a_slower_one_is_told_so(collection: Collection) -> None:
    first, second, third = draft_of(), draft_of(), draft_of()
    accept(first, reason="first", by="ada")
    for late in (second, third):
        with pytest.raises(SimilarityError) as refused:
            accept(late, reason="late", by="ben")
        assert refused.value.code == "calibration_superseded"
    fourth = draft_of()
    assert fourth.previous_id == first.pk
    accept(fourth, reason="more works", by="ben")
    states = {row.pk: row.state for row in Calibration.objects.all()}
    assert states == {first.pk: "retired", second.pk: "draft", third.pk: "draft", fourth.pk: "accepted"}
    assert reject(second, reason="superseded", by="ben").state == "rejected"


@pytest.mark.django_db(transaction=True)
def test_of_two_who_accept_at_once_one_wins(db: None) -> None:
    make_collection(artists=24, works=10)
    drafts = [draft_of(), draft_of()]
    told: list[str] = []
    gate = threading.Barrier(2)

    def go(draft: Calibration) -> None:
        gate.wait()
        try:
            accept(draft, reason="me", by="somebody")
            told.append("accepted")
        except SimilarityError as error:
            told.append(error.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=go, args=(draft,)) for draft in drafts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(told) == ["accepted", "calibration_superseded"]
    assert Calibration.objects.filter(state="accepted").count() == 1


def test_killed_in_the_middle_it_leaves_nothing(collection: Collection) -> None:
    for dies_at in ("scores", "likelihood ratios", "sets"):

        def step(name: str, dies_at: str = dies_at) -> None:
            if name == dies_at:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            draft_of(on_step=step)
    assert Calibration.objects.count() == 0


def test_too_few_artists(db: None) -> None:
    make_collection(artists=1)
    with pytest.raises(SimilarityError) as refused:
        draft_of()
    assert (refused.value.code, Calibration.objects.count()) == ("too_few_artists", 0)


def test_what_attains_no_level_cannot_be_accepted(db: None) -> None:
    make_collection(artists=8)
    draft = draft_of()
    assert [facts["value"] for facts in draft.thresholds] == [None, None]
    with pytest.raises(SimilarityError) as refused:
        accept(draft, reason="try", by="ada")
    assert refused.value.code == "level_not_attainable"


def test_only_the_artists_named_are_the_background(collection: Collection) -> None:
    some = {f"artist-{a:02d}" for a in range(20)}
    draft = draft_of(only=some)
    assert (draft.units, draft.artists) == (20, 24)
    assert set(np.unique(numbers_of(draft).unit)) == set(range(20))
    with pytest.raises(SimilarityError, match="too few"):
        draft_of(only={"artist-00", "nobody"})
    with pytest.raises(SimilarityError) as refused:
        draft_of(strategy="guess")
    assert refused.value.code == "unknown_strategy"


def test_a_generators_pictures_are_kept_for_the_next_time(collection: Collection) -> None:
    facts = {"name": "mini", "weights_sha256": "ab" * 32}
    draft = draft_of(GENERATED, background=made(60), generator=facts)
    assert (draft.units, draft.generator) == (60, facts)
    assert [t["guarantee"] for t in draft.thresholds] == ["none", "confident"]
    assert [t["confidence"] for t in draft.thresholds] == [None, 0.95]
    again = background_of(draft)
    assert again.prompts == made(60).prompts
    assert np.abs(again.vectors - made(60).vectors).max() < 1e-3
    second = draft_of(GENERATED, background=again, generator=facts)
    assert second.thresholds[1]["value"] == pytest.approx(draft.thresholds[1]["value"], abs=0.01)
    with pytest.raises(SimilarityError) as refused:
        background_of(draft_of())
    assert refused.value.code == "no_pictures"


def test_a_calibration_can_be_made_with_more_confidence(collection: Collection) -> None:
    facts = {"name": "mini", "weights_sha256": "ab" * 32}
    usual, careful = (
        draft_of(GENERATED, background=made(200), generator=facts, strategy="query", confidence=confidence).thresholds[
            1
        ]
        for confidence in (0.95, 0.999)
    )
    assert (usual["confidence"], careful["confidence"]) == (0.95, 0.999)
    assert usual["rank"] > careful["rank"]
    assert usual["value"] < careful["value"]
    for confidence in (0.9, 0.999999, -1.0):
        with pytest.raises(SimilarityError) as refused:
            draft_of(confidence=confidence)
        assert refused.value.code == "bad_confidence"
    assert Calibration.confidence_of({"guarantee": "confident"}) == 0.95  # a calibration from before it was told


def test_a_row_that_was_changed_judges_nobody(collection: Collection) -> None:
    row = collection.calibrated()
    assert numbers_of(row).slugs == judge_of(row, collection.index).cohort.slugs
    thresholds = [{**facts, "value": 0.0} for facts in row.thresholds]
    Calibration.objects.filter(pk=row.pk).update(thresholds=thresholds)
    withdraw(Reference.objects.filter(sha256__in=Reference.objects.values_list("sha256", flat=True)[:1]))
    with pytest.raises(SimilarityError) as refused:
        open_judge(collection.index, encoder=ENCODER, domain="uploads")
    assert refused.value.code == "calibration_damaged"


def test_a_draft_that_was_changed_cannot_be_accepted(collection: Collection) -> None:
    accept(draft_of(), reason="first", by="ada")
    draft = draft_of()
    Calibration.objects.filter(pk=draft.pk).update(thresholds=[{**facts, "value": 0.0} for facts in draft.thresholds])
    with pytest.raises(SimilarityError) as refused:
        accept(draft, reason="second", by="ada")
    assert refused.value.code == "calibration_damaged"
    assert [row["sha256"] for row in in_force()] == [Calibration.objects.get(reason="first").sha256]


def test_a_work_that_was_asked_to_leave_counts_until_it_is_gone(collection: Collection) -> None:
    before = judge_of(collection.calibrated(), collection.index)
    Reference.objects.filter(artist__slug="artist-00").update(leaving_since=timezone.now())
    judge_module._open.clear()  # as in another process
    assert (judge_of(Calibration.objects.get(), collection.index).cohort.sha256s == before.cohort.sha256s).all()
    assert draft_of().artists == 23


def audit_of(vector: np.ndarray, **fields: object) -> Audit:
    values = {"image_sha256": "cd" * 32, "outcome": "not_calibrated", "encoder": ENCODER, "domain": "uploads"}
    return Audit.objects.create(**{**values, "vector": vector.astype("<f4").tobytes(), **fields})


def test_what_would_change_is_shown_and_nothing_is_changed(collection: Collection) -> None:
    works = collection.works_of(3, 3, seed=9)
    for vector in works:
        audit_of(vector)
    audit_of(works[0], outcome="copy")
    audit_of(works[0], outcome="style_match", artist_name="Artist 3")
    audit_of(works[0], encoder="f" * 64)
    audit_of(works[0], domain=GENERATED)
    Audit.objects.create(image_sha256="00" * 32, outcome="not_calibrated", encoder=ENCODER, domain="uploads")

    found = changes(draft_of(), collection.index)
    assert (found.compared, found.counts) == (4, {("not_calibrated", "style_match"): 3})
    assert {change.artist_after for change in found.named} == {"Artist 3"}
    assert Audit.objects.filter(outcome="style_match").count() == 1


def test_another_group_is_another_outcome(collection: Collection) -> None:
    """Given the same outcome and the same first name, when others were named beside it, then that is a change."""
    both = unit(collection.hands[3] + collection.hands[4])
    draft = draft_of()
    decision = judge_of(draft, collection.index).decide(both)
    first, second = (candidate.artist for candidate in decision.candidates)
    for beside in (second, "Artist 9"):
        candidates = [{"artist": name, "slug": ""} for name in (first, beside)]
        audit_of(both, outcome="ambiguous", artist_name=first, decision={"candidates": candidates})
    (change,) = changes(draft, collection.index).named
    assert (change.before, change.after) == ("ambiguous", "ambiguous")
    assert (change.artist_before, change.artist_after) == (f"{first}, Artist 9", f"{first}, {second}")


def test_audits_that_another_calibration_judged_are_stale(collection: Collection) -> None:
    unjudged = audit_of(collection.works_of(1, 1)[0])
    copy = audit_of(collection.works_of(1, 1)[0], outcome="copy")
    elsewhere = audit_of(collection.works_of(1, 1)[0], domain=GENERATED)
    assert not Audit.objects.stale().exists()
    first = collection.calibrated()
    judged = audit_of(collection.works_of(1, 1)[0], outcome="style_match", calibration=first)
    assert list(Audit.objects.stale()) == [unjudged]
    collection.calibrated()
    assert set(Audit.objects.stale()) == {unjudged, judged}
    assert [audit.is_stale for audit in (judged, copy, elsewhere)] == [True, False, False]
    assert Audit.objects.get(pk=judged.pk).outcome == "style_match"


def test_scores_that_the_index_found_serve_where_its_works_are_the_cohort(collection: Collection) -> None:
    judge = judge_of(collection.calibrated(), collection.index)
    vector = collection.works_of(3, 1)[0]
    own, found = judge.decide(vector), collection.index.artist_scores(vector)
    shared = judge.decide(vector, found)
    assert (
        (shared.outcome, shared.candidates[0].slug)
        == (own.outcome, own.candidates[0].slug)
        == ("style_match", "artist-03")
    )
    assert shared.statistic == pytest.approx(own.statistic, abs=1e-5)

    # Told otherwise by the index, it is decided otherwise; told of one artist less, it compares by itself.
    low = [replace(score, score=0.0) for score in found]
    assert judge.decide(vector, low).outcome == "no_known_artist"
    assert judge.decide(vector, low[1:]).statistic == own.statistic


def test_too_much_of_the_cohort_gone_is_not_calibrated(collection: Collection) -> None:
    judge = judge_of(collection.calibrated(), collection.index)
    vector = collection.works_of(3, 1)[0]
    assert judge.decide(vector).outcome == "style_match"

    withdraw(Reference.objects.filter(artist__slug="artist-00"))
    fewer = judge_of(Calibration.objects.get(), collection.index)
    decision = fewer.decide(vector)
    assert (decision.outcome, decision.unjudged) == ("style_match", {"artists": 0, "works": 0})
    assert len(fewer.cohort.slugs) == 23

    withdraw(Reference.objects.filter(artist__slug="artist-01"))
    decision = judge_of(Calibration.objects.get(), collection.index).decide(vector)
    assert (decision.outcome, decision.reasons, decision.threshold) == ("not_calibrated", ("cohort_changed",), None)

    withdraw(Reference.objects.all())
    nobody = judge_of(Calibration.objects.get(), collection.index)
    decision = nobody.decide(vector)
    assert (decision.reasons, decision.statistic) == (("cohort_changed",), None)
    together = judge_set(nobody, collection.works_of(3, 2), ["a", "b"])
    assert (together.outcome, together.reasons, together.groups) == ("not_calibrated", ("cohort_changed",), 2)
    audit_of(vector)
    assert changes(Calibration.objects.get(), collection.index).compared == 1


def test_bundled_calibrations_are_put_into_force_once_and_only_where_they_fit(
    collection: Collection, tmp_path: Path
) -> None:
    path = tmp_path / "calibration.npz"
    with pytest.raises(SimilarityError, match="No calibration"):
        write_bundle(path)
    row = collection.calibrated()
    accept(
        draft_of(GENERATED, background=made(60), generator={"name": "mini", "weights_sha256": "ab" * 32}),
        reason="x",
        by="y",
    )
    assert write_bundle(path) == 2
    assert load_bundle(path, encoder=ENCODER) == []  # they are in force already
    Calibration.objects.all().delete()
    assert load_bundle(path, encoder="f" * 64) == []
    put = load_bundle(path, encoder=ENCODER)
    assert sorted(p.domain for p in put) == [GENERATED, "uploads"]
    again = Calibration.objects.get(domain="uploads")
    assert (again.sha256, again.state, again.reason) == (row.sha256, "accepted", bundled_calibrations.REASON)
    assert judge_of(again, collection.index).decide(collection.works_of(3, 1)[0]).outcome == "style_match"
    assert [c.generator["name"] for c in accepted_of(Calibration.GENERATED)] == ["mini"]

    Calibration.objects.all().delete()
    withdraw(Reference.objects.filter(artist__slug="artist-00"))
    assert load_bundle(path, encoder=ENCODER) == []
    assert load_bundle(tmp_path / "none.npz", encoder=ENCODER) == []
    path.write_bytes(b"no archive")
    with pytest.raises(SimilarityError) as refused:
        load_bundle(path, encoder=ENCODER)
    assert refused.value.code == "calibrations_unreadable"


def test_the_level_is_a_setting(collection: Collection, settings: Settings) -> None:
    judge = judge_of(collection.calibrated(), collection.index)
    settings.STYLE_ALPHA = 0.01
    decision = judge.decide(collection.works_of(3, 1)[0])
    assert (decision.outcome, decision.reasons) == ("not_calibrated", ("level_not_attainable",))
    assert decision.statistic is not None
