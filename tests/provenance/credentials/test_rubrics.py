"""Our rules and the programme's own rubrics, run side by side on every kind of manifest we write."""

import copy
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from pytest_django import Settings

from provenance.credentials import sign as sign_module
from provenance.credentials.errors import CredentialError
from provenance.credentials.read import Reading, read
from provenance.credentials.rules import INTEGRITY, RULES, check, check_integrity
from provenance.credentials.sign import sign
from provenance.credentials.signals import SIGNALS, signals
from provenance.credentials.story import ALGORITHMIC, COMPOSITE_AI, Adapter, Parent, Reference, Story, declared
from tests.provenance.credentials.conftest import FORMATS, MODEL, generation, picture, story
from tests.provenance.credentials.json_formula import Rubric
from tests.provenance.credentials.test_edits import CHAIN, WHEN, step
from tests.provenance.credentials.test_rules import FLAWS

CONFORMANCE = "asset-rubric-conformance0.2-spec2.4.yml"
Loaded = tuple[Rubric, list[dict[str, Any]]]


@pytest.fixture(scope="module")
def load(shared: Path) -> Callable[[str], Loaded]:
    def loaded(name: str) -> Loaded:
        path = shared / "c2pa" / "rubrics" / name
        if not path.exists():
            pytest.skip(f"{name} is not beside this checkout")
        head, rules = yaml.safe_load_all(path.read_text())
        return Rubric(variables=head["variables"], expressions=head["expressions"]), rules

    return loaded


def _broken_by_rubric(loaded: Loaded, document: dict[str, Any]) -> set[str]:
    rubric, rules = loaded
    broken = set()
    for rule in rules:
        result = rubric.run(rule["expression"], document, expected_spec_version="2.4")
        matched = bool(result)
        if matched if rule.get("failIfMatched") or rule.get("warnIfMatched") else not matched:
            broken.add(rule["id"])
    return broken


@pytest.fixture
def parent(signer: Path) -> Parent:
    signed = sign(picture(), media_type="image/png", story=story())
    return Parent(title="before", data=signed.data, media_type="image/png", manifest_label=signed.manifest_label)


def stories(parent: Parent) -> Iterator[tuple[str, Story]]:
    """The stories this service tells, by what they are of."""
    sketch = Reference(title="sketch", data=picture("image/jpeg"), media_type="image/jpeg")
    lora = Adapter(name="gouache", source="a/b", weights_sha256="ef" * 32)
    inpaint = step("c2pa.edited", source_type=COMPOSITE_AI, tool=None, generation=generation(prompt="a red umbrella"))
    label = step("c2pa.addedText", source_type=ALGORITHMIC)
    assert len(CHAIN) == 12
    yield "plain generation", story()
    yield "private prompt", story(commitment="ab" * 32)
    yield "edit chain of 12 steps", story(parent=parent, steps=CHAIN, origin=MODEL)
    yield "declared edit", story(parent=parent, steps=(declared(when=WHEN, description="Krita"),), origin=MODEL)
    yield "inpaint", story(parent=parent, steps=(inpaint,))
    yield "image to image with a reference", story(references=(sketch,), adapters=(lora,))
    yield "opened and saved again", story(parent=parent)
    yield "parent without a credential", story(parent=Parent(title="x", data=picture(), media_type="image/png"))
    yield "export", story(parent=parent, steps=(label, step("c2pa.transcoded", source_type="")), origin=MODEL)


KINDS = [
    "plain generation",
    "private prompt",
    "edit chain of 12 steps",
    "declared edit",
    "inpaint",
    "image to image with a reference",
    "opened and saved again",
    "parent without a credential",
    "export",
]


def _reading(parent: Parent, kind: str, media_type: str = "image/png") -> Reading:
    meant = dict(stories(parent))[kind]
    return read(sign(picture(media_type), media_type=media_type, story=meant).data)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_manifest_conforms_by_our_rules(parent: Parent, kind: str) -> None:
    reading = _reading(parent, kind)
    assert check(reading.active, spec_version="2.4") == []
    assert [it.offender for it in check_integrity(reading.active)] == ["signingCredential.untrusted"]


@pytest.mark.shared
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_manifest_conforms_by_the_rubric_itself(
    parent: Parent, kind: str, load: Callable[[str], Loaded]
) -> None:
    assert _broken_by_rubric(load(CONFORMANCE), _reading(parent, kind).manifest) == set()


@pytest.mark.shared
@pytest.mark.parametrize("media_type", sorted(FORMATS))
def test_every_format_conforms_by_the_rubric_itself(
    parent: Parent, media_type: str, load: Callable[[str], Loaded]
) -> None:
    reading = _reading(parent, "edit chain of 12 steps", media_type)
    assert _broken_by_rubric(load(CONFORMANCE), reading.manifest) == set()


# Where we are stricter: the rubric looks at the first action only when there is a ``c2pa.created``.
STRICTER = {"validation:inception_action_position"}


@pytest.mark.shared
@pytest.mark.parametrize(("rule", "flaw"), FLAWS)
def test_what_the_rubric_finds_broken_we_find_broken(
    parent: Parent, rule: str, flaw: Callable[[dict[str, Any]], Any], load: Callable[[str], Loaded]
) -> None:
    document = copy.deepcopy(_reading(parent, "plain generation").manifest)
    flaw(document["manifests"][0])
    theirs = _broken_by_rubric(load(CONFORMANCE), document)
    ours = {it.rule for it in check(document["manifests"][0], spec_version="2.4")}
    assert theirs <= ours
    assert ours - theirs <= STRICTER
    assert f"validation:{rule}" in theirs or f"validation:{rule}" in STRICTER


@pytest.mark.shared
def test_each_rule_of_the_three_rubrics_has_a_counterpart(load: Callable[[str], Loaded]) -> None:
    ours = {
        CONFORMANCE: set(RULES) | {"validation:mandatory_spec_version"},
        "asset-rubric-integrity.yml": set(INTEGRITY),
        "asset-rubric-signals-local.yml": set(SIGNALS),
    }
    for name, known in ours.items():
        assert {rule["id"] for rule in load(name)[1]} == known, name


@pytest.mark.shared
def test_integrity_and_trust_by_the_rubric_itself(
    parent: Parent, load: Callable[[str], Loaded], settings: Settings, signer: Path
) -> None:
    loaded = load("asset-rubric-integrity.yml")
    untrusted = _reading(parent, "edit chain of 12 steps")
    assert _broken_by_rubric(loaded, untrusted.manifest) == {"validation:trusted_success"}
    mark = b"-----BEGIN CERTIFICATE-----"
    (signer / "roots.pem").write_bytes(mark + (signer / "chain.pem").read_bytes().split(mark)[2])
    settings.TRUST_LIST = str(signer / "roots.pem")
    trusted = _reading(parent, "edit chain of 12 steps")
    assert _broken_by_rubric(loaded, trusted.manifest) == set()
    assert check_integrity(trusted.active) == []


@pytest.mark.shared
@pytest.mark.parametrize("kind", KINDS)
def test_signals_are_those_the_rubric_gives(parent: Parent, kind: str, load: Callable[[str], Loaded]) -> None:
    rubric, rules = load("asset-rubric-signals-local.yml")
    active = _reading(parent, kind).active
    assert signals(active) == [rule["id"] for rule in rules if rubric.run(rule["expression"], active)]


SIGNALS_OF_KIND = {
    "plain generation": ["inception:signal_fullyGenAIMedia", "inception:signal_mediaUnknownProvenance"],
    "inpaint": ["transformation:signal_perceptibleGenAI"],
    "declared edit": [
        "transformation:signal_ambiguousActions",
        "transformation:signal_perceptibleNonGenAI",
        "transformation:signal_perceptiblePossiblyGenAI",
    ],
    "export": ["transformation:signal_nonEditorial", "transformation:signal_perceptibleNonGenAI"],
}


@pytest.mark.parametrize("kind", SIGNALS_OF_KIND)
def test_signals_of_our_kinds(parent: Parent, kind: str) -> None:
    assert signals(_reading(parent, kind).active) == SIGNALS_OF_KIND[kind]


@pytest.mark.parametrize(("rule", "flaw"), FLAWS)
def test_what_breaks_a_rule_is_never_signed(
    parent: Parent, monkeypatch: pytest.MonkeyPatch, rule: str, flaw: Callable[[dict[str, Any]], Any]
) -> None:
    """As if the library had written such a manifest: ``sign`` gives nothing back."""

    def flawed(data: bytes) -> Reading:
        reading = read(data)
        assert reading.certificate_sha256  # looked up by the label, before that is spoilt too
        flaw(reading.manifest["manifests"][0])
        return reading

    monkeypatch.setattr(sign_module, "read", flawed)
    with pytest.raises(CredentialError) as caught:
        sign(picture(), media_type="image/png", story=story())
    assert caught.value.code == "manifest_not_conformant"
    assert rule in caught.value.message


@pytest.mark.parametrize("junk", [{}, {"assertions": []}, {"assertions": {"c2pa.actions.v2": {"actions": [1]}}}])
def test_junk_gives_signals_or_none_and_no_error(junk: dict[str, Any]) -> None:
    assert "transformation:signal_ambiguousActions" in signals(junk)
    assert check_integrity(junk)
