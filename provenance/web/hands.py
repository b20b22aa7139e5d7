"""Whose hands a version shows: its lineage, its steps, shares by kind, and time observed beside time claimed.

Shares stand beside each other by kind and are never added up into one number for people.
"""

from dataclasses import dataclass, field
from datetime import timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from provenance.web.sitting_board import Line, line
from provenance.works.editing.contribution import contribution_of
from provenance.works.editing.legend import legend
from provenance.works.editing.models import Declaration, Edit, Sitting
from provenance.works.editing.worked import sittings_behind
from provenance.works.errors import WorkError
from provenance.works.models import Version


@dataclass(frozen=True)
class Share:
    """One kind's part of a bar of 100; ``start`` is where it begins."""

    kind: str
    text: str
    colour: str
    share: float
    start: float

    @property
    def width(self) -> float:
        return round(100 * self.share, 3)

    @property
    def percent(self) -> str:
        """As a person reads it: nothing that is there is rounded to nothing."""
        if 0 < self.share < 0.001:
            return "< 0.1 %"
        return f"{100 * self.share:.1f} %"


@dataclass(frozen=True)
class Map:
    """``last`` is by who changed a pixel last; ``content`` by who made what is seen, told when it differs."""

    last: list[Share]
    content: list[Share]
    adjusted: str
    legend: list[dict[str, str]]


@dataclass(frozen=True)
class Hands:
    parents: list[Version]
    children: list[Version]
    sitting: Sitting | None
    lines: list[Line]
    declaration: Declaration | None
    map: Map | None
    # Sentences about time, observed and claimed apart.
    times: list[tuple[str, str, str]] = field(default_factory=list)

    @property
    def changed(self) -> str:
        """Of a declared edit: how much of the picture differs from its parent, as measured."""
        assert self.declaration is not None
        return Share("", "", "", self.declaration.edit.changed, 0).percent


def hands(version: Version) -> Hands:
    """Everything the page tells of who made *version*. Reads rows, and the picture only for a map's first time."""
    sitting = Sitting.objects.filter(version=version).first()
    edits = list(sitting.active_edits().select_related("job", "output")) if sitting else []
    declaration = Declaration.objects.select_related("edit").filter(edit__in=edits).first()
    return Hands(
        parents=list(version.parents.order_by("number")),
        children=list(version.children.order_by("number")),
        sitting=sitting,
        lines=[line(edit) for edit in edits if edit.standing == Edit.Standing.WITNESSED],
        declaration=declaration,
        map=_map(version),
        times=_times(version, sitting, witnessed=bool(sitting) and declaration is None),
    )


def _map(version: Version) -> Map | None:
    if version.status not in Version.SEALED:
        return None
    try:
        shares = contribution_of(version).shares
    except (WorkError, FileNotFoundError):
        return None
    last, content = _bar(shares["last_change"]), _bar(shares["content"])
    adjusted = Share("", "", "", shares["adjusted"], 0).percent if shares["adjusted"] else ""
    present = {each.kind for each in [*last, *content]}
    told = [entry for entry in legend() if entry["kind"] in present and (adjusted or not entry["adjusted"])]
    return Map(last=last, content=content if adjusted else [], adjusted=adjusted, legend=told)


def _bar(shares: dict[str, float]) -> list[Share]:
    words = {entry["kind"]: entry for entry in legend() if not entry["adjusted"]}
    found, start = [], 0.0
    for kind, share in shares.items():
        if share > 0:
            found.append(Share(kind, words[kind]["text"], words[kind]["colour"], share, round(100 * start, 3)))
            start += share
    return found


def _times(version: Version, own: Sitting | None, *, witnessed: bool) -> list[tuple[str, str, str]]:
    """Label, how long, and what kind of statement that is."""
    behind = sittings_behind(version)
    found = []
    if own is not None and witnessed:
        found.append((_("Work on this version"), _length(own.active), _("observed")))
    if own is not None and own.claimed_minutes is not None:
        found.append((_("Work on this version"), _length(timedelta(minutes=own.claimed_minutes)), _("claimed")))
    if len(behind) > 1 or (behind and own is None):
        active = sum((each.active for each in behind), timedelta())
        found.append((_("Work on it and the versions before"), _length(active), _("observed")))
    return found


def _length(time: timedelta) -> str:
    minutes = round(time.total_seconds() / 60)
    if time and minutes == 0:
        return _("less than a minute")
    hours, rest = divmod(minutes, 60)
    words = []
    if hours:
        words.append(ngettext("%(hours)d hour", "%(hours)d hours", hours) % {"hours": hours})
    if rest or not hours:
        words.append(ngettext("%(minutes)d minute", "%(minutes)d minutes", rest) % {"minutes": rest})
    return " ".join(words)
