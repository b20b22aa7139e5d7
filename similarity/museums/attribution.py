"""To whom a work is attributed: one person who is named, by their own hand, or nobody. Pure.

An audit compares pictures with what an artist made. A work by their workshop, after their design, or perhaps
theirs would make them look like somebody else, so it is passed over and counted (docs/import-museum-works.md).
"""

import re
from collections.abc import Sequence

from similarity.museums.record import Maker

# Those who had to do with a work without having made it.
_BESIDE = re.compile(
    r"publish|printer\b|patron|commission|sitter|subject|dealer|owner|collector|lender|editor|dedicat"
    r"|former attribution|uitgever|drukker|opdrachtgever|verzamelaar",
    re.IGNORECASE,
)
_UNKNOWN = re.compile(
    r"(?:unknown|anonymous|anonym|anoniem|unidentified|unrecorded|onbekend|various)\b|(?:artist|maker) unknown\b"
    r"|(?:artists?|makers?|n/?a|none|null|nan|[\W_]*)$",
    re.IGNORECASE,
)
_AROUND = (
    r"(?:workshop|studio|atelier|circle|follower|school|manner|style|imitator|pupil|assistant|copy(?:ist)?"
    r"|kopie|werkplaats|omgeving|kring|navolger|leerling|stijl|manier|werkstatt|umkreis|nachfolger)s?"
)
_AROUND_ALONE = re.compile(rf"[\s(]*{_AROUND}[\s)]*", re.IGNORECASE)
_QUALIFIED = re.compile(
    rf"(?:^|[\s(,;]){_AROUND} (?:of|van|von|after|naar)\b"
    r"|(?:^|[\s(,;])(?:attributed|ascribed|attribution|possibly|probably|perhaps|formerly|toegeschreven|toeschrijving"
    r"|mogelijk|waarschijnlijk|zugeschrieben|attribué|d['’]après|after|naar|nach|based on|inspired by)\b"
    r"|\?\)?\s*$|\b(?:and|or) (?:workshop|studio|assistants?|pupils?)\b|\ben atelier\b",
    re.IGNORECASE,
)
_FIRM = re.compile(
    r"\b(?:company|companies|corporation|inc|ltd|limited|manufactory|manufactur\w*|factory|fabriek|firma|foundry|press"
    r"|publishers?|publishing|sons|söhne|brothers|frères|gebroeders|workshop|atelier|studios?|bros|gmbh)\b"
    r"|(?:&|\band) co\b",
    re.IGNORECASE,
)
_SEVERAL = re.compile(r"[|;]|\s(?:and|en|und|et|&|/)\s", re.IGNORECASE)


class PassedOver(Exception):
    """A work that is not taken. ``reason`` is a stable code."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def sole_maker(makers: Sequence[Maker]) -> Maker:
    """The one person who made it.

    Raises ``PassedOver``: ``no_maker``, ``unknown_maker``, ``qualified_attribution`` (workshop of, after,
    attributed to), ``not_a_person`` (a firm, a culture), ``several_makers``.
    """
    named = [maker for maker in makers if maker.name and not _stood_beside(maker.role)]
    if not named:
        raise PassedOver("no_maker")
    if all(_UNKNOWN.match(maker.name) for maker in named):
        raise PassedOver("unknown_maker")
    if any(_is_qualified(maker) for maker in named):
        raise PassedOver("qualified_attribution")
    if any(not maker.person or _FIRM.search(maker.name) for maker in named):
        raise PassedOver("not_a_person")
    if len({maker.name.casefold() for maker in named}) > 1 or _SEVERAL.search(named[0].name):
        raise PassedOver("several_makers")
    return named[0]


def _is_qualified(maker: Maker) -> bool:
    if any(_QUALIFIED.search(text) for text in (maker.name, maker.role, maker.link)):
        return True
    return any(_AROUND_ALONE.fullmatch(text) for text in (maker.role, maker.link))


def _stood_beside(role: str) -> bool:
    parts = [part for part in re.split(r"\s*(?:[,;/]|\band\b|\ben\b)\s*", role) if part]
    return bool(parts) and all(_BESIDE.search(part) for part in parts)


def names_of(maker: Maker) -> tuple[str, ...]:
    """What they are called: ``Rembrandt (Rembrandt van Rijn)`` is both."""
    found = re.fullmatch(r"(.+?)\s*\(([^()]*)\)", maker.name)
    if not found or re.search(r"[0-9]", found[2]):
        return (re.sub(r"\s*\([^()]*[0-9][^()]*\)", "", maker.name).strip() or maker.name,)
    return (found[1], *(part.strip() for part in re.split(r"\bor\b|,", found[2]) if len(part.split()) > 1))
