"""Works leave the collection because their artist says so: asked for, taken back while there is time, done.

Between the wish and the next maintenance run a work is still compared with; that is the time in which the
wish can be taken back. Afterwards nothing is left but the SHA-256 of its file, by which no import brings it
back (``WithdrawnWork``), and what audits wrote down of it then.
"""

import contextlib
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from similarity import generations
from similarity.enrol import withdraw
from similarity.errors import SimilarityError
from similarity.models import Artist, IndexChange, Reference, WithdrawnWork
from similarity.watermark import lock_watermark, withdrawn_references


@dataclass(frozen=True)
class Gone:
    """A work that has left: what is still known of it when its rows are gone."""

    reference: UUID
    artist: UUID
    sha256: str
    title: str


def ask_to_leave(works: QuerySet[Reference]) -> list[Reference]:
    """Mark *works* to be removed by the next maintenance run; those that were not marked before."""
    with transaction.atomic():
        leaving = list(works.filter(leaving_since__isnull=True).select_for_update(of=("self",)))
        now = timezone.now()
        Reference.objects.filter(pk__in=[work.pk for work in leaving]).update(leaving_since=now)
        for work in leaving:
            work.leaving_since = now
    return leaving


def call_back(works: QuerySet[Reference]) -> list[Reference]:
    """Let *works* stay after all; those that were leaving and are still here."""
    with transaction.atomic():
        staying = list(works.filter(leaving_since__isnull=False).select_for_update(of=("self",)))
        Reference.objects.filter(pk__in=[work.pk for work in staying]).update(leaving_since=None)
        Artist.objects.filter(pk__in={work.artist_id for work in staying}).update(withdrawn_at=None)
        for work in staying:
            work.leaving_since = None
    return staying


def remove_leaving(*, at_most: int) -> list[Gone]:
    """Remove the works that were asked to leave, with their vectors of every encoder, telling every index.

    Call it in a transaction together with what is to be written down of it. Index files and stores on a
    server are another matter: ``clear_indexes``.
    """
    # The writers' lock first, as everybody who changes vectors takes it.
    for encoder in IndexChange.objects.order_by("encoder").values_list("encoder", flat=True):
        lock_watermark(encoder)
    leaving = Reference.objects.filter(leaving_since__isnull=False).order_by("leaving_since", "pk")
    works = list(leaving.select_for_update(of=("self",))[:at_most])
    WithdrawnWork.objects.bulk_create(
        [WithdrawnWork(sha256=work.sha256, artist_id=work.artist_id) for work in works], ignore_conflicts=True
    )
    withdraw(Reference.objects.filter(pk__in=[work.pk for work in works]))
    return [Gone(work.pk, work.artist_id, work.sha256, work.title) for work in works]


def clear_indexes() -> None:
    """Take what went out of the store of vectors in use, and remove index files of this machine that still hold it.

    What went is read from the log, whatever lies here: so the next run finishes one that was killed, and
    undoes a builder that put back what it had read before. Raises ``SimilarityError`` as the store or
    ``build_index``, once every encoder has had its turn.
    """
    from similarity.stores.store import adapter

    store, failed = adapter(), None
    for encoder in IndexChange.objects.values_list("encoder", flat=True):
        try:
            store.remove(encoder, withdrawn_references(encoder))
            _replace_outdated(encoder)
        except SimilarityError as error:
            failed = failed or error
    if failed is not None:
        raise failed


def _replace_outdated(encoder: str) -> None:
    from similarity.build_index import build_index, outdated

    if not generations.home(encoder).is_dir():
        return
    if found := outdated(encoder):
        # All but the newest first, which makes room; then the present one, so that searches find one at any time.
        with generations.build_lock(encoder):
            for path in found[1:]:
                generations.remove(path)
        with contextlib.suppress(generations.Damaged):  # which nobody can search either
            build_index(encoder=encoder, dimension=generations.read_manifest(found[0]).dimension)
    with generations.build_lock(encoder):
        for path in found:
            generations.remove(path)
        generations.tidy(encoder)  # also what a killed removal left
