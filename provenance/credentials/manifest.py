"""The story of a generated image, and the C2PA manifest that tells it. Pure.

Field names follow the C2PA technical specification 2.4 (actions v2 §18.15, ingredient v3 §18.16,
AI disclosure, soft binding §18.10) and CAWG training and data mining 1.1. Keys of ours are written
in reverse-domain form under :data:`NAMESPACE`, as §18.15.4.7 asks of custom parameters.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any
from urllib.parse import quote

from provenance.credentials.text import clean

SPEC_VERSION = "2.4"
NAMESPACE = "org.colophon"
SOURCE_TYPES = "http://cv.iptc.org/newscodes/digitalsourcetype/"
GENERATED = SOURCE_TYPES + "trainedAlgorithmicMedia"
SOFT_BINDING = "io.iscc.v0"
PROMPT_RESOURCE = "prompt.txt"
MODEL_RESOURCE = "model.json"

# What the picture may be used for. The four names are CAWG's; the same choice stands in the
# PLUS field of the XMP packet as DMI-PROHIBITED-AIMLTRAINING.
DEFAULT_USES: Mapping[str, str] = MappingProxyType(
    {
        "cawg.data_mining": "allowed",
        "cawg.ai_inference": "allowed",
        "cawg.ai_training": "notAllowed",
        "cawg.ai_generative_training": "notAllowed",
    }
)


@dataclass(frozen=True, kw_only=True)
class ModelFacts:
    """A generator's identity, as its passport has it. ``source`` is a hub name or a bundled name."""

    name: str
    source: str
    weights_sha256: str
    revision: str = ""
    pipeline: str = ""
    licence: str = ""
    training_statement: str = ""

    @property
    def purl(self) -> str:
        """Package URL, with the revision or, for want of one, the weights' digest as version."""
        kind, name = ("huggingface", self.source) if "/" in self.source else ("generic", self.source or self.name)
        version = self.revision or self.weights_sha256
        return f"pkg:{kind}/{quote(clean(name), safe='/')}@{quote(clean(version), safe='')}"


@dataclass(frozen=True, kw_only=True)
class Story:
    """Everything a sceptic may ask of one generated image.

    ``seed`` is text (unsigned 64-bit), ``width`` and ``height`` are pixels, ``created`` is ISO 8601
    in UTC (``2026-11-22T20:00:00Z``), ``iscc`` an ``ISCC:…`` code of the pixels or empty.
    ``reviewed`` is true only when a person looked at this very image and approved it.
    """

    title: str
    model: ModelFacts
    prompt: str
    seed: str
    steps: int
    guidance: float
    scheduler: str
    width: int
    height: int
    created: str
    service_name: str
    service_version: str
    work_id: str
    version_id: str
    negative_prompt: str = ""
    batch_size: int = 1
    dtype: str = ""
    device: str = ""
    software: Mapping[str, str] = field(default_factory=dict)
    iscc: str = ""
    reviewed: bool = False
    uses: Mapping[str, str] = field(default_factory=lambda: DEFAULT_USES)


@dataclass(frozen=True)
class Definition:
    """A manifest definition for the SDK's builder, and the resources it refers to by identifier."""

    manifest: dict[str, Any]
    resources: dict[str, bytes]


def define(story: Story, *, media_type: str) -> Definition:
    """Write *story* down as a manifest definition for a file of *media_type*."""
    ingredients, resources = _ingredients(story)
    manifest = {
        "claim_version": 2,
        "claim_generator_info": [
            {"name": clean(story.service_name), "version": clean(story.service_version), "specVersion": SPEC_VERSION}
        ],
        "title": clean(story.title),
        "format": media_type,
        "ingredients": ingredients,
        "assertions": [
            _assertion("c2pa.actions.v2", {"actions": [_created(story, ingredients)], "allActionsIncluded": True}),
            _assertion("c2pa.ai-disclosure", _disclosure(story)),
            _assertion("cawg.training-mining", {"entries": {key: {"use": use} for key, use in story.uses.items()}}),
            *_soft_bindings(story),
        ],
    }
    return Definition(manifest, resources)


def parameters(story: Story) -> dict[str, Any]:
    """The custom parameters of the ``c2pa.created`` action, all with dotted keys.

    ``parameters(story)`` is also what a file read back must say: see ``sign.py``.
    """
    facts: dict[str, Any] = {
        "prompt": clean(story.prompt),
        "negative_prompt": clean(story.negative_prompt),
        "seed": story.seed,
        "steps": story.steps,
        "guidance": float(story.guidance),
        "scheduler": clean(story.scheduler),
        "width": story.width,
        "height": story.height,
        "batch_size": story.batch_size,
        "dtype": clean(story.dtype),
        "device": clean(story.device),
        "software": json.dumps({clean(k): clean(v) for k, v in sorted(story.software.items())}, ensure_ascii=False),
        "weights_sha256": story.model.weights_sha256,
        "work": story.work_id,
        "version": story.version_id,
    }
    return {f"{NAMESPACE}.{name}": value for name, value in facts.items() if value != ""}


def passport(model: ModelFacts) -> dict[str, str]:
    """The model's identity as it is embedded (JSON) in its ingredient."""
    return {
        "name": clean(model.name),
        "source": clean(model.source),
        "revision": clean(model.revision),
        "weights_sha256": model.weights_sha256,
        "pipeline": clean(model.pipeline),
        "licence": clean(model.licence),
        "trained_on": clean(model.training_statement, lines=True),
        "identifier": model.purl,
    }


def _assertion(label: str, data: dict[str, Any]) -> dict[str, Any]:
    # ``created``: we made this statement ourselves; without it the SDK files it under assertions
    # gathered from elsewhere, and the conformance rules want the actions among the created ones.
    return {"label": label, "data": data, "created": True}


def _created(story: Story, ingredients: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "action": "c2pa.created",
        "when": story.created,
        "digitalSourceType": GENERATED,
        "softwareAgent": {
            "name": clean(story.model.name),
            "version": clean(story.model.revision) or story.model.weights_sha256[:16],
            f"{NAMESPACE}.weights_sha256": story.model.weights_sha256,
        },
        "parameters": {**parameters(story), "ingredientIds": [item["label"] for item in ingredients]},
    }


def _ingredients(story: Story) -> tuple[list[dict[str, Any]], dict[str, bytes]]:
    model = passport(story.model)
    resources = {MODEL_RESOURCE: json.dumps(model, ensure_ascii=False, indent=1).encode()}
    ingredients: list[dict[str, Any]] = [
        {
            "label": "model",
            "title": model["name"],
            "format": "application/json",
            "relationship": "inputTo",
            "data_types": [{"type": "c2pa.types.model"}],
            "informational_URI": model["identifier"],
            "description": f"Generator; weights SHA-256 {story.model.weights_sha256}",
            "data": {"format": "application/json", "identifier": MODEL_RESOURCE},
        }
    ]
    if story.prompt:
        resources[PROMPT_RESOURCE] = clean(story.prompt, lines=True).encode()
        prompt = {
            "label": "prompt",
            "title": "prompt",
            "format": "text/plain",
            "relationship": "inputTo",
            "data_types": [{"type": "c2pa.types.generator.prompt"}],
            "data": {"format": "text/plain", "identifier": PROMPT_RESOURCE},
        }
        ingredients.insert(0, prompt)
    return ingredients, resources


def _disclosure(story: Story) -> dict[str, Any]:
    """``c2pa.ai-disclosure``; the oversight levels are the specification's own three words."""
    return {
        "modelType": "c2pa.types.model",
        "modelName": clean(story.model.name),
        "modelIdentifier": story.model.purl,
        "contentProfile": {"humanOversightLevel": "human_validated" if story.reviewed else "prompt_guided"},
    }


def _soft_bindings(story: Story) -> list[dict[str, Any]]:
    if not story.iscc:
        return []
    # Text, not bytes: this SDK cannot write the value as a byte string (c2pa-rs #2689).
    data = {"alg": SOFT_BINDING, "blocks": [{"scope": {}, "value": story.iscc}]}
    return [_assertion("c2pa.soft-binding", data)]
