"""What an image was made from, as the ingredients of its manifest: parent, prompts, models, references. Pure."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from provenance.credentials.story import Adapter, Generation, ModelFacts, Parent, Reference
from provenance.credentials.text import clean

PARENT = "parent"


@dataclass(frozen=True, kw_only=True)
class Input:
    """One ingredient: its definition, the file it is (empty for data only), and what is embedded of it."""

    definition: dict[str, Any]
    media_type: str
    data: bytes = field(default=b"", repr=False)
    resources: Mapping[str, bytes] = field(default_factory=dict, repr=False)

    @property
    def label(self) -> str:
        return str(self.definition["label"])


class Inputs:
    """Collects ingredients in the order in which actions name them; equal ones are written once.

    The parent comes first: a first ingredient without a credential of its own makes readers call
    the picture "media of unknown provenance".
    """

    def __init__(self, parent: Parent | None) -> None:
        self._found: dict[tuple[Any, ...], Input] = {}
        self.parent = [self._parent(parent)] if parent else []

    @property
    def all(self) -> tuple[Input, ...]:
        return tuple(self._found.values())

    def of(self, generation: Generation) -> list[str]:
        """Labels of what *generation* used: prompt (unless private), model, adapters, references."""
        found = [] if generation.commitment or not generation.prompt else [self._prompt(generation.prompt)]
        found.append(self._embedded("model", passport(generation.model), kind="c2pa.types.model", what="Generator"))
        found += [
            self._embedded("adapter", adapter_passport(it), kind="c2pa.types.model", what=f"Adapter ({clean(it.kind)})")
            for it in generation.adapters
        ]
        return found + [self.reference(item) for item in generation.references]

    def reference(self, reference: Reference) -> str:
        sha256 = hashlib.sha256(reference.data).hexdigest()
        said = f"{clean(reference.description)}; SHA-256 {sha256}" if reference.description else f"SHA-256 {sha256}"
        extra: dict[str, Any] = {"description": said, "relationship": reference.relationship}
        return self._add(
            "reference",
            (sha256, reference.relationship, reference.title, reference.description, reference.embed),
            title=clean(reference.title),
            media_type=reference.media_type,
            data=reference.data,
            embed=reference.data if reference.embed else None,
            **extra,
        )

    def _parent(self, parent: Parent) -> str:
        said: dict[str, Any] = {"description": clean(parent.description)} if parent.description else {}
        if parent.identifier:
            said["informational_URI"] = clean(parent.identifier)
        return self._add(
            PARENT,
            (),
            title=clean(parent.title),
            media_type=parent.media_type,
            data=parent.data,
            relationship="parentOf",
            **said,
        )

    def _prompt(self, prompt: str) -> str:
        text = clean(prompt, lines=True)
        return self._add(
            "prompt",
            (text,),
            title="prompt",
            media_type="text/plain",
            embed=text.encode(),
            relationship="inputTo",
            data_types=[{"type": "c2pa.types.generator.prompt"}],
        )

    def _embedded(self, name: str, facts: dict[str, Any], *, kind: str, what: str) -> str:
        text = json.dumps(facts, ensure_ascii=False, indent=1)
        return self._add(
            name,
            (text,),
            title=facts["name"],
            media_type="application/json",
            embed=text.encode(),
            relationship="inputTo",
            data_types=[{"type": kind}],
            informational_URI=facts["identifier"],
            description=f"{what}; weights SHA-256 {facts['weights_sha256']}",
        )

    def _add(
        self,
        name: str,
        identity: tuple[Any, ...],
        *,
        media_type: str,
        data: bytes = b"",
        embed: bytes | None = None,
        **definition: Any,
    ) -> str:
        key = (name, *identity)
        if key not in self._found:
            number = sum(known[0] == name for known in self._found) + 1
            label = name if number == 1 else f"{name}-{number}"
            said = {"label": label, "format": media_type, **definition}
            resources = {}
            if embed is not None:
                said["data"] = {"format": media_type, "identifier": label}
                resources = {label: embed}
            self._found[key] = Input(definition=said, media_type=media_type, data=data, resources=resources)
        return self._found[key].label


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


def adapter_passport(adapter: Adapter) -> dict[str, Any]:
    """As :func:`passport`, with the kind of adapter and the scale it was used with."""
    return {
        "name": clean(adapter.name),
        "kind": clean(adapter.kind),
        "source": clean(adapter.source),
        "revision": clean(adapter.revision),
        "weights_sha256": adapter.weights_sha256,
        "licence": clean(adapter.licence),
        "scale": float(adapter.scale),
        "identifier": adapter.purl,
    }
