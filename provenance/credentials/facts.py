"""What a manifest says, as plain values for people and programs. Pure.

Manifests come from anywhere. Every value is type-checked, cleaned of invisible characters and cut to
a bounded length; nothing here says whether it is true (see ``verdict.py``).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isfinite
from typing import Any

from provenance.credentials.manifest import CLAIMED, NAMESPACE, WITNESSED
from provenance.credentials.text import clean

LONGEST = 20_000
MOST = 200
PROMPT_TYPE = "c2pa.types.generator.prompt"
MODEL_TYPE = "c2pa.types.model"


@dataclass(frozen=True, kw_only=True)
class Action:
    """One entry of ``c2pa.actions``. ``source_type`` is the last part of the IPTC address.

    ``regions`` are where it happened, in the units the manifest gives (pixels for ours): rectangles
    ``{"shape", "x", "y", "width", "height"}`` and polygons ``{"shape", "points"}``. ``standing`` is
    ``witnessed`` or ``claimed`` where a manifest of our kind says so, else empty.
    """

    action: str
    source_type: str = ""
    when: str = ""
    agent: str = ""
    description: str = ""
    parameters: dict[str, Any] = field(default_factory=dict)
    regions: tuple[dict[str, Any], ...] = ()
    standing: str = ""


@dataclass(frozen=True, kw_only=True)
class Ingredient:
    """One thing the image was made from. ``credential`` tells whether it brought one of its own."""

    title: str
    relationship: str
    format: str = ""
    types: tuple[str, ...] = ()
    identifier: str = ""
    description: str = ""
    text: str = ""
    credential: bool = False


@dataclass(frozen=True, kw_only=True)
class Signature:
    """Who signed, by their certificate's own words, and when by a timestamp, if there is one."""

    name: str = ""
    organisation: str = ""
    issuer: str = ""
    serial: str = ""
    algorithm: str = ""
    valid_from: str = ""
    valid_until: str = ""
    timestamp: str = ""
    timestamp_authority: str = ""


@dataclass(frozen=True, kw_only=True)
class Facts:
    """The active manifest in a few words. Empty strings where it says nothing."""

    label: str
    title: str
    generator: str
    spec_version: str
    signature: Signature
    actions: tuple[Action, ...]
    all_actions_included: bool
    ingredients: tuple[Ingredient, ...]
    model: dict[str, str]
    prompt: str
    negative_prompt: str
    commitment: str
    seed: str
    steps: int | None
    guidance: float | None
    created: str
    source_types: tuple[str, ...]
    uses: dict[str, str]
    soft_bindings: tuple[tuple[str, str], ...]
    thumbnail: bool


def facts(manifest: Mapping[str, Any], *, resources: Mapping[str, bytes] | None = None) -> Facts:
    """Facts of one *manifest* (crJSON); *resources* are its embedded data by assertion label."""
    assertions = _dict(manifest.get("assertions"))
    claim = _dict(manifest.get("claim.v2")) or _dict(manifest.get("claim"))
    actions, complete = _actions(assertions)
    ingredients = _ingredients(assertions, resources or {})
    parameters = next((it.parameters for it in actions if _own(it.parameters, "seed")), {})
    return Facts(
        label=_text(manifest.get("label")),
        title=_text(claim.get("dc:title")),
        generator=_generator(claim),
        spec_version=_text(_info(claim).get("specVersion")),
        signature=_signature(_dict(manifest.get("signature"))),
        actions=actions,
        all_actions_included=complete,
        ingredients=ingredients,
        model=_model(assertions, parameters),
        prompt=_own(parameters, "prompt") or next((it.text for it in ingredients if PROMPT_TYPE in it.types), ""),
        negative_prompt=_own(parameters, "negative_prompt"),
        commitment=_own(parameters, "prompt_commitment"),
        seed=_own(parameters, "seed"),
        steps=_number(parameters.get(f"{NAMESPACE}.steps"), int),
        guidance=_number(parameters.get(f"{NAMESPACE}.guidance"), float),
        created=actions[0].when if actions else "",
        source_types=tuple(dict.fromkeys(action.source_type for action in actions if action.source_type)),
        uses=_uses(assertions),
        soft_bindings=_soft_bindings(assertions),
        thumbnail="c2pa.thumbnail.claim" in assertions,
    )


def commitments(store: Mapping[str, Any]) -> frozenset[str]:
    """Every commitment to a private prompt in *store* (crJSON), those of earlier manifests included."""
    manifests = [_dict(manifest) for manifest in _list(store.get("manifests"))[:MOST]]
    actions = [action for it in manifests for action in _actions(_dict(it.get("assertions")))[0]]
    return frozenset(filter(None, (_own(action.parameters, "prompt_commitment") for action in actions)))


def _actions(assertions: dict[str, Any]) -> tuple[tuple[Action, ...], bool]:
    found: list[Action] = []
    complete = False
    for label, body in assertions.items():
        if not label.startswith("c2pa.actions"):
            continue
        complete = complete or _dict(body).get("allActionsIncluded") is True
        for item in _list(_dict(body).get("actions"))[:MOST]:
            action = _dict(item)
            agent = action.get("softwareAgent")
            found.append(
                Action(
                    action=_text(action.get("action")),
                    source_type=_text(action.get("digitalSourceType")).rstrip("/").rpartition("/")[2],
                    when=_text(action.get("when")),
                    agent=_named(agent) if isinstance(agent, dict) else _text(agent),
                    description=_text(action.get("description")),
                    parameters={
                        _text(key): _plain(value)
                        for key, value in list(_dict(action.get("parameters")).items())[:MOST]
                        if key not in ("ingredients", "ingredient")
                    },
                    regions=_regions(action.get("changes")),
                    standing=_standing(_dict(action.get("parameters"))),
                )
            )
    return tuple(found), complete


def _standing(parameters: dict[str, Any]) -> str:
    said = parameters.get(f"{NAMESPACE}.standing")
    return said if said in (WITNESSED, CLAIMED) else ""


def _regions(changes: object) -> tuple[dict[str, Any], ...]:
    """Rectangles and polygons of a list of regions of interest; other shapes are passed over."""
    found: list[dict[str, Any]] = []
    for item in _list(changes)[:MOST]:
        for part in _list(_dict(item).get("region"))[:MOST]:
            shape = _dict(_dict(part).get("shape"))
            origin, unit = _dict(shape.get("origin")), _text(shape.get("unit"))
            more = {"unit": unit} if unit not in ("", "pixel") else {}
            points = [_point(_dict(it)) for it in _list(shape.get("vertices"))[:MOST]]
            sides = [_number(shape.get(key), float) for key in ("width", "height")]
            if shape.get("type") == "polygon" and len(points) > 2 and all(None not in it for it in points):
                found.append({"shape": "polygon", "points": points, **more})
            elif shape.get("type") == "rectangle" and None not in (*_point(origin), *sides):
                x, y = _point(origin)
                found.append({"shape": "rectangle", "x": x, "y": y, "width": sides[0], "height": sides[1], **more})
    return tuple(found[:MOST])


def _point(value: dict[str, Any]) -> list[float | None]:
    return [_number(value.get("x"), float), _number(value.get("y"), float)]


def _ingredients(assertions: dict[str, Any], resources: Mapping[str, bytes]) -> tuple[Ingredient, ...]:
    found = []
    for label, body in assertions.items():
        if not label.startswith("c2pa.ingredient"):
            continue
        item = _dict(body)
        data = _text(_dict(item.get("data")).get("url")).rpartition("/")[2]
        kind = _text(item.get("dc:format"))
        text = resources.get(data, b"") if kind.startswith(("text/", "application/json")) else b""
        found.append(
            Ingredient(
                title=_text(item.get("dc:title")),
                relationship=_text(item.get("relationship")),
                format=kind,
                types=tuple(_text(_dict(entry).get("type")) for entry in _list(item.get("dataTypes"))[:MOST]),
                identifier=_text(item.get("informationalURI")),
                description=_text(item.get("description")),
                text=clean(text[: 4 * LONGEST].decode("utf-8", "replace"), lines=True)[:LONGEST],
                credential=bool(item.get("activeManifest") or item.get("c2pa_manifest")),
            )
        )
    return tuple(found[:MOST])


def _model(assertions: dict[str, Any], parameters: dict[str, Any]) -> dict[str, str]:
    disclosure = _dict(assertions.get("c2pa.ai-disclosure"))
    said = {
        "name": _text(disclosure.get("modelName")),
        "identifier": _text(disclosure.get("modelIdentifier")),
        "weights_sha256": _own(parameters, "weights_sha256"),
        "oversight": _text(_dict(disclosure.get("contentProfile")).get("humanOversightLevel")),
    }
    return {key: value for key, value in said.items() if value}


def _signature(signature: dict[str, Any]) -> Signature:
    certificate, stamp = _dict(signature.get("certificateInfo")), _dict(signature.get("timeStampInfo"))
    subject, validity = _dict(certificate.get("subject")), _dict(certificate.get("validity"))
    return Signature(
        name=_text(subject.get("CN")),
        organisation=_text(subject.get("O")),
        issuer=_text(_dict(certificate.get("issuer")).get("CN")),
        serial=_text(certificate.get("serialNumber")),
        algorithm=_text(signature.get("algorithm")),
        valid_from=_text(validity.get("notBefore")),
        valid_until=_text(validity.get("notAfter")),
        timestamp=_text(stamp.get("timestamp")),
        timestamp_authority=_text(_dict(_dict(stamp.get("certificateInfo")).get("subject")).get("CN")),
    )


def _uses(assertions: dict[str, Any]) -> dict[str, str]:
    for label in ("cawg.training-mining", "c2pa.training-mining"):
        entries = _dict(_dict(assertions.get(label)).get("entries"))
        if entries:
            return {_text(key): _text(_dict(entry).get("use")) for key, entry in list(entries.items())[:MOST]}
    return {}


def _soft_bindings(assertions: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    found = []
    for label, body in assertions.items():
        if label.startswith("c2pa.soft-binding"):
            for block in _list(_dict(body).get("blocks"))[:MOST]:
                found.append((_text(_dict(body).get("alg")), _text(_dict(block).get("value"))))
    return tuple(found)


def _info(claim: dict[str, Any]) -> dict[str, Any]:
    info = claim.get("claim_generator_info")
    return _dict(info[0] if isinstance(info, list) and info else info)


def _generator(claim: dict[str, Any]) -> str:
    return _named(_info(claim)) or _text(claim.get("claim_generator"))


def _named(info: dict[str, Any]) -> str:
    return " ".join(part for part in (_text(info.get("name")), _text(info.get("version"))) if part)[:LONGEST]


def _own(parameters: Mapping[str, Any], name: str) -> str:
    value = parameters.get(f"{NAMESPACE}.{name}")
    return value if isinstance(value, str) else ""


def _number(value: object, kind: type[int] | type[float]) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return kind(value) if isfinite(value) else None
    except (OverflowError, ValueError):  # infinite, not a number, or an integer beyond every float
        return None


def _plain(value: object) -> Any:
    """A scalar as it is, anything else as bounded text."""
    if isinstance(value, float) and not isfinite(value):
        return _text(value)  # JSON has no such numbers
    return value if isinstance(value, bool | int | float) or value is None else _text(value)


def _text(value: object) -> str:
    if value is None:
        return ""
    return clean(value if isinstance(value, str) else str(value))[:LONGEST]


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
