"""The part of the ledger that tells of one work, for its owner or a reviewer to take away."""

from django.db.models import Q

from provenance.ledger.append import Person
from provenance.ledger.commitments import ACTOR
from provenance.ledger.export import Contents, take
from provenance.ledger.models import Event, PersonalValue
from provenance.works.editing.models import Edit, Sitting
from provenance.works.models import Export, Version, Work


def contents_of(work: Work, *, for_owner: bool) -> Contents:
    """Events about *work*, its versions, sittings and jobs; *for_owner* with the values they already know.

    Those are the owner's own values, and other people's words to the owner (a decision's reason), but not
    who those people are. To anybody else nothing is disclosed: the events hold without.
    """
    versions = list(work.versions.select_related("output").order_by("number"))
    jobs = {version.output.job_id for version in versions if version.output} | ({work.job_id} if work.job_id else set())
    jobs |= set(Edit.objects.filter(sitting__parent__work=work, job__isnull=False).values_list("job_id", flat=True))
    sittings = Sitting.objects.filter(parent__work=work).values_list("pk", flat=True)
    subjects = {str(pk) for pk in (work.pk, *(version.pk for version in versions), *jobs, *sittings)}
    events = list(Event.objects.filter(subject__in=subjects).order_by("sequence"))
    known = Q(person=work.owner_id) | ~Q(name=ACTOR)
    return Contents(
        kind="work",
        subject=str(work.pk),
        events=events,
        disclosed=list(
            PersonalValue.objects.filter(known, event__in=events).order_by("event", "name") if for_owner else []
        ),
        files=[
            {
                "version": str(version.pk),
                "number": version.number,
                "sha256": version.sha256,
                "media_type": version.media_type,
            }
            for version in versions
            if version.status in Version.SEALED
        ]
        + [
            {
                "version": str(made.version_id),
                "export": str(made.pk),
                "sha256": made.sha256,
                "media_type": made.media_type,
            }
            for made in Export.objects.filter(version__in=versions).order_by("created_at")
        ],
    )


def export_story(work: Work, *, asker: Person | None) -> bytes:
    """The ZIP file for *asker* (None: an operator). Raises ``LedgerError`` as ``take``."""
    return take(contents_of(work, for_owner=asker is not None and asker.pk == work.owner_id), by=asker)
