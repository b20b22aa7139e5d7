"""The Rijksmuseum: its collection API's JSON (lists and single objects) and its CSV export.

The museum has closed that API since; what was taken from it is read still. The CSV says nothing of rights.
What the museum publishes now is read in ``linked_art``.
"""

import re
from collections.abc import Collection
from typing import Any

from similarity.museums.record import Maker, Record, Row, first, flag, forwards, said, year_of

PAGE = "https://www.rijksmuseum.nl/en/collection/"


def is_table(columns: Collection[str]) -> bool:
    return {"objectInventoryNumber", "objectPersistentIdentifier"} <= set(columns)


def is_object(row: Row) -> bool:
    return "objectNumber" in row and ("principalOrFirstMaker" in row or "principalMakers" in row)


def from_table(row: Row) -> Record:
    """A line of the CSV, whose columns are numbered: ``objectCreator[1]``, ``objectCreator[2]``, …"""
    number = said(row.get("objectInventoryNumber"))
    return Record(
        id=number,
        makers=tuple(_maker(text) for text in _numbered(row, "objectCreator")),
        title=first(_numbered(row, "objectTitle")),
        year=first(_numbered(row, "objectCreationDate")),
        style=first(_numbered(row, "objectType")),
        source=said(row.get("objectPersistentIdentifier")) or (PAGE + number if number else ""),
        names=(number,) if number else (),
        picture=said(row.get("objectImage")),
    )


def from_object(row: Row) -> Record:
    """An entry of ``artObjects`` or an ``artObject``."""
    number = said(row.get("objectNumber"))
    image, links, dating, label = (_object(row.get(key)) for key in ("webImage", "links", "dating", "label"))
    holder = said(row.get("copyrightHolder"))
    free = flag(row.get("permitDownload"))
    if holder or free is None:
        free = not holder if "copyrightHolder" in row else None
    return Record(
        id=number,
        makers=tuple(_makers(row)),
        title=said(row.get("title")),
        year=said(dating.get("presentingDate")) or said(label.get("date")) or _year_at_the_end(row),
        style=first(row.get("objectTypes")),
        licence="public domain" if free else holder or ("no download permitted" if free is False else ""),
        free=free,
        source=said(links.get("web")) or (PAGE + number if number else ""),
        names=(number,) if number else (),
        picture=said(image.get("url")),
    )


def _makers(row: Row) -> list[Maker]:
    told: Any = [*_list(row.get("principalMakers")), *_list(row.get("makers"))]
    makers = [
        Maker(
            said(one.get("name")),
            ", ".join(said(role) for role in _list(one.get("roles"))),
            said(one.get("qualification")),
            year_of(one.get("dateOfBirth")),
            year_of(one.get("dateOfDeath")),
        )
        for one in told
        if isinstance(one, dict)
    ]
    return makers or [_maker(said(row.get("principalOrFirstMaker")))]


def _maker(text: str) -> Maker:
    """``prentmaker: Luyken, Jan`` → Jan Luyken, prentmaker; ``atelier van Rembrandt`` stays as it stands."""
    role, colon, name = text.partition(": ")
    return Maker(forwards(name), role) if colon else Maker(forwards(text))


def _year_at_the_end(row: Row) -> str:
    """A list tells the year only as the end of ``longTitle``, after title and maker."""
    found = re.search(r",\s*([^,]*[0-9]{3,4}[^,]*)$", said(row.get("longTitle")))
    return found[1] if found else ""


def _numbered(row: Row, name: str) -> list[str]:
    cells = ((re.fullmatch(re.escape(name) + r"(?:\[([0-9]{1,3})\])?", str(key)), value) for key, value in row.items())
    told = sorted((int(found[1] or 0), said(value)) for found, value in cells if found)
    return [text for _number, text in told if text]


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
