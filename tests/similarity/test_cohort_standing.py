"""What stands of a calibration's works is counted as the judge counts them, and without numpy."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from pytest_django.fixtures import Settings

from similarity import cohort_standing, judge, search
from similarity import index as index_module
from similarity.cohort_standing import Standing, standing_of
from similarity.enrol import ArtistFacts, NewWork, enrol, withdraw
from similarity.judge import judge_of
from similarity.models import Calibration, Reference
from tests import factories
from tests.similarity.collections import Collection, make_collection

pytestmark = pytest.mark.django_db


@pytest.fixture
def collection(settings: Settings, tmp_path: Path) -> Collection:
    settings.INDEX_DIR = tmp_path / "index"
    index_module._open.clear()
    cache.clear()
    return make_collection()


def _gone(count: int, *, artist: str = "") -> None:
    """Withdraw so many works, of one artist or one of each."""
    works = Reference.objects.filter(artist__slug=artist) if artist else Reference.objects.filter(title="Work 0")
    withdraw(
        Reference.objects.filter(
            pk__in=list(works.order_by("artist__slug", "title").values_list("pk", flat=True)[:count])
        )
    )


def _light(row: Calibration) -> Calibration:
    return Calibration.objects.light().get(pk=row.pk)


def test_the_limits_are_the_judges() -> None:
    assert cohort_standing.MAY_BE_MISSING == judge.MAY_BE_MISSING
    assert cohort_standing.ENOUGH_WORKS == search.ENOUGH_REFERENCES


# Of 288 works 14 may be missing: 14.4 are 5 %, and from 7.2 on it is said.
@pytest.mark.parametrize(
    ("gone", "near", "judges"),
    [(0, False, True), (7, False, True), (8, True, True), (14, True, True), (15, True, False)],
)
def test_it_tells_what_the_judge_will_do(collection: Collection, gone: int, near: bool, judges: bool) -> None:
    row = _light(collection.calibrated())
    _gone(gone)

    told = standing_of(row)

    assert told == Standing(works=288, artists=24, missing=gone, may_be_missing=14, unjudged=0)
    assert (told.near_limit, told.judges) == (near, judges)
    assert judge_of(row, collection.index).is_whole() is judges


def test_an_artist_with_too_few_left_is_gone_with_all_works(collection: Collection) -> None:
    row = collection.calibrated()
    _gone(3, artist="artist-05")

    told = standing_of(row)

    assert told == Standing(works=288, artists=23, missing=12, may_be_missing=14, unjudged=9)
    facts = judge_of(row, collection.index).facts()
    assert facts["unjudged"] == {"artists": 1, "works": 9}


def test_works_that_came_since_are_not_judged(collection: Collection) -> None:
    row = collection.calibrated()
    assert standing_of(row) == Standing(288, 24, 0, 14, 0)
    vectors = collection.works_of(40, 3)
    enrol(
        [
            NewWork(artist=ArtistFacts("new", "New"), sha256=f"{n:064x}", code=bytes(32), vector=vector)
            for n, vector in enumerate(vectors)
        ],
        encoder=collection.encoder,
    )
    assert standing_of(row) == Standing(288, 24, 0, 14, 3)
    assert judge_of(row, collection.index).facts()["unjudged"]["works"] == 3


def test_it_is_counted_once_until_vectors_change(
    collection: Collection, django_assert_num_queries: Callable[..., Any]
) -> None:
    row = _light(collection.calibrated())
    with django_assert_num_queries(3):  # the watermark, the arrays, the works
        first = standing_of(row)
    again = _light(row)
    with django_assert_num_queries(1):
        assert standing_of(again) == first


@pytest.mark.parametrize("numbers", [b"", b"no archive"])
def test_a_row_without_its_cohort_tells_nothing(numbers: bytes) -> None:
    assert standing_of(factories.make_calibration(numbers=numbers)) is None


def test_an_array_that_is_not_the_cohort_tells_nothing(collection: Collection) -> None:
    row = collection.calibrated()
    row.cohort = "ab" * 32
    row.sha256 = "cd" * 32
    assert standing_of(row) is None


def test_counting_loads_no_numpy() -> None:
    program = (
        "import os, sys, django; os.environ['DJANGO_SETTINGS_MODULE'] = 'config.settings'; django.setup()\n"
        "import similarity.cohort_standing\n"
        "print('numpy' in sys.modules)"
    )
    root = Path(__file__).resolve().parent.parent.parent
    done = subprocess.run([sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
