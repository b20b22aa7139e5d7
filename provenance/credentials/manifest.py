"""From a story to the C2PA manifest that tells it. Pure.

Field names follow the C2PA technical specification 2.4 (actions v2 §18.15, ingredient v3 §18.16,
regions §18.2, AI disclosure, soft binding §18.10) and CAWG training and data mining 1.1. Keys of ours
are written in reverse-domain form under :data:`NAMESPACE`, as §18.15.4.7 asks of custom parameters.
"""

import json
from dataclasses import dataclass, field
from typing import Any

from provenance.credentials.inputs import Input, Inputs
from provenance.credentials.story import GENERATED, Generation, ModelFacts, Region, Step, Story, plain
from provenance.credentials.text import clean

SPEC_VERSION = "2.4"
NAMESPACE = "org.colophon"
SOFT_BINDING = "io.iscc.v0"
WITNESSED, CLAIMED = "witnessed", "claimed"


@dataclass(frozen=True)
class Definition:
    """A manifest definition for the SDK's builder, and the ingredients to add to it, in order."""

    manifest: dict[str, Any]
    inputs: tuple[Input, ...] = field(default=())

    @property
    def embedded(self) -> list[bytes]:
        """The data that the signed file will hold, in order."""
        return [content for item in self.inputs for content in item.resources.values()]


def define(story: Story, *, media_type: str) -> Definition:
    """Write *story* down as a manifest definition for a file of *media_type*."""
    inputs = Inputs(story.parent)
    actions = [_first(story, inputs), *(_action(step, inputs) for step in story.steps)]
    manifest = {
        "claim_version": 2,
        "claim_generator_info": [
            {"name": clean(story.service_name), "version": clean(story.service_version), "specVersion": SPEC_VERSION}
        ],
        "title": clean(story.title),
        "format": media_type,
        "assertions": [
            _assertion("c2pa.actions.v2", {"actions": actions, "allActionsIncluded": story.complete}),
            *_disclosures(story),
            _assertion("cawg.training-mining", {"entries": {key: {"use": use} for key, use in story.uses.items()}}),
            *_soft_bindings(story),
        ],
    }
    return Definition(manifest, inputs.all)


def parameters(generation: Generation) -> dict[str, Any]:
    """What a model was told, as custom parameters: all with dotted keys."""
    private = bool(generation.commitment)
    facts: dict[str, Any] = {
        "prompt": "" if private else clean(generation.prompt),
        "negative_prompt": "" if private else clean(generation.negative_prompt),
        "prompt_commitment": generation.commitment,
        "seed": generation.seed,
        "steps": generation.steps,
        "guidance": float(generation.guidance),
        "scheduler": clean(generation.scheduler),
        "width": generation.width,
        "height": generation.height,
        "batch_size": generation.batch_size,
        "dtype": clean(generation.dtype),
        "device": clean(generation.device),
        "software": json.dumps(
            {clean(k): clean(v) for k, v in sorted(generation.software.items())}, ensure_ascii=False
        ),
        "weights_sha256": generation.model.weights_sha256,
    }
    return _dotted({name: value for name, value in facts.items() if value != ""})


def _dotted(values: dict[str, Any]) -> dict[str, Any]:
    return {f"{NAMESPACE}.{name}": value for name, value in values.items()}


def _assertion(label: str, data: dict[str, Any]) -> dict[str, Any]:
    # ``created``: we made this statement ourselves; without it the SDK files it under assertions
    # gathered from elsewhere, and the conformance rules want the actions among the created ones.
    return {"label": label, "data": data, "created": True}


def _first(story: Story, inputs: Inputs) -> dict[str, Any]:
    own = _dotted({"work": story.work_id, "version": story.version_id})
    if story.generation is None:
        # Never a source type on ``opened`` (conformance 0.2): the parent's own credential says what it is.
        return {
            "action": "c2pa.opened",
            "when": story.created,
            "softwareAgent": {"name": clean(story.service_name), "version": clean(story.service_version)},
            "parameters": {**own, "ingredientIds": inputs.parent},
        }
    return {
        "action": "c2pa.created",
        "when": story.created,
        "digitalSourceType": GENERATED,
        "softwareAgent": _agent(story.generation.model),
        "parameters": {**parameters(story.generation), **own, "ingredientIds": inputs.of(story.generation)},
    }


def _action(step: Step, inputs: Inputs) -> dict[str, Any]:
    said = _dotted({**plain(step.parameters), "standing": WITNESSED if step.witnessed else CLAIMED})
    used: list[str] = []
    action: dict[str, Any] = {"action": step.action, "when": step.when}
    if step.source_type:
        action["digitalSourceType"] = step.source_type
    if step.description:
        action["description"] = clean(step.description)
    if step.generation is not None:
        action["softwareAgent"] = _agent(step.generation.model)
        said = {**said, **parameters(step.generation)}
        used = inputs.of(step.generation)
    elif step.tool is not None:
        version = {"version": clean(step.tool.version)} if step.tool.version else {}
        action["softwareAgent"] = {"name": clean(step.tool.name), **version}
    used = [*used, *(inputs.reference(item) for item in step.references)]
    if step.regions:
        action["changes"] = [_region(region) for region in step.regions]
    action["parameters"] = {**said, "ingredientIds": used} if used else said
    return action


def _agent(model: ModelFacts) -> dict[str, Any]:
    return {
        "name": clean(model.name),
        "version": clean(model.revision) or model.weights_sha256[:16],
        f"{NAMESPACE}.weights_sha256": model.weights_sha256,
    }


def _region(region: Region) -> dict[str, Any]:
    """A region of interest (§18.2); the SDK cannot write a ``role``, so it has none."""
    shape: dict[str, Any] = {"unit": "pixel"}
    if region.points:
        vertices = [{"x": float(x), "y": float(y)} for x, y in region.points]
        shape |= {"type": "polygon", "origin": vertices[0], "vertices": vertices}
    else:
        origin = {"x": float(region.x), "y": float(region.y)}
        shape |= {"type": "rectangle", "origin": origin, "width": float(region.width), "height": float(region.height)}
    said = {"description": clean(region.description)} if region.description else {}
    return {"region": [{"type": "spatial", "shape": shape}], **said}


def _disclosures(story: Story) -> list[dict[str, Any]]:
    """``c2pa.ai-disclosure``, one for each model.

    Of the specification's three words for oversight it is always ``prompt_guided``: a file is sealed before anybody
    has looked at it.
    """
    models = dict.fromkeys([*(used.model for used in story.generations), *([story.origin] if story.origin else [])])
    return [
        _assertion(
            "c2pa.ai-disclosure",
            {
                "modelType": "c2pa.types.model",
                "modelName": clean(model.name),
                "modelIdentifier": model.purl,
                "contentProfile": {"humanOversightLevel": "prompt_guided"},
            },
        )
        for model in models
    ]


def _soft_bindings(story: Story) -> list[dict[str, Any]]:
    if not story.iscc:
        return []
    # Text, not bytes: this SDK cannot write the value as a byte string (c2pa-rs #2689).
    data = {"alg": SOFT_BINDING, "blocks": [{"scope": {}, "value": story.iscc}]}
    return [_assertion("c2pa.soft-binding", data)]
