"""Captions hold any of title, subject, style and artist, and sometimes nothing."""

from __future__ import annotations

import random

from generation.training.captions import Odds, artist_name, caption, clean_title, subject_phrase
from generation.training.pixels import Work

WORK = Work("claude-monet/001.webp", "claude-monet", "boats at argenteuil 1875", "Impressionism")


def many(odds: Odds, count: int = 400) -> list[str]:
    rng = random.Random(0)
    return [caption(WORK, ["ships", "sunset", "harbour"], rng, odds) for _ in range(count)]


def test_every_part_is_sometimes_there_and_sometimes_not() -> None:
    lines = many(Odds())
    for part in ("claude monet", "boats at argenteuil", "impressionism", "harbour"):
        share = sum(part in line for line in lines) / len(lines)
        assert 0.03 < share < 0.9, part


def test_whole_caption_is_dropped_as_often_as_asked() -> None:
    assert all(line == "" for line in many(Odds(empty=1.0)))
    assert all(line != "" for line in many(Odds(empty=0.0)))
    assert 0.05 < sum(line == "" for line in many(Odds(empty=0.1))) / 400 < 0.16


def test_artist_alone_and_title_alone() -> None:
    only_artist = many(Odds(empty=0, title=0, subject=0, style=0, artist=1))
    assert all("claude monet" in line and "argenteuil" not in line for line in only_artist)
    only_title = many(Odds(empty=0, title=1, subject=0, style=0, artist=0))
    assert set(only_title) == {"boats at argenteuil"}


def test_forms_vary() -> None:
    assert len(set(many(Odds(empty=0, title=1, subject=0, style=0, artist=1)))) >= 5


def test_same_seed_same_captions() -> None:
    assert many(Odds()) == many(Odds())


def test_names_and_titles_are_made_readable() -> None:
    assert artist_name("vincent-van-gogh") == "vincent van gogh"
    assert artist_name("j.-e.-h.-macdonald") == "j. e. h. macdonald"
    assert clean_title("crimea koktebel 1939 1(1)") == "crimea koktebel 1"
    assert clean_title("the port of middelburg") == "the port of middelburg"


def test_scene_and_mood_join() -> None:
    rng = random.Random(1)
    phrases = {subject_phrase(["harbour", "sunset"], rng) for _ in range(100)}
    assert "a harbour at sunset" in phrases
