"""Names of artists: how a slug is read, and whether and where a prompt names somebody. Pure functions."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from similarity.letters import Word, fold, words_in

_PARTICLES = """
't af al ap av d da dal dalla das de degli dei del dell della den der des di do dos du e el en het
la las le les los of ten ter the und van vom von y zu zum zur
"""
# What stands after a family name without being one.
_AFTER_A_NAME = """
brothers elder i ii iii iv jr junior senior sisters sr younger
"""
# Family names that are also everyday words or given names: alone, they count only where a name is asked for.
_EVERYDAY = """
adam alexander arthur bacon benjamin daniel david edward ernst francis george gilbert gregory henri henry
isaac jacob james john joseph lawrence lewis louis luke marc mark matthew michael millet morgan nicholas
nicolas oliver oscar owen patrick paul peter philip richard robert samuel simon stephen stuart thomas
vincent walter william
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
# What may hang on a name in the languages where it is written onto it; folded.
_LATIN_ENDINGS = "s es esque ian ean ish like style isch ische ischen ischer iens"
_CYRILLIC_ENDINGS = "а у ом ем е ы и ым ои ого ому еи ю я"
_HANGUL_ENDINGS = "의 풍 식 스타일 처럼 가 는 을 를 와 과 로 으로 도 에 이 은 풍의 식의"
_ENDINGS = {
    script: frozenset(fold(endings).split())
    for script, endings in (
        ("latin", _LATIN_ENDINGS),
        ("cyrillic", _CYRILLIC_ENDINGS),
        ("hangul", _HANGUL_ENDINGS),
    )
}
# Of names that are adjectives: Кандинский → Кандинского.
_FULL = ("ии", "ыи", "ои")
_ADJECTIVES = frozenset(["их", "им", "ая", "ую", "ими"])
_PREFIXES = ("ال", "و", "ف", "ب", "ل", "ك", "لل", "بال", "وال")
_SCRIPTS = (
    ("latin", re.compile("[a-z]")),
    ("cyrillic", re.compile("[\u0400-\u052f]")),
    ("greek", re.compile("[\u0370-\u03ff]")),
    ("arabic", re.compile("[\u0600-\u06ff]")),
    ("hangul", re.compile("[\u1100-\u11ff]")),
)
_KATAKANA = re.compile("[\u30a1-\u30fa\u30fc-\u30ff]")
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe"})
# Between two pieces of one word that somebody took apart.
_JOINTS = re.compile(r"[-.·•*|/~+'’´`_]")
_MIN_SURNAME = 4
_MIN_SIGNS = 2


@dataclass(frozen=True)
class Known:
    """An artist as prompts may name them: the name first, then the aliases."""

    key: str
    names: tuple[str, ...]


@dataclass(frozen=True)
class Named:
    """Who was named, by which words of ours, and where: *start* to *end* of the prompt."""

    key: str
    matched: str
    start: int = 0
    end: int = 0


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


def surname_of(name: str) -> str:
    """The folded last word that is a family name, or ``""``: too short, or a single name."""
    family = _without_afterthoughts(words_in(name))[-1:]
    if len(words_in(name)) < 2 or not family or family[0].is_sign or len(family[0].text) < _MIN_SURNAME:
        return ""
    return family[0].text


def _without_afterthoughts(words: Sequence[Word]) -> Sequence[Word]:
    end = len(words)
    while end > 1 and (words[end - 1].text in _AFTERTHOUGHTS or words[end - 1].text == "the"):
        end -= 1
    return words[:end]


def can_be_found(name: str) -> bool:
    """Whether a prompt can be seen to name somebody by *name*: not by one short word, nor by one sign."""
    return _stands_alone(words_in(name))


def named_in(prompt: str, artists: Iterable[Known]) -> list[Named]:
    """The artists *prompt* names, in the order they are given, each with the first place.

    By full name or alias, whole words, in any script, whatever the case, the accents, invisible signs or
    look-alike letters; or by family name of at least four letters where only one artist has it. A family
    name that is also an everyday word counts only after "by", "like", "after", "à la" or "style of": a
    church is not always Frederic.
    """
    firsts: dict[str, Named] = {}
    for named in all_named_in(prompt, artists):
        firsts.setdefault(named.key, named)
    return list(firsts.values())


def all_named_in(prompt: str, artists: Iterable[Known]) -> list[Named]:
    """As ``named_in``, with every place; those of one artist do not overlap."""
    known = tuple(artists)
    names = _names_of(known)
    places: dict[str, dict[tuple[int, int], Named]] = {}
    for words in _readings(prompt):
        for last, word in enumerate(words):
            for name in {id(one): one for key in _keys(word) for one in names.get(key, ())}.values():
                if place := _place(name, words, last, prompt):
                    places.setdefault(name.artist, {}).setdefault(place, Named(name.artist, name.matched, *place))
    found = []
    for artist in known:
        own, end = places.get(artist.key, {}), -1
        for at in sorted(own, key=lambda at: (at[0], -at[1])):
            if at[0] >= end:
                found.append(own[at])
                end = at[1]
    return found


Reading = tuple[Word, ...]


@dataclass(frozen=True, eq=False)
class _Name:
    """One way to name an artist: these *words*. ``own`` are those that may stand before a family name."""

    artist: str
    matched: str
    words: Reading
    own: frozenset[str] = frozenset()


@lru_cache(maxsize=2)
def _names_of(known: tuple[Known, ...]) -> dict[str, list[_Name]]:
    """Every way to name one of them, by its last word, so that a prompt's words are looked up and not compared."""
    holders: dict[str, set[str]] = {}
    for artist in known:
        for name in artist.names:
            holders.setdefault(surname_of(name), set()).add(artist.key)
    table: dict[str, list[_Name]] = {}
    for artist in known:
        for name in artist.names:
            ways = [_Name(artist.key, name, words) for words in _spellings(name) if _stands_alone(words)]
            surname = surname_of(name)
            if surname and len(holders[surname]) == 1:
                own = frozenset(word.text for variant in _variants(name) for word in variant)
                families = {_without_afterthoughts(words)[-1] for words in _variants(name) if len(words) > 1}
                ways += [_Name(artist.key, surname, (family,), own) for family in families]
            for way in ways:
                last = way.words[-1]
                for key in {last.text, last.look, last.text.removeprefix("ال")}:
                    table.setdefault(key, []).append(way)
    return table


def _keys(word: Word) -> set[str]:
    """What the last word of a name may be, of which *word* is a form."""
    forms = {word.text, word.look}
    for form in tuple(forms):
        script = _script(form)
        for ending in _ENDINGS.get(script, frozenset()) | (_ADJECTIVES if script == "cyrillic" else frozenset()):
            if form.endswith(ending):
                stem = form[: -len(ending)]
                forms |= {stem, *((stem + full for full in _FULL) if script == "cyrillic" else ())}
        if script == "greek":
            forms.add(form + "σ")
        if script == "arabic":
            forms |= {form.removeprefix(prefix).removeprefix("ال") for prefix in _PREFIXES}
    return forms - {""}


def _place(name: _Name, words: Reading, last: int, prompt: str) -> tuple[int, int] | None:
    """Where *name* stands if it ends with the word *last*: start and end of the prompt."""
    first = last - len(name.words) + 1
    if first < 0 or not _same(words[first : last + 1], name.words, prompt):
        return None
    if len(name.words) == 1 and name.words[0].text in _WORDS and not _is_asked_for(words, first):
        return None
    while first and words[first - 1].text in name.own:
        first -= 1
    return words[first].start, words[last].end


def _readings(prompt: str) -> list[Reading]:
    """The prompt's words as they stand, and with pieces put together that were taken apart.

    Pieces are letters standing alone ("M o n e t") and words with a single joint between them ("Mo-net").
    """
    words = words_in(prompt)
    joined = [_one(words[start:end]) for start, end in _chains(words, prompt)]
    spelled = [_one(words[start:end]) for start, end in _spelled(words)]
    return [words, *((word,) for word in (*joined, *spelled))]


def _chains(words: Sequence[Word], prompt: str) -> Iterator[tuple[int, int]]:
    start = 0
    for i in range(1, len(words) + 1):
        linked = i < len(words) and _JOINTS.fullmatch(prompt[words[i - 1].end : words[i].start])
        if not linked or words[i].is_sign or words[i - 1].is_sign:
            if i - start > 1:
                yield start, i
            start = i


def _spelled(words: Sequence[Word]) -> Iterator[tuple[int, int]]:
    start = 0
    for i in range(len(words) + 1):
        if i == len(words) or len(words[i].text) != 1 or words[i].is_sign:
            if i - start >= _MIN_SURNAME:
                # A lone "a" before the letters is a word of its own.
                yield from ((first, i) for first in range(start, min(start + 3, i - _MIN_SURNAME + 1)))
            start = i + 1


def _one(words: Sequence[Word]) -> Word:
    return Word("".join(w.text for w in words), "".join(w.look for w in words), words[0].start, words[-1].end)


@lru_cache(maxsize=65_536)
def _variants(name: str) -> tuple[Reading, ...]:
    """The words of a name as it may be written: as it is, with ae for ä, without its apostrophes."""
    written = (name, name.casefold().translate(_UMLAUTS), re.sub("['’ʼ]", "", name))
    return tuple(dict.fromkeys(tuple(words_in(one)) for one in written))


@lru_cache(maxsize=65_536)
def _spellings(name: str) -> tuple[Reading, ...]:
    """The variants of a name, and each as one word."""
    spellings = list(_variants(name))
    for words in _variants(name):
        if len(words) > 1 and not any(word.is_sign for word in words):
            spellings.append((_one(words),))
            family = _without_afterthoughts(words)
            first = next((i for i, word in enumerate(family) if i and word.text in PARTICLES), len(family))
            if len(family) - first > 1:
                spellings.append((_one(family[first:]),))
    return tuple(spellings)


def _stands_alone(name: Sequence[Word]) -> bool:
    """Whether these words are enough to be a name: not one short word, nor one sign."""
    if not name:
        return False
    if all(word.is_sign for word in name):
        return len(name) >= _MIN_SIGNS
    return len(name) > 1 or len(name[0].text) >= _MIN_SURNAME


def _same(words: Sequence[Word], name: Sequence[Word], prompt: str) -> bool:
    if all(_alike(word, part) for word, part in zip(words[:-1], name[:-1], strict=True)) and (
        _alike(words[-1], name[-1]) or _inflected(words[-1], name[-1], everyday=name[-1].text in _WORDS)
    ):
        return not _inside_katakana(words, name, prompt)
    # The first word of an Arabic name may carry "in", "of" and the article.
    if _script(name[0].text) == "arabic" and len(name[0].text) >= _MIN_SURNAME:
        first = words[0].text
        stripped = {first.removeprefix(prefix) for prefix in _PREFIXES} | {first}
        return name[0].text.removeprefix("ال") in {one.removeprefix("ال") for one in stripped} and all(
            _alike(word, part) for word, part in zip(words[1:], name[1:], strict=True)
        )
    return False


def _alike(word: Word, part: Word) -> bool:
    if word.text == part.text:
        return True
    # Plain Latin letters hide nothing: only other scripts and figures are read by their shapes.
    return word.look == part.look and not (word.text.isascii() and word.text.isalpha())


def _inflected(word: Word, part: Word, *, everyday: bool) -> bool:
    name, script = part.text, _script(part.text)
    if everyday or (len(name) < _MIN_SURNAME and script != "hangul"):
        return False
    if script == "greek":
        return name.endswith("σ") and len(name) > _MIN_SURNAME and word.text == name[:-1]
    endings = _ENDINGS.get(script, frozenset())
    if word.text.startswith(name) and word.text[len(name) :] in endings:
        return True
    if word.look.startswith(part.look) and word.text != word.look and word.look[len(part.look) :] in endings:
        return True
    # Кандинский → Кандинского, Репина → Репиной, Роден → Родена.
    return (
        script == "cyrillic"
        and len(name) > _MIN_SURNAME
        and name[-2:] in _FULL
        and word.text.startswith(name[:-2])
        and word.text[len(name) - 2 :] in endings | _ADJECTIVES
    )


def _inside_katakana(words: Sequence[Word], name: Sequence[Word], prompt: str) -> bool:
    """Words of katakana stand without spaces too, but they are words: コスモネット names no モネ."""
    if not all(_KATAKANA.match(part.text) for part in name):
        return False
    before, after = prompt[max(0, words[0].start - 1) : words[0].start], prompt[words[-1].end : words[-1].end + 1]
    return bool(_KATAKANA.match(before) or _KATAKANA.match(after))


def _script(text: str) -> str:
    return next((name for name, letters in _SCRIPTS if letters.match(text)), "")


def _is_asked_for(words: Sequence[Word], place: int) -> bool:
    before = tuple(word.text for word in words[max(0, place - 2) : place])
    return bool(before) and (before[-1] in _CUES or before in (("style", "of"), ("manner", "of")))
