"""Does the signed file say what was meant? Pure.

The story is written down once more, and that is compared with the manifest read back from the signed
file, field by field: every action with its parameters, regions and agent, every ingredient and which action names
it, the parent's credential, embedded data, and every assertion of ours.
"""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from provenance.credentials.inputs import PARENT, Input
from provenance.credentials.manifest import Definition, define
from provenance.credentials.story import Story
from provenance.credentials.text import clean

if TYPE_CHECKING:
    from provenance.credentials.read import Reading

ACTIONS = "c2pa.actions.v2"
# A private prompt shorter than this may occur in any manifest by chance.
_TELLING = 12


def disagreements(reading: "Reading", story: Story) -> list[str]:
    """What the file says otherwise than meant, as names of fields; empty when all is well."""
    return list(dict.fromkeys(_disagreements(reading, story, define(story, media_type=reading.media_type))))


def _disagreements(reading: "Reading", story: Story, definition: Definition) -> Iterator[str]:
    assertions: dict[str, Any] = reading.active.get("assertions", {})
    claim: dict[str, Any] = reading.active["claim.v2"]
    if claim.get("dc:title") != definition.manifest["title"]:
        yield "title"
    if not definition.manifest["claim_generator_info"][0].items() <= claim["claim_generator_info"].items():
        yield "generator"
    ingredients = {label: body for label, body in assertions.items() if label.startswith("c2pa.ingredient")}
    yield from _of_ingredients(ingredients, story, definition)
    if sorted(reading.resources.values()) != sorted(definition.embedded):
        yield "embedded data"
    for label in {item["label"] for item in definition.manifest["assertions"]} - {ACTIONS}:
        meant = [item["data"] for item in definition.manifest["assertions"] if item["label"] == label]
        said = [body for name, body in assertions.items() if name.split("__")[0] == label]
        if _sorted(said) != _sorted(meant):
            yield label
    yield from _of_actions(assertions.get(ACTIONS) or {}, ingredients, story, definition)
    if any(_tells(reading, generation.prompt) for generation in story.generations if generation.commitment):
        yield "private prompt"


def _of_ingredients(ingredients: dict[str, Any], story: Story, definition: Definition) -> Iterator[str]:
    if len(ingredients) != len(definition.inputs):
        yield "ingredients"
        return
    for body, item in zip(_in_order(ingredients).values(), definition.inputs, strict=True):
        if _told(body) != _meant(item):
            yield f"ingredient {item.label}"
        if item.label == PARENT and story.parent and story.parent.manifest_label:
            url = str((body.get("activeManifest") or {}).get("url", ""))
            if url.rpartition("/")[2] != story.parent.manifest_label:
                yield "credential of the parent"


def _of_actions(
    said: dict[str, Any], ingredients: dict[str, Any], story: Story, definition: Definition
) -> Iterator[str]:
    meant = next(item["data"] for item in definition.manifest["assertions"] if item["label"] == ACTIONS)
    if said.get("allActionsIncluded") is not story.complete:
        yield "allActionsIncluded"
    labels = dict(zip(_in_order(ingredients), (item.label for item in definition.inputs), strict=False))
    spoken = [_with_ingredient_labels(action, labels) for action in said.get("actions") or []]
    if len(spoken) != 1 + len(story.steps):
        yield "number of actions"
        return
    for number, (action, wanted) in enumerate(zip(spoken, meant["actions"], strict=True)):
        for key in {*action, *wanted}:
            if action.get(key) != wanted.get(key):
                yield key if number == 0 else f"{key} of step {number}"


def _with_ingredient_labels(action: dict[str, Any], labels: dict[str, str]) -> dict[str, Any]:
    """The action with its hashed references to ingredients turned back into our labels."""
    said = dict(action.get("parameters") or {})
    references = said.pop("ingredients", None)
    if references is not None:
        urls = [str(item.get("url", "")).rpartition("/")[2] for item in references]
        said["ingredientIds"] = [labels.get(url, url) for url in urls]
    return {**action, "parameters": said}


def _told(body: dict[str, Any]) -> dict[str, Any]:
    return {
        "title": body.get("dc:title"),
        "format": body.get("dc:format"),
        "relationship": body.get("relationship"),
        "data_types": body.get("dataTypes"),
        "informational_URI": body.get("informationalURI"),
        "description": body.get("description"),
        "data": bool(body.get("data")),
    }


def _meant(item: Input) -> dict[str, Any]:
    wanted = {key: item.definition.get(key) for key in ("title", "format", "relationship", "data_types")}
    more = {key: item.definition.get(key) for key in ("informational_URI", "description")}
    return {**wanted, **more, "data": "data" in item.definition}


def _in_order(ingredients: dict[str, Any]) -> dict[str, Any]:
    """Ingredients by the number of their label: ``c2pa.ingredient.v3``, ``…__1``, ``…__2``, ``…__10``."""
    return dict(sorted(ingredients.items(), key=lambda pair: int(pair[0].partition("__")[2] or 0)))


def _tells(reading: "Reading", prompt: str) -> bool:
    words = clean(prompt)
    if len(words) < _TELLING:
        return False
    written = json.dumps(reading.active, ensure_ascii=False)
    return json.dumps(words, ensure_ascii=False)[1:-1] in written


def _sorted(bodies: list[Any]) -> list[str]:
    return sorted(json.dumps(body, sort_keys=True, ensure_ascii=False) for body in bodies)
