"""Stories that begin with a file: sittings, declared edits, AI steps, exports; and pictures that went in."""

import hashlib
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from provenance.credentials import sign as sign_module
from provenance.credentials.errors import CredentialError
from provenance.credentials.facts import facts
from provenance.credentials.manifest import define
from provenance.credentials.read import Reading, read
from provenance.credentials.sign import Signed, sign
from provenance.credentials.story import (
    ALGORITHMIC,
    ANYTHING,
    COMPOSITE_AI,
    ENHANCED,
    GENERATED,
    HUMAN_EDITS,
    Adapter,
    Parent,
    Reference,
    Region,
    Step,
    Story,
    Tool,
    declared,
)
from tests.provenance.credentials.conftest import FORMATS, MODEL, generation, picture, story

TOOL = Tool(name="Colophon studio", version="0.1.0")
WHEN = "2026-11-22T20:05:00Z"


def step(action: str, **more: Any) -> Step:
    return Step(**{"action": action, "when": WHEN, "source_type": HUMAN_EDITS, "tool": TOOL, **more})


CHAIN = (
    step(
        "c2pa.cropped",
        description="Cropped to 40 × 30",
        parameters={"x": 4, "y": 1, "width": 40, "height": 30},
        regions=(Region(x=4, y=1, width=40, height=30, description="what was kept"),),
    ),
    step("c2pa.orientation", parameters={"angle": 90}),
    step("c2pa.orientation", description="Straightened", parameters={"angle": -1.5}),
    step("c2pa.adjustedColor", parameters={"exposure": 0.25, "contrast": -0.1}),
    step("c2pa.adjustedColor", parameters={"curve": [[0, 0], [128, 140], [255, 255]]}),
    step(
        "c2pa.drawing", regions=(Region(points=((1, 1), (9, 1.5), (5, 8))),), parameters={"strokes_sha256": "ab" * 32}
    ),
    step("c2pa.addedText", parameters={"text": "«dusk»", "font": "DejaVu Sans"}),
    step("c2pa.edited", description="Healed a spot", parameters={"operation": "heal"}),
    step("c2pa.filtered", source_type=ALGORITHMIC, parameters={"radius": 1.5}),
    step("c2pa.enhanced", source_type=ENHANCED),
    step(
        "c2pa.edited",
        source_type=COMPOSITE_AI,
        tool=None,
        description="Inpainted a corner",
        generation=generation(prompt="a red umbrella", steps=12),
        parameters={"strength": 0.8, "mask_sha256": "cd" * 32},
        regions=(Region(x=0, y=0, width=12, height=12),),
    ),
    step("c2pa.resized", parameters={"scale": 0.5}),
)


@pytest.fixture
def parent(signed: Signed) -> Parent:
    return Parent(
        title="A fox at dusk",
        data=signed.data,
        media_type="image/png",
        manifest_label=signed.manifest_label,
        identifier="urn:uuid:00000000-0000-0000-0000-000000000001",
    )


def _sign(meant: Story, *, media_type: str = "image/png") -> Reading:
    return read(sign(picture(media_type), media_type=media_type, story=meant).data)


def test_a_sitting_of_twelve_steps_is_told_in_order(parent: Parent) -> None:
    reading = _sign(story(parent=parent, steps=CHAIN, origin=MODEL))
    told = facts(reading.active, resources=reading.resources)
    assert reading.verdict.code == "valid"
    assert [action.action for action in told.actions] == ["c2pa.opened", *(it.action for it in CHAIN)]
    assert told.actions[0].source_type == ""
    assert told.all_actions_included
    assert told.ingredients[0].relationship == "parentOf"
    assert told.ingredients[0].credential
    assert [it.title for it in told.ingredients[1:]] == ["prompt", "colophon-mini"]
    assert told.prompt == "a red umbrella"
    crop, inpaint = told.actions[1], told.actions[11]
    assert (crop.source_type, crop.agent, crop.when) == ("humanEdits", "Colophon studio 0.1.0", WHEN)
    assert crop.description == "Cropped to 40 × 30"
    assert crop.standing == "witnessed"
    assert crop.regions == ({"shape": "rectangle", "x": 4.0, "y": 1.0, "width": 40.0, "height": 30.0},)
    assert told.actions[6].regions == ({"shape": "polygon", "points": [[1.0, 1.0], [9.0, 1.5], [5.0, 8.0]]},)
    assert told.actions[5].parameters["org.colophon.curve"] == "[[0,0],[128,140],[255,255]]"
    assert (inpaint.source_type, inpaint.agent) == ("compositeWithTrainedAlgorithmicMedia", "colophon-mini r1")
    assert inpaint.parameters["org.colophon.strength"] == 0.8
    assert inpaint.parameters["org.colophon.seed"] == str(2**64 - 1)
    assert told.model["name"] == "colophon-mini"


def test_the_parents_whole_credential_goes_along(parent: Parent, signed: Signed) -> None:
    reading = _sign(story(parent=parent, steps=CHAIN[:1]))
    assert [it["label"] for it in reading.manifest["manifests"]][1:] == [signed.manifest_label]


@pytest.mark.parametrize("media_type", sorted(FORMATS))
def test_an_export_in_five_formats_has_the_version_for_a_parent(parent: Parent, media_type: str) -> None:
    steps = (
        step("c2pa.addedText", source_type=ALGORITHMIC, description="Visible label", parameters={"text": "AI"}),
        step("c2pa.transcoded", source_type="", parameters={"quality": 90}),
    )
    reading = _sign(story(parent=parent, steps=steps, origin=MODEL), media_type=media_type)
    assert (reading.verdict.code, reading.media_type) == ("valid", media_type)
    assert facts(reading.active).ingredients[0].credential


def test_a_declared_edit_says_that_we_did_not_see_it(parent: Parent) -> None:
    reading = _sign(story(parent=parent, steps=(declared(when=WHEN, description="Painted in Krita, 3 h"),)))
    told = facts(reading.active)
    assert told.all_actions_included is False
    assert told.actions[1].action == "c2pa.unknown"
    assert (told.actions[1].standing, told.actions[1].source_type) == ("claimed", ANYTHING.rpartition("/")[2])
    assert told.actions[1].description == "Painted in Krita, 3 h"


def test_a_parent_without_a_credential_is_a_parent_all_the_same(signer: Path) -> None:
    reading = _sign(story(parent=Parent(title="scan", data=picture("image/jpeg"), media_type="image/jpeg")))
    told = facts(reading.active)
    assert [(it.relationship, it.credential, it.title) for it in told.ingredients] == [("parentOf", False, "scan")]
    assert told.all_actions_included


def _flipped(data: bytes, at: int) -> bytes:
    changed = bytearray(data)
    changed[at] ^= 0xFF
    return bytes(changed)


@pytest.mark.parametrize("place", ["picture", "statement", "box"])
def test_a_parent_with_a_broken_credential_does_not_stop_the_story(parent: Parent, place: str) -> None:
    data = parent.data
    places = {"picture": len(data) - 30, "statement": data.index(b"trainedAlgo"), "box": data.index(b"jumb") + 1}
    broken = Parent(title="changed", data=_flipped(data, places[place]), media_type="image/png")
    assert read(broken.data).verdict.code in ("tampered", "unreadable", "none")
    reading = _sign(story(parent=broken, steps=CHAIN[:1]))
    assert reading.verdict.code == "valid"
    assert facts(reading.active).ingredients[0].relationship == "parentOf"


def test_a_file_that_does_not_name_its_parent_is_thrown_away(parent: Parent) -> None:
    wrong = Parent(title="p", data=parent.data, media_type="image/png", manifest_label="urn:c2pa:another")
    with pytest.raises(CredentialError) as caught:
        _sign(story(parent=wrong))
    assert caught.value.code == "story_mismatch"


def test_an_image_to_image_job_names_its_reference_and_adapter(signed: Signed) -> None:
    adapter = Adapter(
        name="gouache", source="someone/gouache-lora", weights_sha256="ef" * 32, revision="abc", scale=0.7
    )
    references = (
        Reference(title="sketch.jpg", data=picture("image/jpeg"), media_type="image/jpeg", description="The sketch"),
        Reference(title="fox.png", data=signed.data, media_type="image/png", embed=True),
    )
    reading = _sign(story(references=references, adapters=(adapter,)))
    told = facts(reading.active, resources=reading.resources)
    assert told.actions[0].source_type == GENERATED.rpartition("/")[2]
    assert [(it.title, it.relationship, it.credential) for it in told.ingredients] == [
        ("prompt", "inputTo", False),
        ("colophon-mini", "inputTo", False),
        ("gouache", "inputTo", False),
        ("sketch.jpg", "inputTo", False),
        ("fox.png", "inputTo", True),
    ]
    assert told.ingredients[2].identifier == "pkg:huggingface/someone/gouache-lora@abc"
    assert "ef" * 32 in told.ingredients[2].description
    sketch = hashlib.sha256(picture("image/jpeg")).hexdigest()
    assert told.ingredients[3].description == f"The sketch; SHA-256 {sketch}"
    assert signed.data in reading.resources.values()
    assert picture("image/jpeg") not in reading.resources.values()


def test_a_placed_picture_is_a_component(parent: Parent) -> None:
    logo = Reference(title="logo", data=picture(), media_type="image/png", relationship="componentOf")
    reading = _sign(story(parent=parent, steps=(step("c2pa.placed", source_type="", references=(logo,)),)))
    assert [it.relationship for it in facts(reading.active).ingredients] == ["parentOf", "componentOf"]


def test_one_model_used_twice_is_written_once(parent: Parent) -> None:
    inpaint = step("c2pa.edited", source_type=COMPOSITE_AI, generation=generation())
    again = step("c2pa.edited", source_type=COMPOSITE_AI, generation=generation(prompt="another"))
    definition = define(story(parent=parent, steps=(inpaint, inpaint, again)), media_type="image/png")
    assert [it.label for it in definition.inputs] == ["parent", "prompt", "model", "prompt-2"]
    used = [it["parameters"]["ingredientIds"] for it in definition.manifest["assertions"][0]["data"]["actions"]]
    assert used == [["parent"], ["prompt", "model"], ["prompt", "model"], ["prompt-2", "model"]]


def test_a_private_prompt_is_nowhere_in_the_file(signer: Path) -> None:
    meant = story(prompt="the secret of the red umbrella", negative_prompt="not this secret", commitment="ab" * 32)
    signed = sign(picture(), media_type="image/png", story=meant)
    assert b"secret" not in signed.data
    told = facts(read(signed.data).active)
    assert (told.prompt, told.negative_prompt, told.commitment) == ("", "", "ab" * 32)
    assert [it.title for it in told.ingredients] == ["colophon-mini"]


def test_a_private_prompt_in_the_title_is_noticed(signer: Path) -> None:
    words = "the secret of the red umbrella"
    with pytest.raises(CredentialError) as caught:
        _sign(story(title=words, prompt=words, commitment="ab" * 32))
    assert (caught.value.code, "private prompt" in caught.value.message) == ("story_mismatch", True)


def _drop_step(manifest: dict[str, Any]) -> None:
    manifest["assertions"][0]["data"]["actions"].pop()


def _move_region(manifest: dict[str, Any]) -> None:
    manifest["assertions"][0]["data"]["actions"][1]["changes"][0]["region"][0]["shape"]["width"] = 41.0


def _claim_completeness(manifest: dict[str, Any]) -> None:
    manifest["assertions"][0]["data"]["allActionsIncluded"] = True


def _claim_witness(manifest: dict[str, Any]) -> None:
    manifest["assertions"][0]["data"]["actions"][-1]["parameters"]["org.colophon.standing"] = "witnessed"


def _other_source(manifest: dict[str, Any]) -> None:
    manifest["assertions"][0]["data"]["actions"][1]["digitalSourceType"] = GENERATED


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (_drop_step, "number of actions"),
        (_move_region, "changes of step 1"),
        (_claim_completeness, "allActionsIncluded"),
        (_claim_witness, "parameters of step 2"),
        (_other_source, "digitalSourceType of step 1"),
    ],
)
def test_steps_told_otherwise_than_meant_are_thrown_away(
    parent: Parent, monkeypatch: pytest.MonkeyPatch, change: Callable[[dict[str, Any]], None], field: str
) -> None:
    def changed(meant: Story, *, media_type: str) -> Any:
        definition = define(meant, media_type=media_type)
        change(definition.manifest)
        return definition

    monkeypatch.setattr(sign_module, "define", changed)
    with pytest.raises(CredentialError) as caught:
        _sign(story(parent=parent, steps=(CHAIN[0], declared(when=WHEN, description="more"))))
    assert caught.value.code == "story_mismatch"
    assert field in caught.value.message


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: story(generation=None), "begins with"),
        (lambda: story(parent=Parent(title="", data=b"", media_type=""), generation=generation()), "begins with"),
        (lambda: step("c2pa.color_adjustments"), "no action"),
        (lambda: step("c2pa.opened"), "no action"),
        (lambda: step("c2pa.beautified"), "no action"),
        (lambda: step("beautified"), "no action"),
        (lambda: step("c2pa.cropped", source_type=""), "source type"),
        (lambda: step("c2pa.edited", parameters={"a.b": 1}), "parameter name"),
        (lambda: step("c2pa.edited", parameters={"a": 2**63}), "use text"),
        (lambda: step("c2pa.edited", parameters={"a": float("nan")}), "use text"),
        (lambda: Region(width=3), "area"),
        (lambda: Region(points=((1, 1), (2, 2))), "polygon"),
        (lambda: Reference(title="", data=b"", media_type="", relationship="parentOf"), "parent"),
    ],
)
def test_a_story_that_contradicts_itself_cannot_be_made(make: Callable[[], object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        make()


def test_the_picture_is_the_one_that_was_given(parent: Parent) -> None:
    after = sign(picture(), media_type="image/png", story=story(parent=parent, steps=CHAIN)).data
    with Image.open(io.BytesIO(after)) as signed, Image.open(io.BytesIO(picture())) as given:
        assert signed.tobytes() == given.tobytes()
