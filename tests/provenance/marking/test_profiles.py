from typing import Any

import pytest

from provenance.marking.errors import MarkingError
from provenance.marking.preflight import Facts, Preflight, preflight
from provenance.marking.profiles import ALWAYS, BUILT_IN, MINING, all_profiles, profile

PICTURE = Facts(width=1024, height=768, media_type="image/png", provider_name="Atelier", provider_code="0019X")


def _codes(found: Preflight) -> tuple[set[str], set[str], set[str]]:
    return ({it.code for it in found.writes}, {it.code for it in found.missing}, {it.code for it in found.advice})


def test_the_built_in_profiles_hold_what_the_regimes_ask() -> None:
    assert list(BUILT_IN) == ["plain", "eu", "california", "china", "korea", "india", "custom"]
    assert BUILT_IN["china"].label_for().text == "AI生成"
    assert BUILT_IN["china"].label_for(language="en").text == "AI生成"
    assert BUILT_IN["china"].share >= 0.05
    assert BUILT_IN["eu"].label_for(modified=True).text == "AI MODIFIED"
    assert BUILT_IN["korea"].label_for(language="en").text == "AI GENERATED"
    assert {name for name, it in BUILT_IN.items() if it.label == ALWAYS} == {"eu", "china", "korea", "india"}
    assert {name for name, it in BUILT_IN.items() if it.tc260} == {"china"}


@pytest.mark.parametrize("term", MINING)
def test_plus_and_the_credential_say_the_same(term: str) -> None:
    constraint = "Ask" if term.endswith("SEECONSTRAINT") else ""
    made = all_profiles({"custom": {"data_mining": term, "constraint": constraint}})["custom"]
    assert tuple(made.uses.values()) == MINING[term]
    assert set(made.uses) == {
        "cawg.data_mining",
        "cawg.ai_inference",
        "cawg.ai_training",
        "cawg.ai_generative_training",
    }


def test_profiles_are_changed_and_added_by_settings(settings: Any) -> None:
    settings.MARKING_PROFILES = {
        "korea": {"place": "top-left", "share": 0.08},
        "house": {"label": "always", "texts": {"en": "MADE WITH AI"}},
    }
    korea, house = profile("korea"), profile("house")
    assert (korea.place, korea.share, str(korea.title)) == ("top-left", 0.08, "Korea")
    assert (house.label, house.label_for().text, house.title) == ("always", "MADE WITH AI", "House")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"korea": {"place": "middle"}}, "place"),
        ({"korea": {"share": 0.9}}, "share"),
        ({"korea": {"share": "big"}}, "share"),
        ({"china": {"share": 0.02}}, "5 %"),
        ({"custom": {"texts": {"en": "AI ❤"}}}, "❤"),
        ({"custom": {"texts": {}}}, "texts"),
        ({"custom": {"texts": {"en": 7}}}, "empty"),
        ({"custom": {"size": 7}}, "size"),
        ({"custom": {"name": "x"}}, "name"),
        ({"custom": {"label": "perhaps"}}, "label"),
        ({"custom": {"unlabelled": "perhaps"}}, "unlabelled"),
        ({"custom": {"data_mining": "DMI-PERHAPS"}}, "data_mining"),
        ({"custom": {"data_mining": "DMI-PROHIBITED-SEECONSTRAINT"}}, "constraint"),
        ({"custom": {"constraint": "Ask"}}, "constraint"),
        ({"custom": "plain"}, "object"),
        ({"": {}}, "name"),
        ([], "object"),
    ],
)
def test_a_profile_that_cannot_be_used_is_named_with_its_field(changes: Any, said: str) -> None:
    with pytest.raises(MarkingError) as caught:
        all_profiles(changes)
    assert caught.value.code == "profile_invalid"
    assert said in caught.value.message


def test_a_profile_nobody_knows() -> None:
    with pytest.raises(MarkingError) as caught:
        profile("atlantis")
    assert caught.value.code == "unknown_profile"
    assert "china" in caught.value.message


def test_preflight_for_china_tells_the_label_the_mark_and_what_is_missing() -> None:
    found = preflight(BUILT_IN["china"], PICTURE)
    writes, missing, advice = _codes(found)
    assert {"label", "tc260", "latent_disclosure", "iptc_system", "plus", "credential"} <= writes
    assert missing == set()
    assert found.ready
    assert (found.label, found.label_height) == ("AI生成", 42)
    assert "signer_untrusted" in advice

    without = Facts(width=1024, height=768, media_type="image/png", provider_name="Atelier")
    assert _codes(preflight(BUILT_IN["china"], without))[1] == {"provider_code_missing"}


def test_an_unlabelled_copy_asks_for_agreement_or_is_refused() -> None:
    asked = preflight(BUILT_IN["china"], PICTURE, labelled=False)
    assert _codes(asked)[1] == {"agreement_needed"}
    assert asked.agreement
    assert asked.label == ""
    agreed = preflight(BUILT_IN["china"], PICTURE, labelled=False, agreed=True)
    assert agreed.ready
    assert agreed.agreement == asked.agreement
    for name in ("korea", "india"):
        assert _codes(preflight(BUILT_IN[name], PICTURE, labelled=False, agreed=True))[1] == {"unlabelled_forbidden"}
    for name in ("plain", "california", "custom"):
        free = preflight(BUILT_IN[name], PICTURE, labelled=False)
        assert free.ready
        assert free.agreement == ""


def test_preflight_for_the_eu_reminds_of_time_and_watermark() -> None:
    advice = _codes(preflight(BUILT_IN["eu"], PICTURE))[2]
    assert {"timestamp_missing", "watermark_missing"} <= advice


def test_preflight_knows_the_picture() -> None:
    tiny = Facts(width=10, height=10, media_type="image/png", provider_name="A")
    assert _codes(preflight(BUILT_IN["eu"], tiny))[1] == {"picture_too_small_for_label"}
    clear = Facts(width=99, height=99, media_type="image/jpeg", transparent=True, private_prompt=True)
    writes, missing, advice = _codes(preflight(BUILT_IN["california"], clear))
    assert "transparency_lost" in advice
    assert missing == {"provider_name_missing"}
    assert "iptc_prompt" not in writes


def test_a_picture_without_ai_gets_no_ai_marks_and_needs_no_label() -> None:
    human = Facts(width=99, height=99, media_type="image/png", generated=False)
    for name in BUILT_IN:
        found = preflight(BUILT_IN[name], human, labelled=False)
        writes, missing, advice = _codes(found)
        assert writes == {"plus", "credential"}
        assert missing == set()
        assert "not_generated" in advice
