"""Audit pictures that lie in files, one after another; what is done already is not done again."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from django.utils.translation import gettext as _

from similarity.artworks import list_pictures
from similarity.audit import Asked, artists_named_in, audit_image
from similarity.encoder import load_encoder
from similarity.errors import SimilarityError
from similarity.index import open_index
from similarity.models import Audit, Calibration
from similarity.pictures import read_file


@dataclass(frozen=True)
class Audited:
    """A file with its audit. ``again`` tells that the audit was there already."""

    file: Path
    audit: Audit
    again: bool = False


def pictures_in(paths: Iterable[Path]) -> list[Path]:
    """The files among *paths* as they are, and every picture below its folders, in order and once.

    A folder that holds none stays in the list, to be told as a file that cannot be read; when there is nothing
    else, ``SimilarityError`` ``no_pictures`` is raised.
    """
    found: dict[Path, None] = {}
    for path in paths:
        names = list_pictures(path) if path.is_dir() else []
        found.update(dict.fromkeys((path / name for name in names) if names else (path,)))
    if found and all(path.is_dir() for path in found):
        raise SimilarityError("no_pictures", _("There is no picture in “%(folder)s”.") % {"folder": next(iter(found))})
    return list(found)


def audit_files(files: Iterable[tuple[Path, Asked]]) -> Iterator[Audited]:
    """The audit of each file, stored as nobody's, so that reviewers see it.

    One that is stored for the same bytes, question, encoder, index and calibration is answered as it
    is, so an interrupted run goes on where it was. A file that cannot be read or judged gives an
    audit with the outcome ``failed``, which is not stored: it is tried again next time. Raises
    ``SimilarityError`` for what is wrong with every file: an encoder that cannot be loaded, or what
    may pass by itself.
    """
    encoder = load_encoder()
    for file, asked in files:
        try:
            data = read_file(file)
        except SimilarityError as error:
            yield Audited(file, Audit(outcome=Audit.Outcome.FAILED, error_code=error.code, error=error.message))
            continue
        index = open_index(encoder=encoder.fingerprint, dimension=encoder.dimension)
        done = Audit.objects.filter(
            owner=None,
            subject=None,
            image_sha256=hashlib.sha256(data).hexdigest(),
            domain=asked.domain,
            encoder=encoder.fingerprint,
            index=index.sha256,
            calibration=Calibration.objects.light().active(encoder=encoder.fingerprint, domain=asked.domain),
        )
        named = artists_named_in(asked.prompt)
        same = next((audit for audit in done.order_by("-created_at") if audit.named_in_prompt == named), None)
        if same is not None:
            yield Audited(file, same, again=True)
            continue
        audit = audit_image(data, asked=asked)
        if audit.outcome != Audit.Outcome.FAILED:
            audit.save(force_insert=True)
        yield Audited(file, audit)


def file_set(audited: Iterable[Audited]) -> tuple[list[Audit], list[str]]:
    """The audits of files that can be judged as one set, and the group of each: the same bytes are one picture."""
    audits = [one.audit for one in audited if one.audit.vector]
    return audits, [audit.image_sha256 for audit in audits]
