"""Words as names are compared: case, accents, invisible signs and look-alike letters do not count. Pure.

Compatibility forms are Unicode's (UAX #15); letters that look alike are a small part of what UTS #39 lists:
those by which a Latin, Greek or Cyrillic name can be written so that people read the same.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import cache

# Letters that do not decompose.
_PLAIN = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe", "ð": "d", "þ": "th", "ı": "i"})
# Drawn as nothing, or only stretching a word: fillers, selectors, the Arabic tatweel.
_BLANK = frozenset("\u034f\u0640\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u3164\uffa0")
_SELECTORS = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")
# Letters to Unicode, apostrophes to everybody else.
_APOSTROPHES = frozenset("\u02b9\u02ba\u02bb\u02bc\u02bd\u02be\u02bf\u02c8\u02ca\u02cb\ua78b\ua78c_")
# Voiced sound marks tell one Japanese syllable from another; they are no accents.
_KEPT = frozenset("\u3099\u309a")
_ARABIC = str.maketrans({"ى": "ي", "ة": "ه", "ی": "ي", "ک": "ك", "ٱ": "ا"})
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
)
_SMALL_CAPITAL = re.compile(
    r"LATIN (?:LETTER SMALL CAPITAL|SMALL LETTER SCRIPT|SMALL LETTER TURNED|SMALL LETTER) ([A-Z])\b"
)
# Upper and lower case apart: a Greek Ν is read as N and its ν as v.
_ALIKE = dict(
    zip(
        "АВЕЗКМНОРСТУХЅІЈԌҮԚԜавекмнорстухѕіјԁԛԝһӏүґгпΑΒΕΖΗΙΚΜΝΟΡΤΥΧαβεηικνορτυχγω",
        "abe3kmhopctyxsijgyqwabekmhopctyxsijdqwhlyrrnabezhikmnoptyxabenikvoptuxyw",
        strict=True,
    )
) | {"0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "7": "t", "$": "s", "ɡ": "g", "ɑ": "a", "ǀ": "l", "З": "e"}


@dataclass(frozen=True)
class Word:
    """``text`` is folded, ``look`` is it by its shapes; it stands at ``start`` to ``end`` of what was read."""

    text: str
    look: str
    start: int
    end: int

    @property
    def is_sign(self) -> bool:
        """One sign of a script that is written without spaces."""
        return bool(_UNSPACED.match(self.text))


def fold(text: str) -> str:
    """Case, accents and invisible signs taken away: ``Théodore Géricault`` → ``theodore gericault``."""
    return "".join(_folded(sign) for sign in text)


@cache
def _folded(sign: str) -> str:
    if sign in _BLANK or unicodedata.category(sign) in ("Cf", "Me") or _SELECTORS.match(sign):
        return ""
    if sign in _APOSTROPHES:
        return "'"
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", sign).casefold())
    kept = (one for one in decomposed if one in _KEPT or not unicodedata.combining(one))
    return "".join(kept).translate(_PLAIN).translate(_ARABIC)


@cache
def _look(sign: str) -> str:
    """The Latin letters a sign is read as, where it is; otherwise what it folds to."""
    plain = "".join(one for one in unicodedata.normalize("NFKD", sign) if not unicodedata.combining(one))
    out = []
    for one in plain:
        alike = _ALIKE.get(one)
        if alike is None and not one.isascii() and (named := _SMALL_CAPITAL.match(unicodedata.name(one, ""))):
            alike = named[1].lower()
        out.append(_folded(one) if alike is None else alike)
    return "".join(out) if _folded(sign) else ""


def words_in(text: str) -> tuple[Word, ...]:
    """The words of *text* in their order; signs of scripts without spaces stand one by one."""
    words: list[Word] = []
    folded, look, start, end = "", "", 0, 0

    def close() -> None:
        nonlocal folded, look
        if folded:
            words.append(Word(folded, look, start, end))
        folded = look = ""

    for place, sign in enumerate(text):
        plain = _folded(sign)
        if plain and not all(one.isalnum() or unicodedata.category(one)[0] == "M" for one in plain):
            close()
        elif _UNSPACED.match(plain) and plain not in _KEPT:
            close()
            words.append(Word(plain, plain, place, place + 1))
        elif plain in _KEPT and words and words[-1].is_sign and not folded:
            last = words.pop()
            words.append(Word(last.text + plain, last.look + plain, last.start, place + 1))
        elif plain:
            start = start if folded else place
            folded, look, end = folded + plain, look + _look(sign), place + 1
    close()
    return tuple(words)
