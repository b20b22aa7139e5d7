"""A verification as lines of text, for the command line and the admin."""

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _

from provenance.works.verify import Verification


def text_of(found: Verification, *, name: str) -> str:
    """What *found* says of the file called *name*; what the file itself says cannot pass for a line of ours."""
    said = found.as_dict()
    lines = [f"{name}: {found.verdict} ({said['verdict_text']})", f"  {found.summary}"]
    lines += [f"  {sentence}" for sentence in found.sentences]
    lines += [f"  - {reason['text']} [{reason['code']}]" for reason in found.reasons]
    if found.manifest:
        signer = found.manifest["signer"]
        rows = {
            _("signed by"): f"{signer['name']} ({signer['organisation']}), issued by {signer['issuer']}",
            _("model"): " ".join(found.manifest["model"].values()),
            _("prompt"): found.manifest["prompt"],
            _("seed"): found.manifest["seed"],
            _("made"): found.manifest["created"],
        }
        lines += [f"  {label}: {value}" for label, value in rows.items() if value]
        for action in found.manifest["actions"]:
            source = f", {action['source_text']}" if action["source_text"] else ""
            lines.append(f"  [{action['standing']}] {action['text']}{source} ({action['standing_text']})")
    if found.lineage and found.lineage["children"]:
        heading = _("made from")
        lines += [f"  {heading}:", *_tree(found.lineage, indent="    ")]
    if found.revealed:
        heading = _("revealed")
        lines.append(f"  {heading}: {found.revealed['text']} [{found.revealed['code']}]")
        lines += [f"    {word}" for word in (found.revealed["prompt"], found.revealed["negative_prompt"]) if word]
    if found.recovered:
        heading = _("recovered")
        lines.append(f"  {heading}: {found.recovered['title']} ({found.recovered['version']})")
        lines += [f"    {change['text']}" for change in found.recovered["happened"]]
    unsigned = _("Unsigned")
    lines += [f"  {unsigned}: {mark['standard_text']} ({', '.join(mark['fields'])})" for mark in found.marks]
    trust_list = f"{_('trust list')}: {found.trust_list or _('none')}"
    reader = _("read with")
    lines.append(f"  {reader}: {found.sdk}; {trust_list}; {found.checked_at}")
    return "\n".join(line.replace("\n", "\n      | ") for line in lines)


def _tree(node: dict[str, Any], *, indent: str) -> Iterator[str]:
    for child in node["children"]:
        signer = f", {_('signed by')} {child['signer']}" if child["signer"] else ""
        title = child["title"] or child["format"]
        yield f"{indent}{title} ({child['relationship_text']}): {child['state_text']}{signer}"
        yield from _tree(child, indent=indent + "  ")
