"""What a picture was made from, as a tree: each manifest with its ingredients, down to those without one. Pure.

A manifest store comes from anywhere: manifests may name each other in circles, or themselves, or be missing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from provenance.credentials.facts import Facts, facts

DEEPEST = 12
MOST_NODES = 80
# The signer's standing is a matter of lists, not of wholeness; an ingredient's may have run out long ago.
_NOT_BREAKS = frozenset({"signingCredential.untrusted", "signingCredential.expired"})

WHOLE, BROKEN, MISSING, BARE = "whole", "broken", "missing", "bare"


@dataclass(frozen=True, kw_only=True)
class Node:
    """One picture, or another ingredient (a prompt, a model), in the tree.

    ``state`` is *whole* (it has a manifest here in which nothing is broken), *broken* (one that is),
    *missing* (one is named that is not here) or *bare* (it came without). ``facts`` is what its own manifest
    says. ``found_broken`` tells that whoever used it saw that it was broken, and said so. ``picture`` is the
    JUMBF address of its thumbnail. ``cut`` tells that more lies below than is shown.
    """

    title: str
    relationship: str = ""
    format: str = ""
    types: tuple[str, ...] = ()
    state: str = BARE
    reasons: tuple[str, ...] = ()
    found_broken: bool = False
    facts: Facts | None = None
    picture: str = ""
    children: tuple["Node", ...] = field(default=())
    cut: bool = False


def lineage(store: Mapping[str, Any]) -> Node | None:
    """The tree of *store* (crJSON, active manifest first); None when it has no manifest."""
    manifests = [it for it in _list(store.get("manifests")) if isinstance(it, dict)]
    if not manifests:
        return None
    known = {str(it.get("label", "")): it for it in reversed(manifests)}
    return _Walk(known).of(manifests[0], above=())


class _Walk:
    def __init__(self, known: dict[str, dict[str, Any]]) -> None:
        self.known = known
        self.left = MOST_NODES

    def of(self, manifest: dict[str, Any], *, above: tuple[str, ...], **place: Any) -> Node:
        told = facts(manifest)
        label = str(manifest.get("label", ""))
        bodies = [
            (name, body if isinstance(body, dict) else {})
            for name, body in _dict(manifest.get("assertions")).items()
            if name.startswith("c2pa.ingredient")
        ]
        children: list[Node] = []
        cut = len(above) >= DEEPEST
        if not cut:
            for (name, body), item in zip(bodies, told.ingredients, strict=False):
                if self.left <= 0:
                    cut = True
                    break
                self.left -= 1
                children.append(self._ingredient(name, body, item, label=label, above=(*above, label)))
        reasons = _failures(manifest)
        picture = _thumbnail(manifest, label) or place.pop("picture", "")
        place.pop("picture", None)
        return Node(
            **{"title": told.title, **place},
            state=BROKEN if reasons or place.get("found_broken") else WHOLE,
            reasons=reasons,
            facts=told,
            picture=picture,
            children=tuple(children),
            cut=cut and bool(bodies),
        )

    def _ingredient(self, name: str, body: dict[str, Any], item: Any, *, label: str, above: tuple[str, ...]) -> Node:
        reference = _dict(body.get("activeManifest")) or _dict(body.get("c2pa_manifest"))
        named = str(reference.get("url", "")).rpartition("/c2pa/")[2].strip("/")
        thumbnail = str(_dict(body.get("thumbnail")).get("url", ""))
        place: dict[str, Any] = {
            "title": item.title or item.identifier,
            "relationship": item.relationship,
            "format": item.format,
            "types": item.types,
            "found_broken": _was_found_broken(body),
            "picture": thumbnail.replace("self#jumbf=c2pa.assertions", f"self#jumbf=/c2pa/{label}/c2pa.assertions"),
        }
        if not reference:
            return Node(**place)
        if named in above or named not in self.known:
            return Node(**place, state=MISSING, cut=named in above)
        return self.of(self.known[named], above=above, **place)


def _failures(manifest: Mapping[str, Any]) -> tuple[str, ...]:
    found = [str(_dict(it).get("code", "")) for it in _list(_dict(manifest.get("validationResults")).get("failure"))]
    return tuple(dict.fromkeys(code for code in found if code and code not in _NOT_BREAKS))


def _was_found_broken(body: Mapping[str, Any]) -> bool:
    """What the maker's software wrote down when it took the ingredient in."""
    recorded = _list(body.get("validationStatus"))
    recorded += _list(_dict(_dict(body.get("validationResults")).get("activeManifest")).get("failure"))
    codes = {str(_dict(it).get("code", "")) for it in recorded}
    breaks = (code for code in codes if not code.startswith("timeStamp."))
    return any(code.endswith((".mismatch", ".missing", ".invalid", ".malformed")) for code in breaks)


def _thumbnail(manifest: Mapping[str, Any], label: str) -> str:
    for name in _dict(manifest.get("assertions")):
        if name.startswith("c2pa.thumbnail.claim"):
            return f"self#jumbf=/c2pa/{label}/c2pa.assertions/{name}"
    return ""


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return list(value) if isinstance(value, list) else []
