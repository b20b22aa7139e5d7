"""What of a report somebody may see: a picture that is not published is shown to reviewers only, once it is signed."""

from typing import TYPE_CHECKING, Any

from provenance.reports.models import Report
from provenance.reports.sign import read, signed
from provenance.works.models import Version

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser


def record_for(report: Report, user: "AbstractBaseUser | AnonymousUser") -> dict[str, Any]:
    """The record of a *report* that is ready, as *user* may read it."""
    record = read(report.document.encode()).record
    return without_picture(record) if record["image"]["thumbnail"] and not _shows_picture(report, user) else record


def document_for(report: Report, user: "AbstractBaseUser | AnonymousUser") -> str:
    """The signed document: byte for byte as it was made, or signed anew where the picture had to be left out."""
    record = record_for(report, user)
    return signed(record) if record["image"].get("withheld") else report.document


def without_picture(record: dict[str, Any]) -> dict[str, Any]:
    """*record* with everything but the small picture: its numbers can be computed again all the same."""
    image = {**record["image"], "thumbnail": "", "thumbnail_size": None, "withheld": True}
    return {**record, "image": image}


def _shows_picture(report: Report, user: "AbstractBaseUser | AnonymousUser") -> bool:
    """As the pages of the version do; what was only audited has no version, and is the asker's own file."""
    version = getattr(report.audit, "version", None)
    if version is None or version.status == Version.Status.PUBLISHED:
        return True
    return Version.objects.shown_to(user).filter(pk=version.pk).exists()
