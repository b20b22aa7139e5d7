"""Audit a model: have it draw, and see on which artists it leans."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from generation.engines.base import Identity
from generation.engines.loaded import engine_for
from generation.errors import GenerationError
from generation.render_grid import Cell, grid, render_grid
from provenance.works.neutral_prompts import neutral_prompts
from similarity.audit import Asked
from similarity.audit_files import Audited, audit_files
from similarity.errors import SimilarityError
from similarity.judge_set import SetDecision, judge_audits
from similarity.models import Artist, Audit, Calibration

# What an artist's name is added to, for pictures "in the style of".
IN_THE_STYLE = ("a landscape", "a portrait of a woman", "a still life", "a harbour", "a street", "a garden")


@dataclass(frozen=True)
class Drawn:
    """One picture the model drew, with its audit. ``artist`` is the slug of whom the prompt named, or empty."""

    cell: Cell
    audited: Audited
    artist: str = ""


@dataclass(frozen=True)
class InTheStyle:
    """How pictures asked for in one artist's style came out: of ``pictures``, how many were nearest to the artist,
    were flagged with the artist's name, and with anybody's."""

    slug: str
    artist: str
    pictures: int
    nearest: int
    flagged: int
    flagged_at_all: int


@dataclass(frozen=True)
class ModelAudit:
    """What the model is, what it drew, and what that resembles. ``named`` are by artist, as they were asked for."""

    identity: Identity
    neutral: list[Drawn]
    named: list[Drawn]
    found: SetDecision
    asked: list[InTheStyle]

    def facts(self) -> dict[str, Any]:
        """Plain JSON."""
        return {
            "model": asdict(self.identity),
            "pictures": len(self.neutral),
            "outcomes": outcomes(self.neutral),
            "set": self.found.facts(),
            "in_the_style_of": [asdict(row) for row in self.asked],
            "audits": [
                {
                    "prompt": drawn.cell.prompt,
                    "seed": drawn.cell.seed,
                    "file": drawn.audited.file.name,
                    "outcome": str(drawn.audited.audit.outcome),
                    "artists": [each["slug"] for each in drawn.audited.audit.decision.get("candidates", ())],
                    "asked_for": drawn.artist or None,
                    "audit": str(drawn.audited.audit.pk),
                }
                for drawn in (*self.neutral, *self.named)
            ],
        }


def audit_model(
    name: str,
    *,
    folder: Path,
    count: int,
    prompts: Sequence[str] = (),
    artists: Sequence[Artist] = (),
    each: int = 4,
    seed: int = 0,
    on_picture: Callable[[], None] = lambda: None,
) -> ModelAudit:
    """Draw *count* pictures from *prompts* (neutral ones when there are none), and *each* in the style of every
    one of *artists*; judge them one by one, and the former as one set, pictures of one prompt being one.

    Pictures are kept in *folder* and audits in rows, so that an interrupted run goes on where it was. Raises
    ``GenerationError``: ``unknown_model``, ``artist_refused``, or as the engine; ``SimilarityError`` as the encoder.
    """
    if name not in settings.MODELS:
        message = _("There is no such model here. Ask for one of: %(models)s.")
        raise GenerationError("unknown_model", message % {"models": ", ".join(settings.MODELS)}, field="model")
    for artist in artists:
        if artist.naming == Artist.Naming.REFUSES:
            message = _("%(artist)s refuses pictures in their name, also these.") % {"artist": artist.name}
            raise GenerationError("artist_refused", message)
    engine = engine_for(name)
    neutral = grid(list(prompts) or neutral_prompts(count), count, seed=seed)
    named = [
        (Cell(f"{IN_THE_STYLE[number % len(IN_THE_STYLE)]} in the style of {artist.name}", seed + number), artist.slug)
        for artist in artists
        for number in range(each)
    ]
    cells = [(cell, "") for cell in neutral] + named
    paths: dict[Cell, Path] = {}
    for cell, path in render_grid(engine, list(dict.fromkeys(cell for cell, _slug in cells)), folder=folder):
        paths[cell] = path
        on_picture()
    identity = engine.identity
    drawn = list(_audited(cells, paths, identity, on_picture))
    mine = [one for one in drawn if not one.artist]
    judged = [one for one in mine if one.audited.audit.vector]
    found = judge_audits([one.audited.audit for one in judged], [one.cell.prompt for one in judged])
    rest = [one for one in drawn if one.artist]
    return ModelAudit(identity, mine, rest, found, [_asked(artist, rest) for artist in artists])


def _audited(
    cells: Sequence[tuple[Cell, str]], paths: dict[Cell, Path], identity: Identity, on_picture: Callable[[], None]
) -> Iterator[Drawn]:
    domain = Calibration.GENERATED + identity.weights_sha256
    learnt, artists = identity.training_statement, identity.trained_on_artists
    questions = (
        (paths[cell], Asked(prompt=cell.prompt, domain=domain, trained_on=learnt, trained_on_artists=artists))
        for cell, _slug in cells
    )
    for (cell, slug), audited in zip(cells, audit_files(questions), strict=True):
        if audited.audit.outcome == Audit.Outcome.FAILED:
            raise SimilarityError(audited.audit.error_code, audited.audit.error)
        yield Drawn(cell, audited, slug)
        on_picture()


def _asked(artist: Artist, named: Sequence[Drawn]) -> InTheStyle:
    audits = [one.audited.audit for one in named if one.artist == artist.slug]
    flagged = [[each["slug"] for each in audit.decision.get("candidates", ())] for audit in audits]
    return InTheStyle(
        slug=artist.slug,
        artist=artist.name,
        pictures=len(audits),
        nearest=sum(bool(audit.artists) and audit.artists[0]["slug"] == artist.slug for audit in audits),
        flagged=sum(artist.slug in slugs for slugs in flagged),
        flagged_at_all=sum(bool(slugs) for slugs in flagged),
    )


def outcomes(drawn: Sequence[Drawn]) -> dict[str, int]:
    """How many pictures had which outcome."""
    found: dict[str, int] = {}
    for one in drawn:
        outcome = str(one.audited.audit.outcome)
        found[outcome] = found.get(outcome, 0) + 1
    return found


def flags(drawn: Sequence[Drawn]) -> dict[str, int]:
    """On how many pictures each artist (slug) was named by the outcome."""
    found: dict[str, int] = {}
    for one in drawn:
        for candidate in one.audited.audit.decision.get("candidates", ()):
            found[candidate["slug"]] = found.get(candidate["slug"], 0) + 1
    return found
