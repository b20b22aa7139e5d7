import copy
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from provenance.credentials import vocabulary
from provenance.credentials.rules import RULES, check
from provenance.credentials.sign import Signed

Manifest = dict[str, Any]
RUBRIC = "c2pa/rubrics/asset-rubric-conformance0.2-spec2.4.yml"


@pytest.fixture
def manifest(signed: Signed) -> Manifest:
    return copy.deepcopy(signed.manifest["manifests"][0])


def _broken(manifest: Manifest) -> set[str]:
    return {item.rule.removeprefix("validation:") for item in check(manifest, spec_version="2.4")}


def test_a_manifest_of_ours_breaks_no_rule(manifest: Manifest) -> None:
    assert check(manifest, spec_version="2.4") == []


def _actions(m: Manifest) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = m["assertions"]["c2pa.actions.v2"]["actions"]
    return found


def _edit(action: str, **more: Any) -> Callable[[Manifest], None]:
    return lambda m: _actions(m).append({"action": action, **more})


def _ingredient(**fields: Any) -> Callable[[Manifest], None]:
    return lambda m: m["assertions"]["c2pa.ingredient.v3"].update(fields)


def _assertion(label: str, /, **body: Any) -> Callable[[Manifest], None]:
    return lambda m: m["assertions"].update({label: body})


def _failure(code: str) -> Callable[[Manifest], None]:
    return lambda m: m["validationResults"]["failure"].append({"code": code})


TIFF = {"c2pa.asset-type.v2": {"dc:format": "image/tiff"}}
FLAWS: list[tuple[str, Callable[[Manifest], Any]]] = [
    ("mandatory_spec_version", lambda m: m["claim.v2"]["claim_generator_info"].pop("specVersion")),
    ("mandatory_spec_version", lambda m: m["claim.v2"]["claim_generator_info"].update(specVersion="2.3")),
    ("mandatory_spec_version", lambda m: m["claim.v2"]["claim_generator_info"].update(specVersion=2.4)),
    ("no_deprecated_claim_fields", lambda m: m["claim.v2"].update(specVersion="2.4")),
    ("mandatory_all_actions_included", lambda m: m["assertions"]["c2pa.actions.v2"].pop("allActionsIncluded")),
    ("mandatory_dst_for_created_action", lambda m: _actions(m)[0].pop("digitalSourceType")),
    ("mandatory_dst_for_perceptible_transformations", _edit("c2pa.cropped")),
    ("no_dst_for_opened_action", _edit("c2pa.opened", digitalSourceType="x", parameters={"ingredients": [{}]})),
    ("opened_action_ingredient_reference", _edit("c2pa.opened")),
    ("inception_action_position", lambda m: _actions(m).insert(0, {"action": "c2pa.published"})),
    ("inception_action_position", lambda m: m["claim.v2"].update(created_assertions=[])),
    ("inception_action_position", lambda m: _actions(m).clear()),
    ("no_deprecated_actions", _edit("c2pa.saved")),
    ("no_unsupported_actions", _edit("c2pa.beautified", digitalSourceType="x")),
    ("no_unrecognized_custom_actions", _edit("beautified")),
    ("no_unrecognized_custom_action_parameters", lambda m: _actions(m)[0]["parameters"].update(prompt="x")),
    ("discouraged_legacy_action_parameters", lambda m: _actions(m)[0]["parameters"].update(description="x")),
    ("no_deprecated_assertions", _assertion("stds.schema-org.CreativeWork")),
    ("no_deprecated_assertions", _assertion("c2pa.ingredient.v2")),
    ("no_unsupported_assertions", _assertion("c2pa.gossip__1")),
    ("no_unrecognized_custom_assertions", _assertion("gossip")),
    ("active_manifest_urn", lambda m: m.update(label="contentauth:urn:uuid:1")),
    ("ingredient_relationship_values", _ingredient(relationship="cousinOf")),
    ("ingredient_v3_no_active_manifest", _ingredient(validationResults={})),
    ("ingredient_v3_mandatory_validation_results", _ingredient(activeManifest={"url": "x"})),
    ("ingredient_v3_choice", _ingredient(activeManifest={}, validationResults={}, digitalSourceType="x")),
    ("well_formed_data_present", lambda m: m.pop("validationResults")),
    ("well_formed_success", _failure("assertion.cbor.invalid")),
    ("valid_success", _failure("assertion.dataHash.mismatch")),
    ("review_ratings_datasource", _assertion("a.b", reviewRatings=[1], dataSource={"type": "humanEntry.anonymous"})),
    ("alternative_content_representation_choice", _assertion("a.b", type="exif.originalPreservationImage")),
    ("forbidden_labels_in_external_references", _assertion("a.b", url="x", label="c2pa.hash.data")),
    ("no_url_in_hashes", lambda m: m["assertions"]["c2pa.hash.data"].update(url="x")),
    ("no_box_hash_for_tiff", lambda m: m["assertions"].update({"c2pa.hash.boxes": {}, **TIFF})),
    ("all_actions_included_opened", lambda m: _only_opened(m)),
]


def _only_opened(m: Manifest) -> None:
    opened = {"action": "c2pa.opened", "parameters": {"ingredients": [{}]}}
    m["assertions"]["c2pa.actions.v2"] = {"actions": [opened], "allActionsIncluded": False}


@pytest.mark.parametrize(("rule", "flaw"), FLAWS)
def test_each_rule_is_seen_to_be_broken(manifest: Manifest, rule: str, flaw: Callable[[Manifest], Any]) -> None:
    flaw(manifest)
    assert rule in _broken(manifest)


def test_every_rule_has_a_flaw_that_breaks_it() -> None:
    covered = {rule for rule, _ in FLAWS} | {"valid_data_present"}
    assert covered == {rule.removeprefix("validation:") for rule in RULES} | {"mandatory_spec_version"}


@pytest.mark.parametrize("junk", [{}, {"assertions": []}, {"assertions": {"a.b": None}}, {"claim.v2": []}])
def test_junk_breaks_rules_instead_of_the_checker(junk: Manifest) -> None:
    assert check(junk, spec_version="2.4")


@pytest.fixture(scope="module")
def rubric(shared: Path) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    path = shared / RUBRIC
    if not path.exists():
        pytest.skip("the conformance rubric is not beside this checkout")
    head, rules = yaml.safe_load_all(path.read_text())
    return head, rules


@pytest.mark.shared
def test_the_rules_are_those_of_the_published_rubric(rubric: tuple[dict[str, Any], list[dict[str, Any]]]) -> None:
    assert {rule["id"] for rule in rubric[1]} == set(RULES) | {"validation:mandatory_spec_version"}


@pytest.mark.shared
def test_the_names_are_those_of_the_published_rubric(rubric: tuple[dict[str, Any], list[dict[str, Any]]]) -> None:
    lists = {name.lstrip("$"): frozenset(values) for name, values in rubric[0]["variables"].items()}
    missing = {"MISSING_VALIDATION_RESULTS"}  # what the rubric's own evaluator adds; a rule of its own here
    assert lists["inception_actions"] == vocabulary.INCEPTION
    assert lists["non_editorial_actions"] == vocabulary.NON_EDITORIAL
    assert lists["dst_exempt_perceptible_actions"] == vocabulary.SOURCE_TYPE_EXEMPT
    assert lists["allowed_actions"] == vocabulary.ALLOWED_ACTIONS
    assert lists["deprecated_action_labels"] == vocabulary.DEPRECATED_ACTIONS
    assert lists["allowed_assertions"] == vocabulary.ALLOWED_ASSERTIONS
    assert lists["deprecated_assertion_labels"] == vocabulary.DEPRECATED_ASSERTIONS
    assert lists["standard_parameters"] == vocabulary.STANDARD_PARAMETERS
    assert lists["valid_relationship_values"] == vocabulary.RELATIONSHIPS
    assert lists["human_entry_source_types"] == vocabulary.HUMAN_ENTRY
    assert lists["tiff_media_types"] == vocabulary.TIFF_TYPES
    assert lists["well_formed_error_codes"] - missing == vocabulary.MALFORMED
    assert lists["valid_error_codes"] - missing == vocabulary.MISMATCHED
    (forbidden,) = [rule for rule in rubric[1] if rule["id"].endswith("forbidden_labels_in_external_references")]
    named = set(re.findall(r'"(c2pa\.[a-z0-9.\-]+)"', forbidden["expression"]))
    assert named == vocabulary.NOT_REFERABLE_LABELS | set(vocabulary.NOT_REFERABLE)
