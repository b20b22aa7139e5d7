"""The C2PA conformance programme's rules for an asset, version 0.2 for specification 2.4. Pure.

The SDK accepts manifests that the programme rejects, so a manifest of ours is held against the
programme's own list before it is accepted. Each rule has the programme's id and works on a manifest
in crJSON form, as read back from the signed file. A rule yields what offends it; nothing is "kept".
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from provenance.credentials.vocabulary import (
    ALLOWED_ACTIONS,
    ALLOWED_ASSERTIONS,
    DEPRECATED_ACTIONS,
    DEPRECATED_ASSERTIONS,
    HUMAN_ENTRY,
    INCEPTION,
    MALFORMED,
    MISMATCHED,
    NON_EDITORIAL,
    NOT_REFERABLE,
    NOT_REFERABLE_LABELS,
    RELATIONSHIPS,
    SOURCE_TYPE_EXEMPT,
    STANDARD_PARAMETERS,
    TIFF_TYPES,
    UNTRUSTED,
)

Manifest = dict[str, Any]


@dataclass(frozen=True)
class Broken:
    """A rule (the programme's id) that a manifest breaks, and what in it does."""

    rule: str
    offender: str


def check(manifest: Manifest, *, spec_version: str) -> list[Broken]:
    """Every rule that *manifest* (an active manifest, crJSON) breaks; empty when it conforms."""
    broken = [Broken(rule, offender) for rule, yields in RULES.items() for offender in yields(manifest)]
    return broken + [Broken("validation:mandatory_spec_version", it) for it in _spec_version(manifest, spec_version)]


def check_integrity(manifest: Manifest) -> list[Broken]:
    """As :func:`check`, by the programme's integrity rubric: well formed, valid, and signed by somebody trusted."""
    return [Broken(rule, offender) for rule, yields in INTEGRITY.items() for offender in yields(manifest)]


def _assertions(m: Manifest) -> dict[str, Any]:
    found = m.get("assertions")
    return found if isinstance(found, dict) else {}


def _bodies(m: Manifest) -> list[dict[str, Any]]:
    return [body for body in _assertions(m).values() if isinstance(body, dict)]


def _actions(m: Manifest) -> list[dict[str, Any]]:
    lists = [body["actions"] for body in _bodies(m) if isinstance(body.get("actions"), list)]
    return [action for actions in lists for action in actions if isinstance(action, dict)]


def _names(m: Manifest) -> list[str]:
    return [str(action.get("action", "")) for action in _actions(m)]


def _claim(m: Manifest) -> dict[str, Any]:
    claim = m.get("claim.v2")
    return claim if isinstance(claim, dict) else {}


def _ingredients(m: Manifest) -> list[dict[str, Any]]:
    return [body for body in _bodies(m) if body.get("relationship") is not None]


def _failures(m: Manifest, codes: frozenset[str]) -> Iterator[str]:
    """Failures among *codes*; without any results, which the programme counts as a failure, that."""
    results = m.get("validationResults")
    if not isinstance(results, dict):
        yield "MISSING_VALIDATION_RESULTS"
        return
    yield from (item["code"] for item in results.get("failure") or [] if item.get("code") in codes)


def _spec_version(m: Manifest, expected: str) -> Iterator[str]:
    info = _claim(m).get("claim_generator_info")
    info = info[0] if isinstance(info, list) and info else info
    said = info.get("specVersion") if isinstance(info, dict) else None
    if not isinstance(said, str) or said.split(".")[:2] != expected.split(".")[:2]:
        yield str(said or "missing")


def _first_action(m: Manifest) -> Iterator[str]:
    urls = [str(item.get("url", "")) for item in _claim(m).get("created_assertions") or []]
    with_actions = [url for url in urls if "c2pa.actions" in url]
    if not with_actions or not with_actions[0].endswith("c2pa.actions.v2"):
        yield "no c2pa.actions.v2 among the created assertions"
    elif not _names(m) or _names(m)[0] not in INCEPTION:
        yield next(iter(_names(m)), "no action")


def _undotted_parameters(m: Manifest) -> Iterator[str]:
    for action in _actions(m):
        for key in action.get("parameters") or {}:
            if key not in STANDARD_PARAMETERS and "." not in key:
                yield str(key)


def _opened(m: Manifest) -> list[dict[str, Any]]:
    return [action for action in _actions(m) if action.get("action") == "c2pa.opened"]


def _opened_ingredients(m: Manifest) -> Iterator[str]:
    for action in _opened(m):
        if len((action.get("parameters") or {}).get("ingredients") or []) != 1:
            yield "c2pa.opened"


def _only_opened(m: Manifest) -> Iterator[str]:
    actions = _assertions(m).get("c2pa.actions.v2")
    complete = isinstance(actions, dict) and actions.get("allActionsIncluded") is True
    if len(_actions(m)) == 1 and _opened(m) and not complete:
        yield "c2pa.opened"


def _base(label: str) -> str:
    return label.split("__")[0]


def _external_references(m: Manifest) -> Iterator[str]:
    for body in _bodies(m):
        label = body.get("label")
        if label is None or body.get("url") is None or body.get("relationship") is not None:
            continue
        if label in NOT_REFERABLE_LABELS or str(label).startswith(NOT_REFERABLE):
            yield str(label)


def _preserved_originals(m: Manifest) -> Iterator[str]:
    kind = "exif.originalPreservationImage"
    for body in _bodies(m):
        options = body.get("parameters") or {}
        if kind in (body.get("type"), options.get("type")):
            given = [options.get("multiAssetPartIndex"), options.get("embeddedOriginalPreservationImage")]
            if sum(value is not None for value in given) != 1:
                yield kind


def _perceptible_without_source(m: Manifest) -> Iterator[str]:
    exempt = INCEPTION | NON_EDITORIAL | SOURCE_TYPE_EXEMPT
    for action in _actions(m):
        name = str(action.get("action", ""))
        if name.startswith("c2pa.") and name not in exempt and action.get("digitalSourceType") is None:
            yield name


def _tiff_box_hash(m: Manifest) -> Iterator[str]:
    asset = _assertions(m).get("c2pa.asset-type.v2")
    if "c2pa.hash.boxes" in _assertions(m) and isinstance(asset, dict) and asset.get("dc:format") in TIFF_TYPES:
        yield "c2pa.hash.boxes"


def _no_results(m: Manifest) -> Iterator[str]:
    if m.get("validationResults") is None:
        yield "no validation results"


def _each(condition: Callable[[dict[str, Any]], bool], name: str) -> Callable[[Manifest], Iterator[str]]:
    return lambda m: (name for ingredient in _ingredients(m) if condition(ingredient))


def _labels(condition: Callable[[str], bool]) -> Callable[[Manifest], Iterator[str]]:
    return lambda m: (label for label in _assertions(m) if condition(label))


def _actions_that(condition: Callable[[str], bool]) -> Callable[[Manifest], Iterator[str]]:
    return lambda m: (name for name in _names(m) if condition(name))


RULES: dict[str, Callable[[Manifest], Iterator[str]]] = {
    "validation:mandatory_dst_for_perceptible_transformations": _perceptible_without_source,
    "validation:mandatory_all_actions_included": lambda m: (
        "allActionsIncluded" for body in _bodies(m) if "actions" in body and body.get("allActionsIncluded") is None
    ),
    "validation:no_dst_for_opened_action": lambda m: (
        str(action["digitalSourceType"]) for action in _opened(m) if action.get("digitalSourceType") is not None
    ),
    "validation:well_formed_data_present": _no_results,
    "validation:well_formed_success": lambda m: _failures(m, MALFORMED),
    "validation:valid_data_present": _no_results,
    "validation:valid_success": lambda m: _failures(m, MISMATCHED),
    "validation:inception_action_position": _first_action,
    "validation:no_deprecated_assertions": _labels(
        lambda label: label.startswith("stds.") or label in DEPRECATED_ASSERTIONS
    ),
    "validation:no_unsupported_assertions": _labels(
        lambda label: label.startswith("c2pa.") and _base(label) not in ALLOWED_ASSERTIONS | DEPRECATED_ASSERTIONS
    ),
    "validation:no_deprecated_actions": _actions_that(lambda name: name in DEPRECATED_ACTIONS),
    "validation:no_unsupported_actions": _actions_that(
        lambda name: name.startswith("c2pa.") and name not in ALLOWED_ACTIONS
    ),
    "validation:no_unrecognized_custom_assertions": _labels(lambda label: "." not in label),
    "validation:no_unrecognized_custom_actions": _actions_that(lambda name: "." not in name),
    "validation:no_unrecognized_custom_action_parameters": _undotted_parameters,
    "validation:discouraged_legacy_action_parameters": lambda m: (
        str(action.get("action"))
        for action in _actions(m)
        if {"description", "ingredient"} & set(action.get("parameters") or {})
    ),
    "validation:active_manifest_urn": lambda m: (
        str(label) for label in [m.get("label")] if not str(label or "").startswith("urn:c2pa:")
    ),
    "validation:review_ratings_datasource": lambda m: (
        "reviewRatings"
        for body in _bodies(m)
        if body.get("reviewRatings") is not None and (body.get("dataSource") or {}).get("type") in HUMAN_ENTRY
    ),
    "validation:ingredient_v3_no_active_manifest": _each(
        lambda it: it.get("activeManifest") is None and it.get("validationResults") is not None, "validationResults"
    ),
    "validation:ingredient_v3_mandatory_validation_results": _each(
        lambda it: it.get("activeManifest") is not None and it.get("validationResults") is None, "activeManifest"
    ),
    "validation:ingredient_relationship_values": _each(
        lambda it: it.get("relationship") not in RELATIONSHIPS, "relationship"
    ),
    "validation:mandatory_dst_for_created_action": lambda m: (
        "c2pa.created"
        for action in _actions(m)
        if action.get("action") == "c2pa.created" and action.get("digitalSourceType") is None
    ),
    "validation:no_deprecated_claim_fields": lambda m: (key for key in ("specVersion",) if key in _claim(m)),
    "validation:ingredient_v3_choice": _each(
        lambda it: it.get("activeManifest") is not None and it.get("digitalSourceType") is not None,
        "digitalSourceType",
    ),
    "validation:alternative_content_representation_choice": _preserved_originals,
    "validation:forbidden_labels_in_external_references": _external_references,
    "validation:no_url_in_hashes": lambda m: (
        label
        for label in ("c2pa.hash.data", "c2pa.hash.bmff.v3")
        if isinstance(_assertions(m).get(label), dict) and _assertions(m)[label].get("url")
    ),
    "validation:all_actions_included_opened": _only_opened,
    "validation:opened_action_ingredient_reference": _opened_ingredients,
    "validation:no_box_hash_for_tiff": _tiff_box_hash,
}

# The integrity rubric's rules. The first four are the programme's own rules once more; that a signer is on
# a list is no condition for signing (a development signer never is), so trust is asked for apart.
INTEGRITY: dict[str, Callable[[Manifest], Iterator[str]]] = {
    "validation:well_formed_data_present": _no_results,
    "validation:well_formed_success": RULES["validation:well_formed_success"],
    "validation:valid_data_present": _no_results,
    "validation:valid_success": RULES["validation:valid_success"],
    "validation:trusted_data_present": _no_results,
    "validation:trusted_success": lambda m: _failures(m, UNTRUSTED),
}
