"""The Rijksmuseum's Linked Art: one work in three documents (JSON-LD, linked.art/model; data.rijksmuseum.nl/docs/http).

A ``HumanMadeObject`` has title, makers and date, and ``shows`` a ``VisualItem``, which has the rights and is
``digitally_shown_by`` a ``DigitalObject``, which has the picture's address. They refer to each other by ``id``, and
may stand inside one another. The rights in an object's ``subject_of`` are those of the record itself, not of the work.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from similarity.museums.record import Maker, Record, Row, said, year_of

_WORK, _VISUAL, _DIGITAL = "HumanMadeObject", "VisualItem", "DigitalObject"
_AAT = "http://vocab.getty.edu/aat/"
_ENGLISH = _AAT + "300388277"
_PREFERRED = frozenset({_AAT + "300404670"})
_OBJECT_NUMBER = frozenset({"https://id.rijksmuseum.nl/22015218", _AAT + "300312355"})
# The statement of a production's part that names its maker, with what is thought of that.
_NAMING = frozenset({_AAT + "300435417"})
_PUBLIC_DOMAIN = {"mark": "Public Domain Mark", "zero": "CC0"}
_OF_MAKERS = ("carried_out_by", "influenced_by")
# Ample here; what the museum names is the picture at its full size.
SIZE = "/full/!1024,1024/"


def is_object(row: Row) -> bool:
    ours = re.match(r"https?://(?:id|data)\.rijksmuseum\.nl/", said(row.get("id")))
    return ours is not None and said(row.get("type")) in (_WORK, _VISUAL, _DIGITAL)


def rights_and_pictures(rows: Iterable[Row]) -> dict[str, Row]:
    """What the works of an export refer to, by its id: of visual items and digital objects, what is read here."""
    wanted = ("subject_to", "digitally_shown_by", "access_point")
    return {
        said(row.get("id")): {key: row[key] for key in wanted if key in row}
        for row in rows
        if said(row.get("type")) in (_VISUAL, _DIGITAL)
    }


def from_object(row: Row, others: Mapping[str, Row]) -> Record | None:
    """A work, its rights and picture completed from *others*; None for a document that is no work."""
    if said(row.get("type")) != _WORK:
        return None
    source = said(row.get("id"))
    known_as = _dicts(row.get("identified_by"))
    number = _text((one for one in known_as if one.get("type") == "Identifier"), of=_OBJECT_NUMBER)
    titles = [one for one in known_as if one.get("type") == "Name"]
    made = next(iter(_dicts(row.get("produced_by"))), {})
    when = next(iter(_dicts(made.get("timespan"))), {})
    visuals = [_whole(one, others) for one in _dicts(row.get("shows"))]
    # The rights are those of the visual item whose file is used.
    visual = next((one for one in visuals if _picture_of(one, others)), visuals[0] if visuals else {})
    picture = _picture_of(visual, others)
    micrio = re.match(r"https://iiif\.micr\.io/([0-9A-Za-z]+)/", picture)
    return Record(
        id=number or source.rpartition("/")[2],
        makers=tuple(_makers(made)),
        title=_text(titles, of=_PREFERRED) or _text(titles),
        year=_text(when.get("identified_by")) or str(year_of(when.get("begin_of_the_begin")) or ""),
        style=next((name for kind in _dicts(row.get("classified_as")) if (name := _notation(kind))), ""),
        licence=_licence(_dicts(visual.get("subject_to"))),
        source=source,
        names=tuple(filter(None, (number, source.rpartition("/")[2], micrio[1] if micrio else ""))),
        picture=picture.replace("/full/max/", SIZE) if micrio else picture,
    )


def _makers(made: Row) -> Iterator[Maker]:
    """Of each part of the production, whom it names: outright, or assigned to it.

    An assignment without a class rests on evidence (a signature). With one it is an attribution, a workshop, a
    "possibly", in any language; one of influence is of whom the work is after.
    """
    for part in _dicts(made.get("part")) or [made]:
        stated = _text(part.get("referred_to_by"), of=_NAMING)
        role = ", ".join(filter(None, map(_notation, _dicts(part.get("technique")))))
        assignments = [one for one in _dicts(part.get("assigned_by")) if one.get("assigned_property") in _OF_MAKERS]
        doubtful = any(one.get("classified_as") or one["assigned_property"] == "influenced_by" for one in assignments)
        people = [*_dicts(part.get("carried_out_by")), *(p for one in assignments for p in _dicts(one.get("assigned")))]
        for person in people:
            name = _notation(person) or re.sub(r"\s*\([^()]*\)$", "", stated) or "unknown"
            link = "attributed to" if doubtful else stated.replace(name, "", 1).strip()
            yield Maker(name, role, link, person=said(person.get("type")) != "Group")


def _picture_of(visual: Row, others: Mapping[str, Row]) -> str:
    """The address of its first file, empty without one."""
    files = [_whole(one, others) for one in _dicts(visual.get("digitally_shown_by"))]
    return next((address for one in files for address in _ids(one.get("access_point"))), "")


def _licence(rights: Iterable[Row]) -> str:
    """What the rights are called. Where several bind, their names together, which no single wish lets by."""
    each = (_ids(right.get("classified_as")) or [""] for right in rights)
    names = dict.fromkeys(address and _called(address) for addresses in each for address in addresses)
    bound = [name for name in names if not name.startswith(tuple(_PUBLIC_DOMAIN.values()))]
    return (
        f"several: {', '.join(name or 'unstated' for name in bound)}"
        if len(bound) > 1
        else next(iter([*bound, *names]), "")
    )


def _called(address: str) -> str:
    found = re.match(r"https?://creativecommons\.org/(?:licenses|publicdomain)/([a-z-]+)/([0-9.]+)", address)
    if found is None:
        return address
    return f"{_PUBLIC_DOMAIN.get(found[1]) or f'CC {found[1].upper()}'} {found[2]}"


def _whole(reference: Row, others: Mapping[str, Row]) -> Row:
    return {**others.get(said(reference.get("id")), {}), **reference}


def _text(entries: Any, *, of: frozenset[str] = frozenset()) -> str:
    """What *entries* say, those of one of the classes *of* if any are given."""
    chosen = (one for one in _dicts(entries) if not of or not of.isdisjoint(_ids(one.get("classified_as"))))
    return _first((_ENGLISH in _ids(one.get("language")), said(one.get("content"))) for one in chosen)


def _notation(thing: Row) -> str:
    """What a person or a kind is called where it is referred to."""
    return _first(
        (said(one.get("@language")) == "en", said(one.get("@value"))) for one in _dicts(thing.get("notation"))
    )


def _first(told: Iterable[tuple[bool, str]]) -> str:
    """The first text that is English, or else the first."""
    return next((text for _english, text in sorted(told, key=lambda it: not it[0]) if text), "")


def _ids(value: Any) -> list[str]:
    """Of references, which are objects or bare addresses."""
    told = (said(one.get("id")) if isinstance(one, Mapping) else said(one) for one in _list(value))
    return [text for text in told if text]


def _dicts(value: Any) -> list[Row]:
    return [one for one in _list(value) if isinstance(one, Mapping)]


def _list(value: Any) -> list[Any]:
    """A property may hold one thing or a list of them."""
    if isinstance(value, Mapping | str):
        return [value]
    return list(value) if isinstance(value, Iterable) else []
