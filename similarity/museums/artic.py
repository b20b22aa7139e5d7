"""The Art Institute of Chicago: the api-data dump (a JSON file per artwork), and lists and searches of its API.

A list may tell no more than ``artist_display``, lines a person reads; the dump also has ``artist_titles``.
"""

import re
from collections.abc import Mapping
from typing import Any

from similarity.museums.record import Maker, Record, Row, first, flag, life_in, said

PAGE = "https://www.artic.edu/artworks/"
IIIF = "https://www.artic.edu/iiif/2"
# The width the museum recommends, and has ready in its cache.
SIZE = "full/843,/0/default.jpg"


def is_object(row: Row) -> bool:
    return row.get("api_model") == "artworks" or (
        "image_id" in row and ("artist_display" in row or "artist_title" in row)
    )


def iiif_of(document: object) -> str:
    """Where pictures are served, as the ``config`` of an answer says."""
    config = document.get("config") if isinstance(document, Mapping) else None
    return (said(config.get("iiif_url")) if isinstance(config, Mapping) else "") or IIIF


def from_object(row: Row, *, iiif: str = IIIF) -> Record:
    """An artwork of the API, however many of its fields were asked for."""
    number, image = said(row.get("id")), said(row.get("image_id"))
    free = flag(row.get("is_public_domain"))
    return Record(
        id=number,
        makers=tuple(_makers(row)),
        title=said(row.get("title")),
        year=said(row.get("date_display")),
        style=said(row.get("style_title")) or first(row.get("style_titles")) or said(row.get("classification_title")),
        licence="public domain"
        if free
        else said(row.get("copyright_notice")) or ("in copyright" if free is False else ""),
        free=free,
        source=PAGE + number if number else "",
        names=tuple(filter(None, (number, said(row.get("main_reference_number")), image))),
        picture=f"{iiif.rstrip('/')}/{image}/{SIZE}" if re.fullmatch(r"[\w.-]+", image) else "",
    )


def _makers(row: Row) -> list[Maker]:
    told: Any = row.get("artist_display")
    lines = [said(line) for line in (told.splitlines() if isinstance(told, str) else []) if said(line)]
    listed = row.get("artist_titles")
    titles = [said(title) for title in (listed if isinstance(listed, list) else []) if said(title)]
    if not titles and (main := said(row.get("artist_title"))):
        titles = [main]
    if len(titles) > 1:
        return [Maker(title) for title in titles]
    if not titles and not lines:
        return []
    if len(lines) == 1 and (found := re.fullmatch(r"(.+?)\s*\(([^()]*[0-9]{3}[^()]*)\)", lines[0])):
        lines = [found[1], found[2]]  # as older answers have it: "Name (Dutch, 1606–1669)"
    name, rest = (titles or lines)[0], " ".join(lines[1:])
    if not titles and len(lines) > 2:
        return [Maker(line) for line in lines]
    # A culture ("German", "Chimú") stands where a person would; people have dates.
    if lines and not _has_dates(rest):
        return [Maker(name, person=False)]
    # "Workshop of Rembrandt van Rijn": the first line says how sure the name is.
    link = lines[0].removesuffix(name) if lines and lines[0] != name else ""
    return [Maker(name, "", link, *life_in(rest))]


def _has_dates(text: str) -> bool:
    dates = r"[0-9]{3,4}\??\s*[-–—]|\b(?:born|b\.|died|d\.|active|act\.|fl\.)[^0-9]{0,12}[0-9]{2,4}"
    return re.search(dates, text, re.IGNORECASE) is not None
