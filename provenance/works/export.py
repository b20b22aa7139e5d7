"""A published version as a new signed file for one place: its profile's label and marks, in the format asked for.

Exactly once by content: the same recipe for the same version is the same row, whoever asks first. The
file is stored before the row, and the row stands and falls with its event in the ledger.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from generation import blobs, stored_files
from provenance.credentials import timestamp
from provenance.credentials.errors import CredentialError
from provenance.credentials.story import ALGORITHMIC, Parent, Step, Story
from provenance.ledger.append import append
from provenance.marking import xmp
from provenance.marking.encode import SUFFIXES, quality
from provenance.marking.profiles import Profile
from provenance.marking.read import packets
from provenance.recovery.fingerprints import fingerprints_of, remember
from provenance.recovery.models import RegisteredPicture
from provenance.works.ancestry import generated_ancestor, generation_of, prompt_is_private
from provenance.works.errors import WorkError
from provenance.works.finish import Finished, finish, now, service
from provenance.works.models import Export, Version
from provenance.works.wish import FORMATS, Wish, look_ahead, picture_of, settled
from similarity.pictures import decode


def export(version: Version, wish: Wish, *, by: User) -> tuple[Export, bool]:
    """Make the file that *wish* describes, or find the one made before; and whether it is new.

    Raises :class:`WorkError`: ``not_published``, ``unknown_format``, ``unknown_language``,
    ``bad_name``, ``file_gone``, ``storage_full``, or the first code of :func:`look_ahead`'s ``missing``
    (``agreement_needed``, ``unlabelled_forbidden``, ``provider_code_missing``, ``picture_too_small_for_label`` …);
    :class:`MarkingError` ``unknown_profile``; :class:`CredentialError` as ``sign`` does, and
    ``timestamp_failed`` (not permanent) when the profile wants a time that could not be had.
    """
    profile, wish = settled(version, wish)
    found = look_ahead(version, wish)
    if not found.ready:
        raise WorkError(found.missing[0].code, found.missing[0].text, field=_FIELDS.get(found.missing[0].code, ""))
    recipe = _recipe(version, profile, wish)
    if earlier := Export.objects.filter(version=version, recipe=recipe).first():
        return earlier, False
    stored_files.require_room(version.work.owner_id, refuse=WorkError)
    finished = _make(version, wish, profile)
    _check_time(finished, profile)
    # The file is stored before the row speaks of it; without the row nobody can reach it.
    blob = stored_files.keep(finished.signed.data, SUFFIXES[FORMATS[wish.format]], owner_id=version.work.owner_id)
    fingerprints = fingerprints_of(decode(finished.signed.data).rgb)
    try:
        with transaction.atomic():
            made = _record(version, wish, recipe, finished, blob=blob, agreement=found.agreement, by=by)
            remember(fingerprints, source=made.pk, subject=version.pk, blob=blob, kind=RegisteredPicture.Kind.EXPORT)
            return made, True
    except IntegrityError:
        # Somebody who asked for the same was faster; their file says the same as ours.
        return Export.objects.get(version=version, recipe=recipe), False


def _check_time(finished: Finished, profile: Profile) -> None:
    """A version gets a time that was due later; an export is taken away at once, so it waits for its time."""
    if profile.timestamp and settings.TSA_URL and finished.signed.timestamp != timestamp.TAKEN:
        raise CredentialError(
            "timestamp_failed",
            _("The timestamp authority did not answer, and files for this place carry its time. Try again later."),
            permanent=False,
            note=settings.TSA_URL,
        )


_FIELDS = {"agreement_needed": "agreed", "unlabelled_forbidden": "labelled"}


def _make(version: Version, wish: Wish, profile: Profile) -> Finished:
    published, media_type = blobs.get(version.blob), FORMATS[wish.format]
    told, ancestor = generation_of(version), generated_ancestor(version)
    steps: list[Step] = []
    picture, there = picture_of(version, wish, profile)
    if version.label and not there:
        steps.append(_step("c2pa.edited", "The visible label of the parent is left out", source_type=ALGORITHMIC))
    if media_type != version.media_type:
        parameters = {"from": version.media_type, "to": media_type, "quality": quality(media_type)}
        steps.append(_step("c2pa.transcoded", "", parameters={k: v for k, v in parameters.items() if v is not None}))
    credential = getattr(version, "credential", None)
    story = Story(
        title=version.work.title,
        created=now(),
        service_name=settings.SERVICE_NAME,
        service_version=settings.SERVICE_VERSION,
        work_id=str(version.work_id),
        version_id=str(version.pk),
        parent=Parent(
            title=version.work.title,
            data=published,
            media_type=version.media_type,
            manifest_label=credential.manifest_label if credential else "",
            identifier=f"urn:uuid:{version.pk}",
        ),
        steps=tuple(steps),
        origin=told.model if told else None,
    )
    return finish(
        picture,
        media_type=media_type,
        story=story,
        profile=profile,
        labelled=bool(wish.labelled) and not there,
        language=wish.language,
        told=None if prompt_is_private(version) else told,
        made=now(ancestor.output.created_at) if ancestor and ancestor.output else "",
        source_type=_published_source_type(published),
        prompt_writer=wish.prompt_writer,
    )


def _step(action: str, description: str, *, source_type: str = "", parameters: dict[str, Any] | None = None) -> Step:
    return Step(
        action=action,
        when=now(),
        source_type=source_type,
        description=description,
        tool=service(),
        parameters=parameters or {},
    )


def _published_source_type(published: bytes) -> str:
    """What the published file's own marks say of its source: the export is the same picture."""
    try:
        (packet,) = packets(published)
        return xmp.parse(packet).get("Iptc4xmpExt:DigitalSourceType", "").rpartition("/")[2]
    except ValueError:
        return ""


def _recipe(version: Version, profile: Profile, wish: Wish) -> str:
    """SHA-256 of all that decides what the file carries; not who signs, nor whether somebody agreed to what."""
    # Texts for people are in the language of whoever asks, and not in the file.
    fields = {name: value for name, value in vars(profile).items() if name not in ("title", "agreement")}
    parts = {
        "parent": version.sha256,
        "title": version.work.title,
        "profile": {name: dict(value) if isinstance(value, Mapping) else value for name, value in fields.items()},
        "format": wish.format,
        "labelled": wish.labelled,
        "language": wish.language if wish.labelled else "",
        "prompt_writer": wish.prompt_writer,
        "provider": [settings.PROVIDER_NAME, settings.PROVIDER_CODE],
        "timestamp": bool(settings.TSA_URL),
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _record(
    version: Version, wish: Wish, recipe: str, finished: Finished, *, blob: str, agreement: str, by: User
) -> Export:
    signed = finished.signed
    made = Export.objects.create(
        version=version,
        recipe=recipe,
        profile=wish.profile,
        media_type=FORMATS[wish.format],
        language=wish.language if wish.labelled else "",
        labelled=bool(wish.labelled),
        label=finished.label or (version.label if wish.labelled else ""),
        prompt_writer=wish.prompt_writer,
        by=by,
        agreement=agreement,
        agreed_at=timezone.now() if agreement else None,
        blob=blob,
        sha256=hashlib.sha256(signed.data).hexdigest(),
        bytes=len(signed.data),
        manifest_label=signed.manifest_label,
        manifest=signed.manifest,
        signer=signed.signer,
        certificate_sha256=signed.certificate_sha256,
        verdict=signed.verdict,
        sdk=signed.sdk,
        trust_list=signed.trust_list,
        timestamped=signed.timestamp == timestamp.TAKEN,
    )
    append(
        key=f"export:{made.pk}",
        kind="export.made",
        subject=version.pk,
        actor=by,
        payload={
            "export": str(made.pk),
            "work": str(version.work_id),
            "profile": made.profile,
            "media_type": made.media_type,
            "labelled": made.labelled,
            "label": made.label,
            "agreement_sha256": hashlib.sha256(agreement.encode()).hexdigest() if agreement else "",
            "sha256": made.sha256,
            "manifest": made.manifest_label,
            "certificate": made.certificate_sha256,
            "verdict": made.verdict,
        },
        personal={"prompt_writer": made.prompt_writer} if made.prompt_writer else None,
    )
    return made
