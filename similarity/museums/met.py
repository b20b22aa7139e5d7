"""The Metropolitan Museum of Art: ``MetObjects.csv`` of its Open Access repository, and its object API's JSON.

The CSV names no picture; the object API does, so an address there stands as the record's ``lookup``.
"""

from collections.abc import Collection
from itertools import zip_longest
from typing import Any

from similarity.museums.record import Maker, Record, Row, flag, said, year_of

OBJECT = "https://collectionapi.metmuseum.org/public/collection/v1/objects/"
PAGE = "https://www.metmuseum.org/art/collection/search/"


def is_table(columns: Collection[str]) -> bool:
    return {"Object ID", "Is Public Domain", "Artist Display Name"} <= set(columns)


def is_object(row: Row) -> bool:
    return "objectID" in row and "isPublicDomain" in row


def from_table(row: Row) -> Record:
    """A line of ``MetObjects.csv``. With several makers, every artist column has a part for each, between ``|``."""
    number = said(row.get("Object ID"))
    names = (
        "Artist Display Name",
        "Artist Role",
        "Artist Prefix",
        "Artist Suffix",
        "Artist Begin Date",
        "Artist End Date",
    )
    columns = (str(row.get(name) or "").split("|") for name in names)
    makers = [
        Maker(said(name), said(role), f"{said(prefix)} {said(suffix)}".strip(), year_of(begin), year_of(end))
        for name, role, prefix, suffix, begin, end in zip_longest(*columns, fillvalue="")
    ]
    free = flag(row.get("Is Public Domain"))
    return Record(
        id=number,
        makers=tuple(makers),
        title=said(row.get("Title")),
        year=said(row.get("Object Date")),
        style=said(row.get("Classification")),
        licence=_licence(free, row.get("Rights and Reproduction")),
        free=free,
        source=said(row.get("Link Resource")) or (PAGE + number if number else ""),
        names=tuple(filter(None, (number, said(row.get("Object Number"))))),
        lookup=OBJECT + number if number.isdecimal() else "",
    )


def from_object(row: Row) -> Record:
    """An answer of the object API."""
    number = said(row.get("objectID"))
    free = flag(row.get("isPublicDomain"))
    return Record(
        id=number,
        makers=tuple(_makers(row)),
        title=said(row.get("title")),
        year=said(row.get("objectDate")),
        style=said(row.get("classification")),
        licence=_licence(free, row.get("rightsAndReproduction")),
        free=free,
        source=said(row.get("objectURL")) or (PAGE + number if number else ""),
        names=tuple(filter(None, (number, said(row.get("accessionNumber"))))),
        picture=picture_in(row),
    )


def picture_in(row: Row) -> str:
    """The address of an object's picture: the "web-large" one, which is ample here and a tenth of the original."""
    return said(row.get("primaryImageSmall")) or said(row.get("primaryImage"))


def _makers(row: Row) -> list[Maker]:
    main = Maker(
        said(row.get("artistDisplayName")),
        said(row.get("artistRole")),
        f"{said(row.get('artistPrefix'))} {said(row.get('artistSuffix'))}".strip(),
        year_of(row.get("artistBeginDate")),
        year_of(row.get("artistEndDate")),
    )
    everybody: Any = row.get("constituents")
    others = [
        Maker(said(one.get("name")), said(one.get("role")), said(one.get("prefix")))
        for one in (everybody if isinstance(everybody, list) else [])
        if isinstance(one, dict) and said(one.get("name")) != main.name
    ]
    return [main, *others]


def _licence(free: bool | None, rights: object) -> str:
    if free:
        return "CC0 1.0"
    return said(rights) or ("not in the public domain" if free is False else "")
