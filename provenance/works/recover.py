"""Find the version that a stripped picture shows, and say what happened to it on the way."""

import base64
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db.models import Q
from django.urls import reverse
from PIL import Image

from provenance.recovery.overlay import overlay_png
from provenance.recovery.recover import Allowed, Recovered, recover
from provenance.recovery.wording import happened
from provenance.works.models import Version

Viewer = AbstractBaseUser | AnonymousUser | None


@dataclass(frozen=True, kw_only=True)
class RecoveredVersion:
    """``happened`` is measured, not signed. ``overlay`` is a data URI of a PNG.

    ``page`` is the version's public page, empty while only its owner may see it. ``similarity`` 0..100 is
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

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def may_be_told(viewer: Viewer) -> Allowed:
    """Which versions *viewer* may learn of: published ones, and what they may see anyway."""

    def allowed(versions: Iterable[UUID]) -> set[UUID]:
        asked = Version.objects.filter(pk__in=list(versions))
        may = Q(status=Version.Status.PUBLISHED)
        if viewer is not None and viewer.is_authenticated:
            own = Version.objects.visible_to(viewer).filter(status__in=Version.SEALED)
            may |= Q(pk__in=own.values("pk"))
        return set(asked.filter(may).values_list("pk", flat=True))

    return allowed


def recover_version(picture: Image.Image, *, viewer: Viewer = None) -> RecoveredVersion | None:
    """The version that *picture*, upright RGB, shows; None when none that *viewer* may learn of does."""
    found = recover(picture, allowed=may_be_told(viewer))
    return _told(found) if found is not None else None


def _told(found: Recovered) -> RecoveredVersion:
    version = Version.objects.select_related("work", "credential").get(pk=found.picture.subject)
    published = version.status == Version.Status.PUBLISHED
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
        overlay="data:image/png;base64," + base64.b64encode(overlay_png(found)).decode("ascii"),
    )
