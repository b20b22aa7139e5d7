"""Find the version that a stripped picture shows, and say what happened to it on the way."""

import base64
import contextlib
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db.models import Q
from django.urls import reverse

from provenance.works.models import Version

# What compares pixels brings numpy, which a process that only answers pages does without: imported where used.
if TYPE_CHECKING:
    from PIL import Image

    from provenance.recovery.recover import Allowed, Recovered

Viewer = AbstractBaseUser | AnonymousUser | None


@dataclass(frozen=True, kw_only=True)
class RecoveredVersion:
    """``happened`` is measured, not signed. ``overlay`` is a data URI of a PNG, empty where
    the viewer may know of the picture but not look at it.

    ``page`` is the version's public page, empty while it is not published. ``similarity`` 0..100 is
    how well the pixels agree; ``inliers`` how many local features lie where they should (0 when the whole
    picture was laid over the other without them).
    """

    version: str
    title: str
    published: bool
    page: str
    of_export: bool
    happened: tuple[dict[str, str], ...]
    changes: dict[str, Any]
    similarity: int
    inliers: int
    overlay: str


def may_be_told(viewer: Viewer) -> "Allowed":
    """Which versions *viewer* may learn of: published ones, and what they may see anyway."""

    def allowed(versions: Iterable[UUID]) -> set[UUID]:
        asked = Version.objects.filter(pk__in=list(versions))
        may = Q(status=Version.Status.PUBLISHED)
        if viewer is not None and viewer.is_authenticated:
            own = Version.objects.visible_to(viewer).filter(status__in=Version.SEALED)
            may |= Q(pk__in=own.values("pk"))
        return set(asked.filter(may).values_list("pk", flat=True))

    return allowed


@dataclass(frozen=True, kw_only=True)
class Traces:
    """What the pixels led to: a version they show, or, failing that, one that a printed code names."""

    recovered: dict[str, Any] | None = None
    named_by_code: dict[str, str] | None = None


def look_for(picture: "Image.Image", *, viewer: Viewer = None) -> Traces:
    """Look for versions of ours in *picture*, upright RGB; only what *viewer* may learn of is found."""
    from provenance.recovery.recover import recover

    named = versions_named_in(picture)
    found = recover(picture, allowed=may_be_told(viewer), named=named)
    if found is not None:
        return Traces(recovered=asdict(_told(found, viewer)))
    return Traces(named_by_code=_claimed(named))


def versions_named_in(picture: "Image.Image") -> list[UUID]:
    """Versions whose public page a printed code in the picture leads to. A claim: anybody can print one."""
    import numpy as np

    from provenance.recovery.printed_code import texts_of_codes

    ends = [re.search(r"/v/([0-9a-f-]{36})/?$", text) for text in texts_of_codes(np.asarray(picture))]
    found = []
    for end in ends:
        with contextlib.suppress(ValueError):
            found += [UUID(end.group(1))] if end else []
    return found


def _claimed(named: list[UUID]) -> dict[str, str] | None:
    published = Version.objects.filter(pk__in=named, status=Version.Status.PUBLISHED)
    version = published.select_related("work").first()
    if version is None:
        return None
    page = reverse("web:version-page", args=[version.pk])
    return {"version": str(version.pk), "title": version.work.title, "page": page, "standing": "claimed"}


def _told(found: "Recovered", viewer: Viewer) -> RecoveredVersion:
    from provenance.recovery.overlay import overlay_png
    from provenance.recovery.wording import happened

    version = Version.objects.select_related("work", "credential").get(pk=found.picture.subject)
    published = version.status == Version.Status.PUBLISHED
    shown = published or (viewer is not None and Version.objects.shown_to(viewer).filter(pk=version.pk).exists())
    overlay = base64.b64encode(overlay_png(found)).decode("ascii") if shown else ""
    return RecoveredVersion(
        version=str(version.pk),
        title=version.work.title,
        published=published,
        page=reverse("web:version-page", args=[version.pk]) if published else "",
        of_export=found.picture.kind == found.picture.Kind.EXPORT,
        happened=tuple(happened(found.changes)),
        changes=found.changes.as_dict(),
        similarity=found.similarity,
        inliers=found.registration.inliers,
        overlay=overlay and "data:image/png;base64," + overlay,
    )
