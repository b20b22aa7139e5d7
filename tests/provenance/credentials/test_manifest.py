from collections.abc import Callable
from typing import Any

import pytest

from provenance.credentials.manifest import define, parameters
from provenance.credentials.story import GENERATED, ModelFacts, Story
from tests.provenance.credentials.conftest import generation

MakeStory = Callable[..., Story]


def _assertions(story: Story) -> dict[str, Any]:
    manifest = define(story, media_type="image/png").manifest
    return {item["label"]: item["data"] for item in manifest["assertions"]}


def test_the_claim_names_us_and_the_specification(make_story: MakeStory) -> None:
    manifest = define(make_story(), media_type="image/png").manifest
    assert manifest["claim_generator_info"] == [{"name": "Colophon", "version": "0.1.0", "specVersion": "2.4"}]
    assert manifest["format"] == "image/png"
    assert all(item["created"] for item in manifest["assertions"])


def test_the_first_action_tells_everything(make_story: MakeStory) -> None:
    actions = _assertions(make_story())["c2pa.actions.v2"]
    assert actions["allActionsIncluded"] is True
    (created,) = actions["actions"]
    assert created["action"] == "c2pa.created"
    assert created["digitalSourceType"] == GENERATED
    assert created["when"] == "2026-11-22T20:00:00Z"
    assert created["softwareAgent"] == {
        "name": "colophon-mini",
        "version": "r1",
        "org.colophon.weights_sha256": "ab" * 32,
    }
    assert created["parameters"] == {
        "org.colophon.prompt": "a fox, «élan» 😀",
        "org.colophon.negative_prompt": "blur",
        "org.colophon.seed": "18446744073709551615",
        "org.colophon.steps": 20,
        "org.colophon.guidance": 4.5,
        "org.colophon.scheduler": "DPMSolverMultistepScheduler",
        "org.colophon.width": 48,
        "org.colophon.height": 32,
        "org.colophon.batch_size": 4,
        "org.colophon.dtype": "float32",
        "org.colophon.device": "cpu",
        "org.colophon.software": '{"diffusers": "0.36", "torch": "2.15"}',
        "org.colophon.weights_sha256": "ab" * 32,
        "org.colophon.work": "00000000-0000-0000-0000-000000000001",
        "org.colophon.version": "00000000-0000-0000-0000-000000000002",
        "ingredientIds": ["prompt", "model"],
    }


def test_prompt_and_model_are_embedded_inputs(make_story: MakeStory) -> None:
    definition = define(make_story(prompt="two\r\nlines\x00"), media_type="image/png")
    prompt, model = definition.inputs
    assert (prompt.definition["relationship"], model.definition["relationship"]) == ("inputTo", "inputTo")
    assert prompt.resources == {"prompt": b"two\nlines"}
    assert b'"weights_sha256": "' + b"ab" * 32 in model.resources["model"]
    assert b"Nobody living." in model.resources["model"]


def test_without_a_prompt_there_is_no_prompt_ingredient(make_story: MakeStory) -> None:
    definition = define(make_story(prompt=""), media_type="image/png")
    assert [item.label for item in definition.inputs] == ["model"]
    assert "org.colophon.prompt" not in parameters(generation(prompt=""))


def test_no_review_is_claimed_in_what_is_sealed_before_one(make_story: MakeStory) -> None:
    disclosure = _assertions(make_story())["c2pa.ai-disclosure"]
    assert disclosure == {
        "modelType": "c2pa.types.model",
        "modelName": "colophon-mini",
        "modelIdentifier": "pkg:generic/colophon-mini@r1",
        "contentProfile": {"humanOversightLevel": "prompt_guided"},
    }


def test_training_is_refused_in_four_entries(make_story: MakeStory) -> None:
    assert _assertions(make_story())["cawg.training-mining"] == {
        "entries": {
            "cawg.data_mining": {"use": "allowed"},
            "cawg.ai_inference": {"use": "allowed"},
            "cawg.ai_training": {"use": "notAllowed"},
            "cawg.ai_generative_training": {"use": "notAllowed"},
        }
    }


def test_the_soft_binding_is_written_when_there_is_one(make_story: MakeStory) -> None:
    assert _assertions(make_story(iscc="ISCC:ABC"))["c2pa.soft-binding"] == {
        "alg": "io.iscc.v0",
        "blocks": [{"scope": {}, "value": "ISCC:ABC"}],
    }
    assert "c2pa.soft-binding" not in _assertions(make_story(iscc=""))


@pytest.mark.parametrize(
    ("source", "revision", "expected"),
    [
        ("stable-diffusion-v1-5/x", "451f4fe", "pkg:huggingface/stable-diffusion-v1-5/x@451f4fe"),
        ("bundled", "", "pkg:generic/bundled@" + "cd" * 32),
        ("odd name?", "a/b", "pkg:generic/odd%20name%3F@a%2Fb"),
    ],
)
def test_models_are_named_by_package_url(source: str, revision: str, expected: str) -> None:
    assert ModelFacts(name="n", source=source, revision=revision, weights_sha256="cd" * 32).purl == expected
