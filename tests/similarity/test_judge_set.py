"""Many pictures judged as one."""

from dataclasses import replace

import numpy as np
import pytest

from similarity.calibrate import calibrate
from similarity.calibration import accept
from similarity.judge import Judge, judge_of
from similarity.judge_set import _neutral, judge_set
from similarity.models import Calibration
from similarity.style.fit import Background
from tests.similarity.collections import Collection, make_collection, unit

pytestmark = pytest.mark.django_db


@pytest.fixture
def collection(db: None) -> Collection:
    return make_collection()


@pytest.fixture
def judge(collection: Collection) -> Judge:
    return judge_of(collection.calibrated(), collection.index)


def test_ten_works_in_one_hand_are_told_to_it(collection: Collection, judge: Judge) -> None:
    found = judge_set(judge, collection.works_of(3, 10), list(range(10)), alpha=0.05)

    assert (found.outcome, found.n, found.groups, found.size) == ("style_match", 10, 10, 10)
    assert [lean.slug for lean in found.candidates] == ["artist-03"]
    assert found.statistic is not None
    assert found.threshold is not None
    assert found.statistic > found.threshold
    assert found.leans[0] == found.candidates[0]
    assert (found.leans[0].nearest, found.leans[0].references, found.leans[0].artist) == (10, 12, "Artist 3")
    assert (found.guarantee, found.units) == ("average", 24)
    assert found.p_value == pytest.approx(1 / 25)
    assert found.calibration == {"id": str(judge.calibration.pk), "sha256": judge.calibration.sha256}


def test_works_of_somebody_unknown_are_told_to_nobody(collection: Collection, judge: Judge) -> None:
    found = judge_set(judge, collection.works_of(99, 10), list(range(10)), alpha=0.05)
    assert (found.outcome, found.candidates, found.reasons) == ("no_known_artist", (), ("below_threshold",))
    assert found.p_value is not None
    assert found.p_value > 0.05
    assert not any(lean.alarm for lean in found.leans)


def test_uploads_are_judged_and_nobody_is_watched(collection: Collection, judge: Judge) -> None:
    """Given 200 works that each lean on one artist: by one hand, they are no 200 proofs. The set's judgement stands."""
    found = judge_set(judge, collection.works_of(3, 200), list(range(200)), alpha=0.05)
    assert (found.outcome, found.candidates[0].slug) == ("style_match", "artist-03")
    assert found.watch is None
    assert {(lean.fortune, lean.alarm) for lean in found.leans} == {(None, False)}


def test_pictures_between_two_hands_name_both(collection: Collection, judge: Judge) -> None:
    """Twenty, of which there are no sets in the background: the next smaller size is used."""
    between = unit(collection.works_of(3, 20) + collection.works_of(4, 20))
    found = judge_set(judge, between, list(range(20)), alpha=0.05)
    assert (found.groups, found.size) == (20, 10)
    assert found.outcome == "ambiguous"
    assert {lean.slug for lean in found.candidates[:2]} == {"artist-03", "artist-04"}


def test_pictures_of_one_prompt_are_one_picture(collection: Collection, judge: Judge) -> None:
    """Given ten pictures of one prompt, then there is one independent picture, and no set to judge."""
    found = judge_set(judge, collection.works_of(3, 10), ["a river"] * 10, alpha=0.05)
    assert (found.outcome, found.n, found.groups, found.size) == ("not_calibrated", 10, 1, None)
    assert found.reasons == ("too_few_pictures",)
    assert found.candidates == ()
    assert found.leans[0].slug == "artist-03"

    two = judge_set(judge, collection.works_of(3, 10), ["a river"] * 9 + ["a church"], alpha=0.05)
    assert (two.groups, two.size) == (2, 2)


def test_a_level_that_cannot_be_attained_is_no_threshold(collection: Collection, judge: Judge) -> None:
    found = judge_set(judge, collection.works_of(3, 10), list(range(10)), alpha=0.01)
    assert (found.outcome, found.reasons, found.threshold) == ("not_calibrated", ("level_not_attainable",), None)


def test_a_decision_is_plain_json(collection: Collection, judge: Judge) -> None:
    facts = judge_set(judge, collection.works_of(3, 5), list(range(5)), alpha=0.05).facts()
    assert facts["domain"] == Calibration.UPLOADS
    assert facts["candidates"][0]["slug"] == "artist-03"
    assert set(facts["leans"][0]) == {"slug", "artist", "mean", "nearest", "references", "fortune", "alarm"}


def of_a_model(collection: Collection, pictures: int) -> tuple[Judge, np.ndarray]:
    """The judge of a model that was calibrated with so many neutral *pictures*, and these."""
    vectors = unit(np.random.default_rng(3).normal(size=(pictures, collection.dimension)))
    numbers = tuple(str(number) for number in range(pictures))
    draft = calibrate(
        encoder=collection.encoder,
        dimension=collection.dimension,
        domain=f"{Calibration.GENERATED}{'0' * 64}",
        background=Background(vectors, numbers, numbers),
        generator={"name": "a-model"},
    )
    return judge_of(accept(draft, reason="x", by="tests"), collection.index), vectors


def test_a_models_pictures_are_watched_from_the_first_to_the_last(collection: Collection) -> None:
    """Given twenty in one hand after forty that imitate nobody, that artist stands out, and as the set's facts say."""
    judge, _made = of_a_model(collection, 1000)
    neutral = unit(np.random.default_rng(4).normal(size=(40, collection.dimension)))
    series = np.concatenate([neutral, collection.works_of(3, 20)])

    found = judge_set(judge, series, list(range(60)), alpha=0.05)

    assert [lean.slug for lean in found.leans if lean.alarm] == ["artist-03"]
    assert found.facts()["watch"] == {"artists": 24, "units": 1000, "confidence": 0.95, "bound": 2.6812}
    quiet = judge_set(judge, neutral, list(range(40)), alpha=0.05)
    assert quiet.watch == found.watch
    assert all(lean.fortune is not None and not lean.alarm for lean in quiet.leans)
    one = judge_set(judge, series, ["a river"] * 60, alpha=0.05)
    assert not any(lean.alarm for lean in one.leans), "pictures of one prompt are one"


def test_a_watch_is_measured_with_the_works_that_are_here(collection: Collection) -> None:
    """Given that a work left since the calibration, its pictures are compared again without it."""
    judge, _made = of_a_model(collection, 200)
    cohort = judge.cohort
    kept = np.arange(len(cohort.own)) != 0
    shrunk = replace(
        judge,
        cohort=replace(
            cohort,
            vectors=cohort.vectors[kept],
            sha256s=cohort.sha256s[kept],
            own=cohort.own[kept],
            styles=cohort.styles[kept],
        ),
    )
    found, units = _neutral(judge), _neutral(shrunk)
    assert units.shape == found.shape == (200, 24)
    assert (units[:, 0] != found[:, 0]).any()
    assert units[:, 1:] == pytest.approx(found[:, 1:], abs=0.05)


def test_a_model_with_few_sets_of_a_size_is_judged_by_a_smaller_one(collection: Collection) -> None:
    """Given 60 neutral pictures, there are three sets of 20 and thirty of 2, and only those attain 5 %."""
    judge, vectors = of_a_model(collection, 60)

    found = judge_set(judge, collection.works_of(3, 20), list(range(20)), alpha=0.05)
    assert (found.groups, found.size, found.guarantee) == (20, 2, "average")
    assert found.candidates[0].slug == "artist-03"
    neutral = judge_set(judge, unit(vectors[:20]), list(range(20)), alpha=0.05)
    assert neutral.outcome == "no_known_artist"
    assert judge_set(judge, vectors[:20], list(range(20)), alpha=0.01).reasons == ("level_not_attainable",)
