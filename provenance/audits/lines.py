"""Audits on the command line: as sentences, and as JSON."""

from typing import Any

from provenance.audits.wording import why_not
from similarity.audit_files import Audited
from similarity.judge_set import SetDecision
from similarity.models import Audit
from similarity.report_lines import file_facts

SHOWN = 5


def audit_facts(audited: Audited) -> dict[str, Any]:
    """One object of ``audit --json``."""
    audit = audited.audit
    return {
        **file_facts(audited.file),
        "outcome": str(audit.outcome),
        "artist": audit.artist_name or None,
        "score": audit.score,
        "p_value": audit.p_value,
        "domain": audit.domain or None,
        "calibration": str(audit.calibration_id) if audit.calibration_id else None,
        "decision": audit.decision,
        "works": audit.works,
        "artists": audit.artists,
        "copy_of": audit.copy_of,
        "named_in_prompt": audit.named_in_prompt,
        "sha256": audit.image_sha256,
        "encoder": audit.encoder,
        "index": audit.index,
        "references": audit.references,
        "artists_compared": audit.artists_compared,
        "seconds": round(audit.seconds, 3),
        "again": audited.again,
        "error_code": audit.error_code or None,
        "error": audit.error or None,
    }


def audit_sentence(audited: Audited, *, brief: bool) -> str:
    """What a person reads of one file; only what was found when *brief*."""
    audit = audited.audit
    lines = [f"{audited.file}: {audit.finding()}{_whom(audit)}"]
    if audit.error:
        lines.append(f"  {audit.error_code}: {audit.error}")
    if audit.outcome != Audit.Outcome.FAILED and not brief:
        lines.append(f"  {audit.compared_with()}")
    if audit.copy_of:
        perhaps = "perhaps the " if audit.copy_of.get("confirmed") is False else ""
        lines.append(f"  {perhaps}same picture as “{audit.copy_of['title']}” by {audit.copy_of['artist']}")
    if brief:
        return "\n".join(lines)
    lines += [f"  {entry['score']:.3f}  {entry['artist']} ({entry['references']} works)" for entry in audit.artists]
    lines += [f"  {entry['score']:.3f}  “{entry['title']}”, {entry['artist']}" for entry in audit.works[:3]]
    return "\n".join(lines)


def set_sentences(found: SetDecision) -> list[str]:
    """What a person reads of a set."""
    lines = [f"as one set of {found.groups} independent pictures: {Audit.Outcome(found.outcome).label}"]
    if found.p_value is not None:
        lines[0] += f" (p = {found.p_value:.3g})"
    if found.outcome == Audit.Outcome.NOT_CALIBRATED:
        lines.append(f"  {', '.join(found.reasons)}: {why_not(found.facts())}")
    lines += [
        f"  {lean.mean:8.3f}  {lean.artist}, nearest to {lean.nearest}{', alarm' if lean.alarm else ''}"
        for place, lean in enumerate(found.leans)
        if place < SHOWN or lean.alarm
    ]
    if found.watch and found.alpha is not None:
        lines.append(
            f"  watched from the first picture to the last: at most {100 * found.alpha:g} of 100 series that imitate "
            f"nobody give an alarm ({100 * found.watch.confidence:g} % confidence)"
        )
    return lines


def _whom(audit: Audit) -> str:
    if audit.outcome not in (Audit.Outcome.STYLE_MATCH, Audit.Outcome.AMBIGUOUS):
        return ""
    names = [candidate["artist"] for candidate in audit.decision.get("candidates", ())] or [audit.artist_name]
    p = "" if audit.p_value is None else f" (p = {audit.p_value:.3g})"
    return f": {', '.join(names)}{p}"
