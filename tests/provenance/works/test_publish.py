"""What an audit's outcome means for a version."""

import pytest

from provenance.works.publish import fate
from similarity.models import Audit


@pytest.mark.parametrize(
    ("outcome", "reason"),
    [
        ("copy", "copy"),
        ("style_match", "style"),
        ("ambiguous", "style"),
        ("failed", "not_judged"),
        ("no_known_artist", ""),
        ("not_calibrated", ""),
        ("insufficient_references", ""),
    ],
)
def test_fate(outcome: str, reason: str) -> None:
    assert fate(outcome).reason == reason
    assert fate(outcome).held is bool(reason)


def test_every_outcome_has_a_fate() -> None:
    assert len([fate(outcome) for outcome in Audit.Outcome.values]) == 7


def test_an_unknown_outcome_is_never_published() -> None:
    with pytest.raises(ValueError, match="clear"):
        fate("clear")


@pytest.mark.parametrize(
    ("outcome", "held"), [("style_match", False), ("ambiguous", False), ("copy", True), ("failed", True)]
)
def test_where_resemblances_are_not_held_the_rest_is(outcome: str, held: bool) -> None:
    assert fate(outcome, hold_style=False).held is held
