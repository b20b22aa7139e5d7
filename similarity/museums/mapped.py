"""Any other table or list of objects, by a mapping of our names to its columns. Pure."""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from similarity.museums.record import Maker, Record, Row, flag, forwards, said, year_of

FIELDS = (
    "id", "artist", "born", "died", "title", "year", "style", "licence", "public_domain", "source", "file", "picture",
)  # fmt: skip


class BadMapping(ValueError):
    """A mapping that cannot be used; the text says why."""


def read_mapping(told: Sequence[str]) -> dict[str, str]:
    """From ``name=column`` pairs and JSON files that hold an object of them. Raises ``BadMapping``."""
    mapping: dict[str, str] = {}
    for text in told:
        name, equals, column = text.partition("=")
        if equals and name.strip() in FIELDS:
            mapping[name.strip()] = column
            continue
        if not text.lower().endswith(".json"):
            raise BadMapping(f"“{text}” is neither NAME=COLUMN nor a JSON file; the names are {', '.join(FIELDS)}.")
        mapping |= _mapping_in(Path(text))
    if unknown := sorted(set(mapping) - set(FIELDS)):
        raise BadMapping(f"No such name: {', '.join(unknown)}; the names are {', '.join(FIELDS)}.")
    if "artist" not in mapping:
        raise BadMapping("The mapping does not say which column is the artist.")
    return mapping


def missing_columns(mapping: Mapping[str, str], row: Row) -> list[str]:
    """Columns of *mapping* that *row* has not."""
    return [column for column in mapping.values() if _at(row, column) is _ABSENT]


def from_row(row: Row, mapping: Mapping[str, str]) -> Record:
    """A row as *mapping* reads it. A column may be a path into an object: ``maker.name``."""
    cell = {name: _at(row, column) for name, column in mapping.items()}
    number, file = said(cell.get("id")), said(cell.get("file"))
    picture = said(cell.get("picture"))
    return Record(
        id=number or file or picture,
        makers=tuple(_makers(cell.get("artist"), cell.get("born"), cell.get("died"))),
        title=said(cell.get("title")),
        year=said(cell.get("year")),
        style=said(cell.get("style")),
        licence=said(cell.get("licence")),
        free=flag(cell.get("public_domain")),
        source=said(cell.get("source")),
        names=tuple(filter(None, (re.sub(r"\.\w{2,4}$", "", file), number))),
        picture=picture,
    )


def _makers(artist: Any, born: Any, died: Any) -> list[Maker]:
    """One name, or a list of names or of objects with a ``name``."""
    told = artist if isinstance(artist, list) else [artist]
    names = [said(one.get("name") if isinstance(one, Mapping) else one) for one in told]
    return [Maker(forwards(name), born=year_of(born), died=year_of(died)) for name in names if name]


_ABSENT = object()


def _at(row: Any, column: str) -> Any:
    if isinstance(row, Mapping) and column in row:
        return row[column]
    head, dot, rest = column.partition(".")
    inner = row.get(head, _ABSENT) if isinstance(row, Mapping) and dot else _ABSENT
    return _at(inner, rest) if inner is not _ABSENT else _ABSENT


def _mapping_in(path: Path) -> dict[str, str]:
    try:
        told = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        raise BadMapping(f"The mapping {path} cannot be read: {error}.") from error
    if not isinstance(told, dict) or not all(isinstance(column, str) for column in told.values()):
        raise BadMapping(f"The mapping {path} is not an object of names and columns.")
    return told
