"""Captions in many forms from a work's title, subjects, style and artist; each is dropped at random."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass

from generation.training.pixels import Work

SCENES = ("harbour", "sea", "landscape", "river", "city", "street", "forest", "garden", "mountains", "church", "castle")
MOODS = {
    "sunset": ("{} at sunset", "sunset over {}", "{} in the evening"),
    "night": ("{} at night", "{} by moonlight"),
    "storm": ("{} in a storm",),
    "winter landscape": ("{} in winter", "{} in the snow"),
    "autumn landscape": ("{} in autumn",),
}
SYNONYMS = {
    "portrait of a woman": ("portrait of a woman", "portrait of a lady", "a woman", "portrait of a young woman"),
    "portrait of a man": ("portrait of a man", "a man", "portrait of a gentleman"),
    "harbour": ("a harbour", "a harbor", "a port", "ships in a harbour"),
    "sea": ("the sea", "a seascape", "the coast"),
    "ships": ("ships", "boats", "ships at sea", "sailing boats"),
    "flowers": ("flowers", "a vase of flowers", "a bouquet"),
    "fruit": ("fruit", "a bowl of fruit"),
    "still life": ("still life", "a still life"),
    "winter landscape": ("winter landscape", "a landscape in the snow", "snow"),
    "book illustration": ("book illustration", "an illustration"),
}
FORMS_BY_ARTIST = (
    "{what} in the style of {who}",
    "{what} by {who}",
    "{what}, {who}",
    "a painting of {what} by {who}",
    "{who}: {what}",
)
FORMS_BY_STYLE = (
    "{what}, {style}",
    "{style} painting of {what}",
    "{what} in the style of {style}",
    "{what}, {style} art",
)
FORMS_BY_BOTH = ("{what} by {who}, {style}", "{what}, {style}, in the style of {who}")


@dataclass(frozen=True)
class Odds:
    """Chances per caption: drop all of it; keep title, subject, style, artist."""

    empty: float = 0.1
    title: float = 0.5
    subject: float = 0.65
    style: float = 0.25
    artist: float = 0.6


def artist_name(slug: str) -> str:
    """`vincent-van-gogh` to `vincent van gogh`: the tokenizer lowers every prompt, so case does not matter."""
    return re.sub(r"\s+", " ", slug.replace("-", " ")).strip()


def clean_title(title: str) -> str:
    """A title without years, numbered doubles such as `(1)`, and runs of spaces."""
    return re.sub(r"\s+", " ", re.sub(r"\b1[4-9]\d\d\b|\(\d+\)|\b\d$", "", title)).strip(" ,.-")


def subject_phrase(subjects: list[str], rng: random.Random) -> str:
    """One phrase out of a work's subjects: a scene with its mood, a still life with its things, or one subject."""
    scenes = [s for s in subjects if s in SCENES]
    moods = [s for s in subjects if s in MOODS]
    if scenes and moods and rng.random() < 0.6:
        scene = rng.choice(scenes)
        return rng.choice(MOODS[rng.choice(moods)]).format(rng.choice(SYNONYMS.get(scene, (f"a {scene}",))))
    if "still life" in subjects and rng.random() < 0.6:
        things = [s for s in subjects if s in ("flowers", "fruit")]
        return f"still life with {rng.choice(things)}" if things else "still life"
    chosen = rng.choice(subjects)
    bare = " " in chosen or chosen.endswith("s") or chosen == "venice"
    return rng.choice(SYNONYMS.get(chosen, (chosen, chosen if bare else f"a {chosen}")))


def caption(work: Work, subjects: list[str], rng: random.Random, odds: Odds) -> str:
    """One caption. Empty with chance `odds.empty`, which teaches the unconditional picture that guidance needs."""
    if rng.random() < odds.empty:
        return ""
    what = ""
    if subjects and rng.random() < odds.subject:
        what = subject_phrase(subjects, rng)
    title = clean_title(work.title)
    if title and rng.random() < (odds.title if not what else 0.35 * odds.title):
        what = f"{what}, {title}" if what else title
    who = artist_name(work.artist) if rng.random() < odds.artist else ""
    style = work.style.lower() if rng.random() < odds.style else ""
    return _form(what, who, style, rng)


def _form(what: str, who: str, style: str, rng: random.Random) -> str:
    if not what:
        what = rng.choice(("a painting", "a picture", "painting"))
        if who and rng.random() < 0.3:
            return who
    if who and style:
        return rng.choice(FORMS_BY_BOTH).format(what=what, who=who, style=style)
    if who:
        return rng.choice(FORMS_BY_ARTIST).format(what=what, who=who)
    if style:
        return rng.choice(FORMS_BY_STYLE).format(what=what, style=style)
    return what
