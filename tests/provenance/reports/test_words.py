"""What a report says, and what it never says."""

import re
from pathlib import Path
from typing import Any

import pytest

from provenance.reports.how_sure import as_close, in_so_many, ratio, those_judged
from provenance.reports.page import context, html_file
from provenance.reports.rests_on import part_that_counts
from provenance.reports.wording import guarantee, shown_ratio, tell, trained_on
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


def test_the_bound_is_told_as_what_is_very_likely() -> None:
    assert tell(record_for("style_match")).sure == (
        "It is a reason to compare by eye, and no proof.",
        "Of many pictures that the model makes when it is asked for nobody's style, this method wrongly reports a "
        "resemblance for no more than 5 in 100. The limit of 5 rests on measurements, and very likely "
        "holds.",
        "That limit is not the chance that this finding is a mistake, which cannot be known.",
    )


def test_a_bound_that_holds_on_average_only_says_so() -> None:
    record = record_for("style_match")
    record["decision"] |= {"guarantee": "average", "domain": "uploads", "n": 24}
    assert tell(record).sure[1] == (
        "Of many pictures by artists other than the 136 artists compared, this method wrongly reports a "
        "resemblance for no more than 5 in 100, as far as so few measurements tell."
    )


def test_what_a_level_promises_names_its_confidence() -> None:
    bound: dict[str, Any] = {"guarantee": "confident"}
    levels = [bound | {"confidence": 0.9999}, bound, {"guarantee": "average"}, {"guarantee": "none"}]
    assert [guarantee(level) for level in levels] == [
        "bound, with 99.99 % confidence",
        "bound, with 95 % confidence",  # a calibration from before it was written down
        "on average",
        "not attainable with so few",
    ]


def test_artists_who_were_not_judged_are_not_counted_among_those_who_were() -> None:
    decision = record_for("no_known_artist")["decision"] | {
        "domain": "uploads",
        "unjudged": {"artists": 36, "works": 1},
    }
    assert those_judged(decision, 136) == "the 100 artists compared"
    assert those_judged(decision, 37) == "the artist compared"
    assert those_judged(decision, None) == "the artists compared"  # an audit of before
    record = record_for("no_known_artist")
    record["decision"] |= {"unjudged": {"artists": 36, "works": 1}}
    assert tell(record).found == "It does not clearly resemble the works of any of the 100 artists compared."


def test_a_p_value_is_told_of_pictures_like_it_beside_the_plot() -> None:
    record = record_for("style_match")
    said = as_close("style_match", record["decision"], 136)
    assert "look as close to one of the 136 artists compared as this picture does." in said
    assert said.endswith("That is not the chance that the finding is a mistake.")
    of_uploads = as_close("no_known_artist", record["decision"] | {"domain": "uploads", "p_value": 0.06}, 136)
    assert of_uploads == (
        "Of pictures by artists other than the 136 artists compared, about 6 in 100 look as close to one of the 136 "
        "artists compared as this picture does."
    )
    assert "mistake" not in as_close("no_known_artist", record["decision"], 136)
    assert said not in tell(record).sure
    assert "look as close to one of the 136 artists compared as this picture does." in html_file(record)
    assert not as_close("style_match", record["decision"] | {"p_value": None}, 136)
    assert not as_close("copy", record["decision"], 136)
    assert not as_close("insufficient_references", record["decision"], 136)


@pytest.mark.parametrize(
    ("domain", "power", "said"),
    [
        (
            "uploads",
            0.081,
            "This finding says little: of works that really are by one of the 136 artists compared, this method ",
        ),
        (
            "uploads",
            0.8,
            "This finding can be wrong: of works that really are by one of the 136 artists compared, this method ",
        ),
        (
            "generated:aa",
            0.14,
            "This finding says little: even of works that really are by one of the 136 artists compared, only about ",
        ),
        (
            "generated:aa",
            0.8,
            "This finding can be wrong: of works that really are by one of the 136 artists compared, about 80 in 100 ",
        ),
    ],
)
def test_what_found_nothing_tells_how_much_is_missed(domain: str, power: float, said: str) -> None:
    record = record_for("no_known_artist")
    record["decision"] |= {"strategy": "both", "domain": domain}
    record["calibration"]["figures"] = {"strategies": {"both": {"0.05": {"power": power}}}}
    assert tell(record).sure[0].startswith(said)
    assert in_so_many(power) in tell(record).sure[0]
    record["calibration"]["figures"] = {}
    assert tell(record).sure == ("A resemblance can be there and be too weak to show.",)


def test_a_subject_that_explains_it_is_not_told_as_a_weak_score() -> None:
    record = record_for("no_known_artist")
    record["decision"] |= {"reasons": ["shared_subject"]}
    assert tell(record).sure == (
        "Its score alone would have been enough. The subject explains it as well as the style does.",
    )


@pytest.mark.parametrize(
    ("names", "count", "domain", "said"),
    [
        (["Ada"], 136, "generated:aa", "Ada, and others: 136 artists in all"),
        ([], 1360, "generated:aa", "1,360 artists, none of them among the nearest here"),
        (["Ada", "Bo"], 2, "generated:aa", "Ada, Bo"),
        (["Ada"], None, "generated:aa", "Ada"),  # an audit of before
        ([], None, "generated:aa", "(its passport does not say)"),
        ([], None, "uploads", ""),
    ],
)
def test_whose_works_a_model_learnt_from(names: list[str], count: int | None, domain: str, said: str) -> None:
    facts = {"trained_on": [{"artist": name} for name in names], "trained_on_artists": count}
    assert trained_on(facts, domain) == said
    assert trained_on({"trained_on": []}, domain) == ""  # an audit from before passports listed them


def test_a_ratio_is_told_with_its_interval_and_either_way() -> None:
    lr = record_for("style_match")["decision"]["lr"]
    assert "about 42 times as often as works by two artists do (between 16 and 85)" in ratio(lr, {})
    assert "moderate support for one hand" in ratio(lr, {})
    assert "who was picked as the nearest of all" in ratio(lr, {})
    against = {"log10": -0.7, "low": -1.1, "high": -0.2, "cap": 2}
    assert "about 5 times as rarely as works by two artists do (between 1.6 and 13)" in ratio(against, {})
    assert "weak support for another hand" in ratio(against, {})


def test_a_ratio_at_its_cap_is_the_most_that_can_be_shown() -> None:
    said = ratio({"log10": 1.602, "low": 1.2, "high": 1.602, "cap": 1.602}, {})
    assert "about 40 times as often as works by two artists do, the most that so few artists can show" in said
    assert "between" not in said
    record = record_for("style_match")
    record["decision"]["lr"] = {"log10": 0.0, "low": 0.0, "high": 0.0, "cap": 0.0}  # no trials
    assert shown_ratio(record) is None


@pytest.mark.parametrize(
    ("likelihood", "others"),
    [
        ({"same_style": True}, "as works by two artists of one style do"),
        ({"same_style": False}, "as works by two artists do"),
        ({}, "as works by two artists do"),  # a calibration of before
    ],
)
def test_a_ratio_says_who_the_others_are(likelihood: dict[str, Any], others: str) -> None:
    """Of the same style only where the works of the cohort carry one."""
    record = record_for("style_match")
    record["calibration"]["figures"] = {"likelihood": likelihood}
    page = html_file(record)
    assert others in page
    assert "These are not the odds that the artist made this picture" in page
    assert "The same hand, or another?" in page
    assert "period" not in page


def test_that_nobody_stands_out_claims_no_more_than_was_measured() -> None:
    """A score that did not pass says little: most works by artists on record do not pass either."""
    told = tell(record_for("no_known_artist"))
    assert told.found == "It does not clearly resemble the works of any of the 136 artists compared."
    assert told.not_meant[0].startswith("It does not rule out that one of these artists")
    assert str(Audit.Outcome.NO_KNOWN_ARTIST.label) == "no artist stands out"


def test_no_ratio_is_told_of_what_was_not_flagged() -> None:
    """The nearest of many artists was picked because they are near."""
    assert shown_ratio(record_for("style_match")) is not None
    assert shown_ratio(record_for("no_known_artist")) is None
    assert "one hand" not in " ".join(tell(record_for("no_known_artist")).sure)


def test_a_copy_says_whether_its_pixels_were_looked_at() -> None:
    def sure(**fields: Any) -> str:
        return tell(make_record("copy", copy=copied(**fields))).sure[0]

    assert "were laid over" in sure()
    assert "was not confirmed by its pixels" in sure(confirmed=None, method_code="image_code")
    assert "could not be laid over each other" in sure(confirmed=False, method_code="image_code")
    assert "byte for byte" in sure(confirmed=None, method_code="same_file")


@pytest.mark.parametrize(
    ("confirmed", "said"), [(True, "It is the same"), (None, "It is the same"), (False, "It may be the same")]
)
def test_what_the_pixels_speak_against_is_not_told_as_a_fact(confirmed: bool | None, said: str) -> None:
    record = make_record("copy", copy=copied(confirmed=confirmed, method_code="image_code"))
    assert tell(record).found.startswith(f"{said} picture as a known work")


@pytest.mark.parametrize(
    ("share", "said"),
    [
        (0.003, "about 3 in 1,000"),
        (0.5, "about 50 in 100"),
        (1.0, "about 100 in 100"),
        (0.0417, "about 4 in 100"),
        (0.0073, "about 7 in 1,000"),
        (1e-7, "fewer than 1 in 100,000"),
    ],
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


def test_the_table_of_errors_tells_what_is_missed_too() -> None:
    record = record_for("no_known_artist")
    record["decision"] |= {"strategy": "both"}
    record["calibration"]["figures"] = {"strategies": {"both": {"0.01": {"power": 0.0}, "0.05": {"power": 0.081}}}}
    assert [level["told"] for level in context(record)["levels"]] == ["", "8.1 %"]  # no threshold, no power
    assert "<td>8.1 %</td>" in html_file(record)
    record["calibration"]["figures"] = {}
    assert [level["told"] for level in context(record)["levels"]] == ["", ""]
