"""Decide what becomes of a signed version: published, or held for a reviewer. Pure."""

from dataclasses import dataclass

from similarity.models import Audit


@dataclass(frozen=True)
class Fate:
    """``reason`` is empty for a version that may be published, else why a person must look."""

    reason: str = ""

    @property
    def held(self) -> bool:
        return bool(self.reason)


REASON_OF_OUTCOME = {
    Audit.Outcome.COPY: "copy",
    Audit.Outcome.STYLE_MATCH: "style",
    Audit.Outcome.AMBIGUOUS: "style",
    # "Could not judge" never reads as "clear".
    Audit.Outcome.FAILED: "not_judged",
}


def fate(outcome: str, *, hold_style: bool = True) -> Fate:
    """What an audit *outcome* means for the version. Without *hold_style* a resemblance is shown, and held for nobody.

    ``no_known_artist``, ``not_calibrated`` and ``insufficient_references`` are published with the
    outcome shown as it is: they say what was compared, and claim nothing.
    """
    reason = REASON_OF_OUTCOME.get(Audit.Outcome(outcome), "")
    return Fate("" if reason == "style" and not hold_style else reason)
