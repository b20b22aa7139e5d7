"""The tree of what a picture was made from, in words, for page, API and command line."""

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _

from provenance.credentials import lineage as tree
from provenance.credentials.facts import Action
from provenance.credentials.lineage import Node
from provenance.credentials.manifest import CLAIMED, WITNESSED
from provenance.credentials.read import Reading
from provenance.works import wording
from provenance.works.wording import say


def lineage(reading: Reading) -> dict[str, Any] | None:
    """The tree of *reading* as plain values, the file itself on top; None without a manifest."""
    top = tree.lineage(reading.manifest)
    if top is None:
        return None
    told = _told(top)
    if not reading.verdict.intact:
        told |= {"state": tree.BROKEN, "state_text": say(wording.LINEAGE, tree.BROKEN)}
    return told


def addresses(node: dict[str, Any]) -> Iterator[str]:
    """Where the thumbnails of the tree lie, top first."""
    yield node["picture"]
    for child in node["children"]:
        yield from addresses(child)


def standing_of(action: Action, *, ours: bool, intact: bool) -> tuple[str, str]:
    """What weight a statement about a step has: ``(standing, why)``."""
    if not intact:
        return "broken", _("was stated in a credential that is broken now")
    if action.standing == CLAIMED:
        return CLAIMED, _("somebody's word, which the signer passes on")
    if action.standing == WITNESSED and ours:
        return WITNESSED, _("happened in this service")
    if action.standing == WITNESSED:
        return "signed", _("the signer says that it watched")
    return "signed", _("the signer states it")


def _told(node: Node) -> dict[str, Any]:
    facts = node.facts
    signer = (facts.signature.organisation or facts.signature.name) if facts else ""
    state = node.state
    return {
        "title": node.title or (facts.title if facts else ""),
        "relationship": node.relationship,
        "relationship_text": say(wording.RELATIONSHIPS, node.relationship) if node.relationship else "",
        "format": node.format,
        "state": state,
        "state_text": _kind(node) if state == tree.BARE else say(wording.LINEAGE, state),
        "found_broken": node.found_broken,
        "reasons": [{"code": code, "text": say(wording.REASONS, code)} for code in node.reasons],
        "signer": signer,
        "generator": facts.generator if facts else "",
        "signed_at": facts.signature.timestamp if facts else "",
        "steps": [_step(action) for action in facts.actions] if facts else [],
        "picture": node.picture,
        "cut": node.cut,
        "children": [_told(child) for child in node.children],
    }


def _kind(node: Node) -> str:
    for kind in node.types:
        if kind in wording.DATA_TYPES:
            return say(wording.DATA_TYPES, kind)
    return say(wording.LINEAGE, tree.BARE)


def _step(action: Action) -> str:
    """One step in a few words."""
    text = say(wording.ACTIONS, action.action)
    if action.action == "c2pa.created" and action.source_type:
        return say(wording.SOURCES, action.source_type)
    return f"{text}, {say(wording.SOURCES, action.source_type)}" if action.source_type else text
