"""What a report says, and what it never says."""

import re
from pathlib import Path
from typing import Any

import pytest

from provenance.reports.page import html_file
from provenance.reports.rests_on import part_that_counts
from provenance.reports.wording import in_so_many, shown_ratio, tell
from similarity.models import Audit
from tests.provenance.reports.records import copied, make_record

ROOT = Path(__file__).resolve().parents[3]
FORBIDDEN = re.compile(
    r"not AI|\boriginal|infring|stolen|steal|copyrightable|% copied|authorship|training[- ]set|plagiar",
    re.IGNORECASE,
)
OUTCOMES = [
    *("copy", "style_match", "ambiguous", "no_known_artist"),
    *("insufficient_references", "not_calibrated", "failed"),
]


def record_for(outcome: str) -> dict[str, Any]:
    return make_record(outcome, copy=copied() if outcome == "copy" else None)


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_the_first_screen_says_what_how_sure_and_what_not(outcome: str) -> None:
    told = tell(record_for(outcome))
    assert told.found.endswith(".")
    assert any(told.sure)
    assert len(told.not_meant) >= 2
    assert not FORBIDDEN.search(" ".join([told.found, *told.sure, *told.not_meant]))
    assert ("clearance" in " ".join(told.not_meant)) == (
        outcome in ("insufficient_references", "not_calibrated", "failed")
    )


def test_the_bound_is_told_with_its_confidence_and_its_size() -> None:
    assert tell(record_for("style_match")).sure[0] == (
        "Of pictures that imitate nobody, at most 5 in 100 are flagged by mistake; this bound holds with 95 % "
        "confidence and was measured on 1,000 pictures."
    )


def test_a_bound_that_holds_on_average_only_says_so() -> None:
    record = record_for("no_known_artist")
    record["decision"] |= {"guarantee": "average", "domain": "uploads", "n": 24}
    assert tell(record).sure[0] == (
        "Of pictures that imitate nobody, at most 5 in 100 are flagged by mistake on average; this was measured on the "
        "works of 24 artists, too few for a bound that holds with 95 % confidence."
    )


def test_a_ratio_is_told_with_its_interval_and_either_way() -> None:
    record = record_for("style_match")
    assert "about 42 times likelier if the same hand made it" in tell(record).sure[2]
    assert "(between 16 and 85): moderate support for the same hand" in tell(record).sure[2]
    record["decision"]["lr"] = {"log10": -0.7, "low": -1.1, "high": -0.2, "cap": 2}
    assert "about 5 times likelier if another hand" in tell(record).sure[2]
    assert "(between 1.6 and 13): weak support for another hand" in tell(record).sure[2]


@pytest.mark.parametrize(
    ("likelihood", "other"),
    [
        ({"same_style": True}, "another artist, in works catalogued under the same style."),
        ({"same_style": False}, "another artist on record."),
        ({}, "another artist on record."),  # a calibration of before
    ],
)
def test_a_ratio_says_who_the_other_hand_is(likelihood: dict[str, Any], other: str) -> None:
    """Of the same style only where the works of the cohort carry one."""
    record = record_for("style_match")
    record["calibration"]["figures"] = {"likelihood": likelihood}
    assert tell(record).sure[2].endswith(f"for the same hand. “Another hand” means: {other}")
    page = html_file(record)
    assert "The same hand, or another?" in page
    assert "period" not in page


def test_that_nobody_stands_out_claims_no_more_than_was_measured() -> None:
    """A score that did not pass says little: most works by artists on record do not pass either."""
    told = tell(record_for("no_known_artist"))
    assert told.found == "No artist on record stands out: no resemblance is strong enough to be told from chance."
    assert "A resemblance can be there and be too weak to be told from chance." in told.not_meant
    assert str(Audit.Outcome.NO_KNOWN_ARTIST.label) == "no artist stands out"


def test_no_ratio_is_told_of_what_was_not_flagged() -> None:
    """The nearest of many artists was picked because they are near."""
    assert shown_ratio(record_for("style_match")) is not None
    assert shown_ratio(record_for("no_known_artist")) is None
    assert "same hand" not in " ".join(tell(record_for("no_known_artist")).sure)


def test_a_copy_says_whether_its_pixels_were_looked_at() -> None:
    def sure(**fields: Any) -> str:
        return tell(make_record("copy", copy=copied(**fields))).sure[0]

    assert "were laid over" in sure()
    assert "was not confirmed by its pixels" in sure(confirmed=None, method_code="image_code")
    assert "could not be laid over each other" in sure(confirmed=False, method_code="image_code")
    assert "byte for byte" in sure(confirmed=None, method_code="same_file")


@pytest.mark.parametrize(
    ("share", "said"),
    [(0.003, "3 in 1,000"), (0.5, "50 in 100"), (1.0, "100 in 100"), (0.0417, "4.2 in 100"), (1e-7, "0.01 in 100,000")],
)
def test_shares_are_told_as_people_count(share: float, said: str) -> None:
    assert in_so_many(share) == said


def test_the_part_that_counts_is_named() -> None:
    assert "lies at the right: without it the score falls by 0.400, from 4.910" in part_that_counts(
        make_record()["occlusion"]
    )
    assert "No part counts by itself" in part_that_counts({"score": 1.0, "drops": [[-0.1, 0.0]]})


def test_nothing_that_is_shown_uses_a_forbidden_word() -> None:
    """Templates, and every sentence of the package that goes through gettext."""
    files = [
        *(ROOT / "provenance/reports").rglob("*.html"),
        *(ROOT / "provenance/reports").rglob("*.py"),
        *(ROOT / "provenance/web/templates/web").glob("*report*.html"),
        ROOT / "similarity/report.py",
        ROOT / "similarity/replay.py",
        ROOT / "similarity/confirm_copy.py",
    ]
    assert len(files) > 10
    found = [f"{path.name}: {hit.group()}" for path in files for hit in FORBIDDEN.finditer(path.read_text())]
    assert found == []
