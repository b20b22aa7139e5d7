"""Prompts that name no artist and no style: what a model makes of them imitates nobody on purpose. Pure."""

import random

SUBJECTS = (
    "a woman reading",
    "an old man at a table",
    "two children playing",
    "a girl with a basket",
    "a fisherman mending a net",
    "a family at supper",
    "a soldier on horseback",
    "a musician with a violin",
    "a crowd in a square",
    "a baker at the oven",
    "a shepherd with sheep",
    "a horse drinking",
    "a dog asleep",
    "cows by the water",
    "a flock of birds",
    "a vase of flowers",
    "a bowl of fruit",
    "bread and a jug",
    "books on a shelf",
    "an empty chair",
    "a sailing boat",
    "a ship at anchor",
    "a stone bridge",
    "a wooden house",
    "a windmill",
    "a church",
    "a ruined castle",
    "a railway station",
    "a market stall",
    "a narrow street",
    "a garden path",
    "a river",
    "a waterfall",
    "a lake",
    "mountains",
    "a forest",
    "a wheat field",
    "an orchard in blossom",
    "rocks on the shore",
    "waves",
)
PLACES = (
    "",
    "near a village",
    "in a city",
    "by the sea",
    "in a harbour",
    "in a valley",
    "on a hill",
    "beside a road",
    "in a courtyard",
    "at an open window",
    "in a dark room",
    "under tall trees",
    "behind a fence",
    "in the distance",
    "seen from above",
)
TIMES = (
    "",
    "at dawn",
    "in the morning",
    "at noon",
    "at sunset",
    "at night",
    "by candlelight",
    "in spring",
    "in summer",
    "in autumn",
    "in winter",
    "in the rain",
    "in fog",
    "after a storm",
    "in bright sun",
)
MOST = len(SUBJECTS) * len(PLACES) * len(TIMES)


def neutral_prompts(count: int, *, seed: int = 0) -> list[str]:
    """*count* different prompts, at most ``MOST``; the first of a longer list are those of a shorter one."""
    if count > MOST:
        raise ValueError(f"there are {MOST} neutral prompts, not {count}")
    order = list(range(MOST))
    random.Random(seed).shuffle(order)
    return [_prompt(number) for number in order[:count]]


def _prompt(number: int) -> str:
    subject, rest = number % len(SUBJECTS), number // len(SUBJECTS)
    parts = (SUBJECTS[subject], PLACES[rest % len(PLACES)], TIMES[rest // len(PLACES)])
    return " ".join(part for part in parts if part)
