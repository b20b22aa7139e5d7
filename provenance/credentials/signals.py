"""What a manifest lets be said of a picture's making: the programme's local signals rubric. Pure.

A signal is no judgement. It names what the signer stated, in the programme's own words, so that two
readers of one manifest say the same. Manifests are in crJSON form.
"""

from collections.abc import Callable
from typing import Any

from provenance.credentials.story import SOURCE_TYPES
from provenance.credentials.vocabulary import INCEPTION, NON_EDITORIAL

Manifest = dict[str, Any]
C2PA_SOURCE_TYPES = "http://c2pa.org/digitalsourcetype/"
GENERATIVE = frozenset(
    {
        *(SOURCE_TYPES + it for it in ("trainedAlgorithmicMedia", "compositeWithTrainedAlgorithmicMedia")),
        SOURCE_TYPES + "compositeSynthetic",
        C2PA_SOURCE_TYPES + "trainedAlgorithmicData",
    }
)
PERHAPS_GENERATIVE = frozenset({SOURCE_TYPES + "digitalArt", SOURCE_TYPES + "composite"})


def signals(manifest: Manifest) -> list[str]:
    """The ids of the signals that *manifest* gives, in the rubric's order."""
    return [name for name, given in SIGNALS.items() if given(manifest)]


def _assertion(m: Manifest, label: str) -> dict[str, Any]:
    assertions = m.get("assertions")
    body = assertions.get(label) if isinstance(assertions, dict) else None
    return body if isinstance(body, dict) else {}


def _actions(m: Manifest) -> list[dict[str, Any]]:
    actions = _assertion(m, "c2pa.actions.v2").get("actions")
    return [action for action in actions if isinstance(action, dict)] if isinstance(actions, list) else []


def _began_as(*types: str) -> Callable[[Manifest], bool]:
    return lambda m: any(
        action.get("action") in INCEPTION and action.get("digitalSourceType") in types for action in _actions(m)
    )


def _transformations(m: Manifest) -> list[str | None]:
    """Source types of the actions that changed what is seen."""
    apart = INCEPTION | NON_EDITORIAL
    return [
        action.get("digitalSourceType")
        for action in _actions(m)
        if action.get("action") is not None and action["action"] not in apart
    ]


def _unknown_provenance(m: Manifest) -> bool:
    ingredient = _assertion(m, "c2pa.ingredient.v3")
    return bool(ingredient) and ingredient.get("activeManifest") is None


def _ambiguous(m: Manifest) -> bool:
    names = [str(action["action"]) for action in _actions(m) if action.get("action") is not None]
    claim = m.get("claim.v2")
    gathered = claim.get("gathered_assertions") if isinstance(claim, dict) else None
    return (
        not _actions(m)
        or _assertion(m, "c2pa.actions.v2").get("allActionsIncluded") is not True
        or any(not name.startswith("c2pa.") or name == "c2pa.unknown" for name in names)
        or any("c2pa.actions" in str(item.get("url", "")) for item in gathered or [] if isinstance(item, dict))
    )


SIGNALS: dict[str, Callable[[Manifest], bool]] = {
    "inception:signal_blankCanvas": _began_as(C2PA_SOURCE_TYPES + "empty"),
    "inception:signal_capturedMedia": _began_as(SOURCE_TYPES + "digitalCapture", SOURCE_TYPES + "computationalCapture"),
    "inception:signal_capturedMediaStitched": _began_as(SOURCE_TYPES + "compositeCapture"),
    "inception:signal_compositionMayContainGenAI": _began_as(SOURCE_TYPES + "composite"),
    "inception:signal_fullyGenAIMedia": _began_as(SOURCE_TYPES + "trainedAlgorithmicMedia"),
    "inception:signal_mediaUnknownProvenance": _unknown_provenance,
    "inception:signal_nonGenAIDigitalCreation": _began_as(SOURCE_TYPES + "digitalCreation"),
    "inception:signal_partlyGenAICreation": _began_as(SOURCE_TYPES + "compositeWithTrainedAlgorithmicMedia"),
    "inception:signal_screenCaptureMayContainGenAI": _began_as(SOURCE_TYPES + "screenCapture"),
    "transformation:signal_ambiguousActions": _ambiguous,
    "transformation:signal_nonEditorial": lambda m: any(it.get("action") in NON_EDITORIAL for it in _actions(m)),
    "transformation:signal_perceptibleGenAI": lambda m: any(it in GENERATIVE for it in _transformations(m)),
    "transformation:signal_perceptibleNonGenAI": lambda m: any(
        it is not None and it not in GENERATIVE for it in _transformations(m)
    ),
    "transformation:signal_perceptiblePossiblyGenAI": lambda m: any(
        it in PERHAPS_GENERATIVE for it in _transformations(m)
    ),
}
