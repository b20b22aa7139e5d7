"""The story of an image: what a credential is asked to tell. Pure values, no wire format.

A :class:`Story` begins in one of two ways, and goes on with any number of steps::

    generation=Generation(…)          a model made it from nothing     → c2pa.created
    parent=Parent(…)                  it was made from another file    → c2pa.opened
        steps=(Step(…), Step(…), …)   what was done to it, in order    → one action each

========================  ======================================================================
plain generation          ``generation=`` only
image-to-image job        ``generation=`` with ``references=(Reference(…),)``
sitting in the studio     ``parent=`` the version it began from, one ``Step`` per operation
inpaint, AI variation     a ``Step`` with ``generation=`` and ``source_type=COMPOSITE_AI``
declared edit             ``parent=`` the version, one :func:`declared` step with the uploader's words
export                    ``parent=`` the version, steps ``c2pa.addedText`` (``ALGORITHMIC``) for a visible
                          label, ``c2pa.transcoded`` or ``c2pa.resized.proportional`` (no source type)
========================  ======================================================================

A story that contradicts itself or breaks the conformance rules raises ``ValueError`` when it is made:
that is a programmer's mistake, never a user's. All texts are cleaned when they are written (``text.py``).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isfinite
from types import MappingProxyType
from typing import Any
from urllib.parse import quote

from provenance.credentials.text import clean
from provenance.credentials.vocabulary import (
    ALLOWED_ACTIONS,
    DEPRECATED_ACTIONS,
    INCEPTION,
    NON_EDITORIAL,
    RELATIONSHIPS,
    SOURCE_TYPE_EXEMPT,
)

# IPTC digital source types (https://cv.iptc.org/newscodes/digitalsourcetype/).
SOURCE_TYPES = "http://cv.iptc.org/newscodes/digitalsourcetype/"
GENERATED = SOURCE_TYPES + "trainedAlgorithmicMedia"
COMPOSITE_AI = SOURCE_TYPES + "compositeWithTrainedAlgorithmicMedia"
ENHANCED = SOURCE_TYPES + "algorithmicallyEnhanced"
HUMAN_EDITS = SOURCE_TYPES + "humanEdits"
# Put there by a program that learnt from nothing: a visible label, a filter's grain.
ALGORITHMIC = SOURCE_TYPES + "algorithmicMedia"
# "Mix or composite of any elements": what can be said of a change nobody here saw. The conformance
# programme reads it as "possibly using generative AI".
ANYTHING = SOURCE_TYPES + "composite"

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
_LARGEST = 2**63 - 1


def purl(name: str, source: str, version: str) -> str:
    """Package URL of a model: a hub's when *source* has a slash, else generic."""
    kind, name = ("huggingface", source) if "/" in source else ("generic", source or name)
    return f"pkg:{kind}/{quote(clean(name), safe='/')}@{quote(clean(version), safe='')}"


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
        return purl(self.name, self.source, self.revision or self.weights_sha256)


@dataclass(frozen=True, kw_only=True)
class Adapter:
    """Weights added to a model (a LoRA, a ControlNet). ``scale`` is the strength it was used with."""

    name: str
    source: str
    weights_sha256: str
    kind: str = "lora"
    revision: str = ""
    licence: str = ""
    scale: float = 1.0

    @property
    def purl(self) -> str:
        return purl(self.name, self.source, self.revision or self.weights_sha256)


@dataclass(frozen=True, kw_only=True)
class Reference:
    """A picture that went into a step: ``inputTo`` (looked at) or ``componentOf`` (visible in the result).

    The credential keeps a 256 px thumbnail, the SHA-256 and the picture's own credential if it has
    one; the bytes themselves only with ``embed``. ``data`` is an image file of ``media_type``.
    """

    title: str
    data: bytes = field(repr=False)
    media_type: str
    relationship: str = "inputTo"
    description: str = ""
    embed: bool = False

    def __post_init__(self) -> None:
        if self.relationship not in RELATIONSHIPS - {"parentOf"}:
            raise ValueError("a reference is inputTo or componentOf; a parent is the story's parent")


@dataclass(frozen=True, kw_only=True)
class Parent:
    """The file a story begins from, as bytes of ``media_type``; its credential goes along whole.

    ``manifest_label`` is what its active manifest is called, when the caller knows it (it is ours):
    the signed file must then name it. A parent with a damaged credential, or none, is told as a
    parent of unknown provenance. ``identifier`` may be a URN of the version.
    """

    title: str
    data: bytes = field(repr=False)
    media_type: str
    manifest_label: str = ""
    identifier: str = ""
    description: str = ""


@dataclass(frozen=True, kw_only=True)
class Generation:
    """What a model was asked to do, from nothing or within a step.

    ``seed`` is text (unsigned 64-bit), ``width`` and ``height`` are pixels of what the model made.
    With ``commitment`` (hex, see ``commitment.py``) the prompt is private: neither it nor the
    negative prompt is written, whatever the fields hold.
    """

    model: ModelFacts
    prompt: str
    seed: str
    steps: int
    guidance: float
    scheduler: str
    width: int
    height: int
    negative_prompt: str = ""
    batch_size: int = 1
    dtype: str = ""
    device: str = ""
    software: Mapping[str, str] = field(default_factory=dict)
    adapters: tuple[Adapter, ...] = ()
    references: tuple[Reference, ...] = ()
    commitment: str = ""


@dataclass(frozen=True, kw_only=True)
class Region:
    """Where something changed: a rectangle, or a polygon of ``points``; pixels of the picture after the step."""

    x: float = 0
    y: float = 0
    width: float = 0
    height: float = 0
    points: tuple[tuple[float, float], ...] = ()
    description: str = ""

    def __post_init__(self) -> None:
        if not (len(self.points) >= 3 or (not self.points and self.width > 0 and self.height > 0)):
            raise ValueError("a region is a rectangle with an area or a polygon of three points or more")


@dataclass(frozen=True, kw_only=True)
class Tool:
    """The program a step was made with."""

    name: str
    version: str = ""


@dataclass(frozen=True, kw_only=True)
class Step:
    """One thing that was done to the picture: one action.

    ``action`` is a ``c2pa.*`` name of ``vocabulary.ALLOWED_ACTIONS`` (``c2pa.cropped``,
    ``c2pa.resized``, ``c2pa.orientation``, ``c2pa.adjustedColor``, ``c2pa.drawing``,
    ``c2pa.addedText``, ``c2pa.filtered``, ``c2pa.edited``, ``c2pa.placed``, …) or a dotted name of
    one's own. ``source_type`` is a whole IPTC address (the constants above); every ``c2pa.*``
    action that changes what is seen needs one. ``when`` is ISO 8601 in UTC, the end of the step.

    ``parameters`` are names without a namespace (``{"angle": 1.5}``); lists and mappings become
    JSON text. ``description`` is a sentence for people. ``witnessed`` says that it happened in
    this service; a step that was only told to us must have it false. With ``generation`` a model
    did it: its model is then the step's agent, and ``tool`` is not written.
    """

    action: str
    when: str
    source_type: str = ""
    description: str = ""
    tool: Tool | None = None
    regions: tuple[Region, ...] = ()
    parameters: Mapping[str, Any] = field(default_factory=dict)
    generation: Generation | None = None
    references: tuple[Reference, ...] = ()
    witnessed: bool = True

    def __post_init__(self) -> None:
        known = self.action in ALLOWED_ACTIONS - DEPRECATED_ACTIONS - INCEPTION
        if not known and (self.action.startswith("c2pa.") or "." not in self.action):
            raise ValueError(f"{self.action} is no action a step may have")
        exempt = NON_EDITORIAL | SOURCE_TYPE_EXEMPT
        if self.action.startswith("c2pa.") and self.action not in exempt and not self.source_type:
            raise ValueError(f"{self.action} changes what is seen, so it needs a digital source type")
        for name in self.parameters:
            if not name.isidentifier():
                raise ValueError(f"{name!r} is no parameter name")
        plain(self.parameters)


@dataclass(frozen=True, kw_only=True)
class Story:
    """Everything a sceptic may ask of one image; see the head of this file for what to fill in.

    ``created`` is ISO 8601 in UTC (``2026-11-22T20:00:00Z``): when the model made it, or when the
    parent was opened. ``iscc`` is an ``ISCC:…`` code of the pixels or empty. ``origin`` is the model
    whose picture this descends from, for stories that open an AI picture without using a model
    themselves: the disclosure that AI made it must not get lost on the way.
    """

    title: str
    created: str
    service_name: str
    service_version: str
    work_id: str
    version_id: str
    generation: Generation | None = None
    parent: Parent | None = None
    steps: tuple[Step, ...] = ()
    origin: ModelFacts | None = None
    iscc: str = ""
    uses: Mapping[str, str] = field(default_factory=lambda: DEFAULT_USES)

    def __post_init__(self) -> None:
        if (self.generation is None) == (self.parent is None):
            raise ValueError("a story begins with a generation or with a parent")

    @property
    def complete(self) -> bool:
        """Whether every change since the beginning was seen here (``allActionsIncluded``)."""
        return all(step.witnessed for step in self.steps)

    @property
    def generations(self) -> tuple[Generation, ...]:
        """Every use of a model, in order."""
        first = (self.generation,) if self.generation else ()
        return (*first, *(step.generation for step in self.steps if step.generation))


def declared(*, when: str, description: str, parameters: Mapping[str, Any] | None = None) -> Step:
    """The step of a file edited elsewhere: we saw only before and after.

    *description* is the uploader's claim in their words. What we measured ourselves (shares,
    registration) may stand in *parameters*.
    """
    return Step(
        action="c2pa.unknown",
        when=when,
        source_type=ANYTHING,
        description=description,
        parameters=parameters or {},
        witnessed=False,
    )


def plain(values: Mapping[str, Any]) -> dict[str, str | int | float | bool]:
    """*values* as an action's parameters may hold them: clean text, numbers that survive, JSON for the rest.

    Raises ``ValueError`` for numbers that do not come back as they were (infinite, beyond 63 bits).
    """
    found: dict[str, str | int | float | bool] = {}
    for name, value in values.items():
        if isinstance(value, str):
            found[name] = clean(value, lines=True)
        elif isinstance(value, bool | int | float):
            if not isfinite(value) or abs(value) > _LARGEST:
                raise ValueError(f"the number {name} cannot be written: use text")
            found[name] = value
        elif value is not None:
            text = json.dumps(value, ensure_ascii=False, sort_keys=True, allow_nan=False, separators=(",", ":"))
            found[name] = clean(text)
    return found
