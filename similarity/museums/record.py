"""A work as an export tells of it, before anybody decides whether it is taken. Pure."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Row = Mapping[str, Any]

# What no database keeps: control signs, and the halves of pairs that JSON can spell ("\ud800").
_UNKEEPABLE = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")
_YEAR = re.compile(r"(?<![0-9])([0-9]{3,4})(?![0-9])")


@dataclass(frozen=True, slots=True)
class Maker:
    """Somebody an export names beside a work.

    ``link`` is what stands before or after the name ("workshop of"); ``person`` is false for a culture or a place.
    """

    name: str
    role: str = ""
    link: str = ""
    born: int | None = None
    died: int | None = None
    person: bool = True


@dataclass(frozen=True, slots=True)
class Record:
    """One work of an export.

    ``free`` is the museum's own flag for the public domain, None where it has none; ``names`` are what the
    file of its picture may be called in a folder, without the ending; ``picture`` is the address of the
    picture, ``lookup`` that of a JSON object that names it when the export does not.
    """

    id: str
    makers: tuple[Maker, ...] = ()
    title: str = ""
    year: str = ""
    style: str = ""
    licence: str = ""
    free: bool | None = None
    source: str = ""
    names: tuple[str, ...] = ()
    picture: str = ""
    lookup: str = ""


def said(value: object) -> str:
    """*value* as one line of text; lists, objects, booleans and nothing are the empty string."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return " ".join(_UNKEEPABLE.sub(" ", str(value)).split())


def first(value: object) -> str:
    """The first entry of a list that says something, or *value* itself."""
    entries = value if isinstance(value, list) else [value]
    return next((text for text in map(said, entries) if text), "")


def flag(value: object) -> bool | None:
    """A yes or no, however a CSV or JSON writes it; None when it is neither."""
    if isinstance(value, bool):
        return value
    return {"true": True, "1": True, "yes": True, "y": True, "false": False, "0": False, "no": False, "n": False}.get(
        said(value).lower()
    )


def year_of(value: object) -> int | None:
    """The year a life date begins with (``1606``, ``1606-07-15``); 9999, which means "still alive", is none."""
    found = re.match(r"(-?[0-9]{1,4})(?![0-9])", said(value))
    year = int(found[1]) if found else None
    return year if year and -3000 < year < 3000 else None


def life_in(text: str) -> tuple[int | None, int | None]:
    """Born and died as a line such as "Dutch, 1606–1669" or "American, born 1934" tells; "active" dates are none."""
    if re.search(r"\b(?:active|act\.|fl\.|flourished|werkzaam)", text, re.IGNORECASE):
        return None, None
    if found := re.search(r"([0-9]{3,4})\??\s*[-–—]\s*[^0-9]{0,40}([0-9]{3,4})", text):
        return int(found[1]), int(found[2])
    years = _YEAR.findall(text)
    if len(years) == 1 and re.search(r"\b(?:born|b\.|geboren)", text, re.IGNORECASE):
        return int(years[0]), None
    if len(years) == 1 and re.search(r"\b(?:died|d\.|overleden)", text, re.IGNORECASE):
        return None, int(years[0])
    return None, None


def forwards(name: str) -> str:
    """``Rijn, Rembrandt van`` → ``Rembrandt van Rijn``; what follows a comma otherwise ("Jr.") stays behind."""
    parts = [part.strip() for part in name.split(",")]
    if len(parts) != 2 or not all(parts):
        return name
    last, rest = parts
    if re.match(
        r"(?:[0-9(]|the |de oude|de jonge|[IVX]+$|jr\b|sr\b|junior\b|senior\b|called\b|gen\.)", rest, re.IGNORECASE
    ):
        return f"{last} {rest}"
    return f"{rest} {last}"


def file_key(name: str) -> str:
    """What two names of one picture agree in: letters and figures, the rest as hyphens; ``67.241`` → ``67-241``."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    return re.sub(r"[\W_]+", "-", folded).strip("-")
