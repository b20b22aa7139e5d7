"""Names of artists: how a slug is read, and whether a prompt names somebody. Pure functions."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

_PARTICLES = """
't af al ap av d da dal dalla das de degli dei del dell della den der des di do dos du e el en het
la las le les los of ten ter the und van vom von y zu zum zur
"""
# What stands after a family name without being one.
_AFTER_A_NAME = """
brothers elder i ii iii iv jr junior senior sisters sr younger
"""
# Family names that are also everyday words: alone, they count only where a name is asked for.
_EVERYDAY = """
baker banks barber bell bird bishop black bloom blue bond brook brooks brown bush carpenter carr
chase church close cole constable cook cooper court cross day dove field fields fish fisher flower
forest fox frost garden gill glass grant gray green grey grove hall hart heath hill hills holly
homer hood hope hopper horn house hugo hunt hunter jones king knight lake lamb land lane law lion
little long lord love marsh martin mason master metcalf mill miller moon moor moore moss mountain
painter park pike place pond pool pope potter price prince rain reed rich river rivers robin rock
rose rush sands sargent shepherd shore short silver singer smith snow spring springer steer stone
storm street strong summer summers swan swift temple tower turner walker wall ward waterhouse waters
watts weaver webb wells west white wild winter winters wolf wood woods wright young
"""
PARTICLES, _AFTERTHOUGHTS, _WORDS = (frozenset(t.split()) for t in (_PARTICLES, _AFTER_A_NAME, _EVERYDAY))
_CUES = frozenset(["by", "like", "after", "la"])
_UNSPACED = re.compile(r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")
_WORD = re.compile(r"\w+")
_MIN_SURNAME = 4


@dataclass(frozen=True)
class Known:
    """An artist as prompts may name them: the name first, then the aliases."""

    key: str
    names: tuple[str, ...]


@dataclass(frozen=True)
class Named:
    """Who was named, and by which words of ours."""

    key: str
    matched: str


def name_from_slug(slug: str) -> str:
    """``vincent-van-gogh`` → ``Vincent van Gogh``; ``j.-e.-h.-macdonald`` → ``J. E. H. MacDonald``."""
    words = [word for word in slug.replace("_", "-").split("-") if word]
    return " ".join(_cased(word, first=position == 0) for position, word in enumerate(words))


def _cased(word: str, *, first: bool) -> str:
    if word in PARTICLES and not first:
        return word
    if re.fullmatch(r"mac(?:donald|gregor|intosh|kenzie|leod|millan)", word):
        return "Mac" + word[3:].capitalize()
    if re.fullmatch(r"mc[a-z]{3,}", word):
        return "Mc" + word[2:].capitalize()
    head, apostrophe, tail = word.partition("'")
    if apostrophe and head in ("d", "o", "l"):
        return (head if head == "d" and not first else head.upper()) + "'" + tail.capitalize()
    return word[:1].upper() + word[1:]


def fold(text: str) -> str:
    """Case and diacritics taken away: ``Théodore Géricault`` → ``theodore gericault``."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(sign for sign in decomposed if not unicodedata.combining(sign)).translate(_PLAIN)


# Letters that do not decompose.
_PLAIN = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe", "ð": "d", "þ": "th", "ı": "i"})


def words_of(text: str) -> tuple[str, ...]:
    return tuple(_WORD.findall(fold(text)))


def surname_of(name: str) -> str:
    """The folded last word that is a family name, or ``""``: too short, or a single name."""
    words = list(words_of(name))
    while len(words) > 1 and (words[-1] in _AFTERTHOUGHTS or words[-1] == "the"):
        words.pop()
    if len(words) < 2 or len(words[-1]) < _MIN_SURNAME:
        return ""
    return words[-1]


def named_in(prompt: str, artists: Iterable[Known]) -> list[Named]:
    """The artists *prompt* names, in the order they are given.

    By full name or alias, whole words, whatever the case and the accents; or by family name of at
    least four letters where only one artist has it. A family name that is also an everyday word
    counts only after "by", "like", "after", "à la" or "style of": a church is not always Frederic.
    """
    known = list(artists)
    words = words_of(prompt)
    folded = fold(prompt)
    holders: dict[str, set[str]] = {}
    for artist in known:
        for name in artist.names:
            if surname := surname_of(name):
                holders.setdefault(surname, set()).add(artist.key)
    found = []
    for artist in known:
        matched = _full_name(artist, words, folded) or _surname(artist, words, holders)
        if matched:
            found.append(Named(artist.key, matched))
    return found


def _full_name(artist: Known, words: tuple[str, ...], folded: str) -> str:
    for name in artist.names:
        if _UNSPACED.search(name):
            if len(name.strip()) > 1 and fold(name.strip()) in folded:
                return name
        elif _contains(words, words_of(name)):
            return name
    return ""


def _surname(artist: Known, words: tuple[str, ...], holders: dict[str, set[str]]) -> str:
    for name in artist.names:
        surname = surname_of(name)
        if not surname or len(holders[surname]) > 1:
            continue
        places = [i for i, word in enumerate(words) if word == surname]
        if any(surname not in _WORDS or _is_asked_for(words, i) for i in places):
            return surname
    return ""


def _is_asked_for(words: tuple[str, ...], place: int) -> bool:
    before = words[max(0, place - 2) : place]
    return bool(before) and (before[-1] in _CUES or before in (("style", "of"), ("manner", "of")))


def _contains(words: tuple[str, ...], name: tuple[str, ...]) -> bool:
    if not name or (len(name) == 1 and len(name[0]) < _MIN_SURNAME):
        return False
    return any(words[i : i + len(name)] == name for i in range(len(words) - len(name) + 1))
