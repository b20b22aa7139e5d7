import hashlib
import io
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import c2pa
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as fewer
from hypothesis import strategies as st
from PIL import Image
from pytest_django import Settings

from provenance.credentials import sign as sign_module
from provenance.credentials import timestamp
from provenance.credentials.development import issue
from provenance.credentials.errors import CredentialError
from provenance.credentials.facts import facts
from provenance.credentials.manifest import Definition, define
from provenance.credentials.read import read
from provenance.credentials.sign import sign
from provenance.credentials.story import Story
from provenance.credentials.text import clean
from tests.provenance.credentials.conftest import FORMATS, picture

MakeStory = Callable[..., Story]


def _refused(code: str, image: bytes, story: Story, *, media_type: str = "image/png") -> CredentialError:
    with pytest.raises(CredentialError) as caught:
        sign(image, media_type=media_type, story=story)
    assert caught.value.code == code
    return caught.value


def test_everything_in_the_story_can_be_read_from_the_file_alone(signer: Path, make_story: MakeStory) -> None:
    story = make_story()
    signed = sign(picture(), media_type="image/png", story=story)
    reading = read(signed.data)
    told = facts(reading.active, resources=reading.resources)

    assert (signed.verdict, reading.verdict.code) == ("valid", "valid")
    assert signed.manifest_label == told.label
    assert signed.signer == told.signature.name == "Colophon development signer"
    assert signed.certificate_sha256 == reading.certificate_sha256
    assert signed.sdk == "c2pa-python 0.38.1, c2pa-rs 0.91.3"
    assert (told.title, told.generator, told.spec_version) == ("A fox at dusk", "Colophon 0.1.0", "2.4")
    assert (told.prompt, told.negative_prompt, told.seed) == ("a fox, «élan» 😀", "blur", "18446744073709551615")
    assert (told.steps, told.guidance, told.created) == (20, 4.5, story.created)
    assert told.source_types == ("trainedAlgorithmicMedia",)
    assert told.all_actions_included
    assert told.model == {
        "name": "colophon-mini",
        "identifier": "pkg:generic/colophon-mini@r1",
        "weights_sha256": "ab" * 32,
        "oversight": "prompt_guided",
    }
    assert [(it.title, it.relationship) for it in told.ingredients] == [
        ("prompt", "inputTo"),
        ("colophon-mini", "inputTo"),
    ]
    assert told.ingredients[0].text == "a fox, «élan» 😀"
    assert "Nobody living." in told.ingredients[1].text
    assert told.uses["cawg.ai_generative_training"] == "notAllowed"
    assert told.soft_bindings == (("io.iscc.v0", story.iscc),)
    assert told.thumbnail


@pytest.mark.parametrize("media_type", sorted(FORMATS))
def test_five_formats_are_signed_without_touching_a_pixel(signer: Path, make_story: MakeStory, media_type: str) -> None:
    image = picture(media_type)
    signed = sign(image, media_type=media_type, story=make_story())
    assert read(signed.data).verdict.code == "valid"
    with Image.open(io.BytesIO(image)) as before, Image.open(io.BytesIO(signed.data)) as after:
        assert (before.mode, before.size, before.tobytes()) == (after.mode, after.size, after.tobytes())


@pytest.mark.parametrize("seed", ["0", str(2**63), str(2**64 - 1)])
@pytest.mark.parametrize("guidance", [0.0, 1.0, 7.25])
def test_numbers_come_back_exactly(signer: Path, make_story: MakeStory, seed: str, guidance: float) -> None:
    signed = sign(picture(), media_type="image/png", story=make_story(seed=seed, guidance=guidance))
    told = facts(read(signed.data).active)
    assert (told.seed, told.guidance) == (seed, guidance)


@fewer(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(prompt=st.text(st.characters(exclude_categories=()), max_size=200))
def test_any_prompt_can_be_signed_and_comes_back_clean(signer: Path, make_story: MakeStory, prompt: str) -> None:
    signed = sign(picture(), media_type="image/png", story=make_story(prompt=prompt, title=prompt))
    reading = read(signed.data)
    assert facts(reading.active, resources=reading.resources).prompt == clean(prompt)


def test_a_prompt_of_ten_thousand_characters(signer: Path, make_story: MakeStory) -> None:
    prompt = "ж" * 10_000
    signed = sign(picture(), media_type="image/png", story=make_story(prompt=prompt))
    assert facts(read(signed.data).active).prompt == prompt


def test_with_its_root_on_the_trust_list_it_is_trusted(
    signer: Path, make_story: MakeStory, settings: Settings, pair: tuple[bytes, bytes]
) -> None:
    root = signer / "roots.pem"
    root.write_bytes(b"-----BEGIN CERTIFICATE-----".join([b"", pair[0].split(b"-----BEGIN CERTIFICATE-----")[2]]))
    settings.TRUST_LIST = str(root)
    signed = sign(picture(), media_type="image/png", story=make_story())
    assert signed.verdict == "trusted"
    assert signed.trust_list == hashlib.sha256(root.read_bytes()).hexdigest()


@pytest.mark.parametrize("content", ["", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
def test_a_trust_list_nobody_can_read_is_said_so(
    signer: Path, make_story: MakeStory, settings: Settings, content: str
) -> None:
    (signer / "roots.pem").write_text(content)
    settings.TRUST_LIST = str(signer / "roots.pem")
    _refused("trust_list_unreadable", picture(), make_story())


def test_a_signer_that_is_not_in_order_signs_nothing(signer: Path, make_story: MakeStory) -> None:
    (signer / "key.pem").write_bytes(issue()[1])
    _refused("signer_mismatch", picture(), make_story())
    chain, key = issue(not_before=datetime.now(UTC) - timedelta(days=5), days=4)
    (signer / "chain.pem").write_bytes(chain)
    (signer / "key.pem").write_bytes(key)
    _refused("signer_expired", picture(), make_story())
    (signer / "chain.pem").unlink()
    _refused("signer_missing", picture(), make_story())


def test_a_new_signer_is_used_without_a_restart(signer: Path, make_story: MakeStory) -> None:
    first = sign(picture(), media_type="image/png", story=make_story())
    chain, key = issue()
    (signer / "chain.pem").write_bytes(chain)
    (signer / "key.pem").write_bytes(key)
    second = sign(picture(), media_type="image/png", story=make_story())
    assert first.certificate_sha256 != second.certificate_sha256
    assert read(second.data).certificate_sha256 == second.certificate_sha256


@pytest.mark.parametrize(
    ("image", "media_type"),
    [(b"", "image/png"), (b"hello", "image/png"), (picture("image/jpeg"), "image/png"), (b"GIF89a", "image/gif")],
)
def test_only_what_can_be_signed_is_signed(signer: Path, make_story: MakeStory, image: bytes, media_type: str) -> None:
    _refused("unsupported_format", image, make_story(), media_type=media_type)


def test_a_truncated_picture_is_refused(signer: Path, make_story: MakeStory) -> None:
    _refused("signing_failed", picture()[:60], make_story())


def _with(changes: Callable[[dict[str, Any]], Any]) -> Callable[..., Definition]:
    def changed(story: Story, *, media_type: str) -> Definition:
        definition = define(story, media_type=media_type)
        changes(definition.manifest)
        return definition

    return changed


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        (lambda m: m["assertions"][0]["data"].pop("allActionsIncluded"), "manifest_not_conformant"),
        (lambda m: m["claim_generator_info"][0].pop("specVersion"), "manifest_not_conformant"),
        (lambda m: m["assertions"].append({"label": "gossip", "data": {"a": 1}}), "manifest_not_conformant"),
        (lambda m: m["assertions"][0].pop("created"), "manifest_not_conformant"),
        (lambda m: m["assertions"][0]["data"]["actions"][0]["parameters"].pop("org.colophon.seed"), "story_mismatch"),
        (lambda m: m["assertions"][0]["data"]["actions"][0].update(when="2020-01-01T00:00:00Z"), "story_mismatch"),
        (lambda m: m.update(assertions=[]), "read_back_failed"),
    ],
)
def test_what_does_not_say_what_was_meant_is_thrown_away(
    signer: Path,
    make_story: MakeStory,
    monkeypatch: pytest.MonkeyPatch,
    changes: Callable[[dict[str, Any]], Any],
    code: str,
) -> None:
    before = sorted(path.name for path in signer.iterdir())
    monkeypatch.setattr(sign_module, "define", _with(changes))
    _refused(code, picture(), make_story())
    assert sorted(path.name for path in signer.iterdir()) == before


def test_a_changed_pixel_between_is_noticed(
    signer: Path, make_story: MakeStory, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = picture(size=(48, 31))
    real = sign_module._bind
    monkeypatch.setattr(sign_module, "_bind", lambda image, *rest, **more: real(other, *rest, **more))
    _refused("pixels_changed", picture(), make_story())


def test_a_file_of_another_signer_is_not_ours(
    signer: Path, make_story: MakeStory, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = sign_module._bind
    monkeypatch.setattr(sign_module, "_bind", lambda *given, **more: (real(*given, **more)[0], "00" * 32, "nobody"))
    _refused("read_back_failed", picture(), make_story())


def test_a_timestamp_authority_that_is_nowhere_stops_nothing(
    signer: Path, make_story: MakeStory, settings: Settings
) -> None:
    settings.TSA_URL = "http://127.0.0.1:9/"
    signed = sign(picture(), media_type="image/png", story=make_story())
    assert (signed.timestamp, signed.verdict) == ("due", "valid")
    timestamp.wake()


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_child_process_signs_after_its_parent_has(signer: Path, make_story: MakeStory) -> None:
    """A context made before a fork fails in the child: each process must make its own."""
    sign(picture(), media_type="image/png", story=make_story())
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:  # pragma: no cover
        try:
            data = sign(picture(), media_type="image/png", story=make_story(title="of the child")).data
            os.write(writer, facts(read(data).active).title.encode())
        finally:
            os._exit(0)
    os.close(writer)
    os.waitpid(child, 0)
    assert os.read(reader, 100) == b"of the child"
    os.close(reader)


def test_threads_share_one_signer(signer: Path, make_story: MakeStory) -> None:
    def one(number: int) -> str:
        signed = sign(picture(), media_type="image/png", story=make_story(title=f"no {number}"))
        return facts(read(signed.data).active).title

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(one, range(16))) == [f"no {number}" for number in range(16)]


def test_the_library_alone_reads_it(signer: Path, make_story: MakeStory) -> None:
    signed = sign(picture(), media_type="image/png", story=make_story())
    with c2pa.Reader("image/png", io.BytesIO(signed.data), context=c2pa.Context()) as reader:
        text = reader.json()
    for said in ("colophon-mini", "ab" * 32, "a fox, «élan» 😀", "18446744073709551615", "trainedAlgorithmicMedia"):
        assert said in text


def test_the_story_is_frozen(make_story: MakeStory) -> None:
    story = make_story()
    assert replace(story, title="another").title == "another"
    with pytest.raises(AttributeError):
        story.title = "changed"  # type: ignore[misc]
