"""What a file says about itself, what of that is bound to it, and whether we know it."""

import hashlib
from dataclasses import asdict, dataclass, replace
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from provenance.credentials import verdict
from provenance.credentials.facts import Facts, commitments, facts
from provenance.credentials.read import Reading, read
from provenance.credentials.signers import known_certificates
from provenance.marking.read import Mark
from provenance.marking.read import read as read_marks
from provenance.works import wording
from provenance.works.lineage import lineage, standing_of
from provenance.works.models import Credential, EarlierFile, Export, Version
from provenance.works.recover import Traces, Viewer, look_for
from provenance.works.reveal import open_with
from provenance.works.wording import say
from similarity.errors import SimilarityError
from similarity.pictures import decode

GENERATED = frozenset({"trainedAlgorithmicMedia", "compositeWithTrainedAlgorithmicMedia"})
# Verdicts with which the ``verify`` command exits non-zero.
BAD = frozenset({verdict.TAMPERED, verdict.UNREADABLE})


@dataclass(frozen=True, kw_only=True)
class FileFacts:
    """The file as such. ``width`` and ``height`` (pixels) are None when only the credential could be read."""

    sha256: str
    media_type: str
    bytes: int
    width: int | None
    height: int | None
    notes: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Verification:
    """Everything the verify page, API and command show about one file. Nothing of it is kept.

    ``known`` is ``published`` (the very file we published), ``signed`` (signed by this service, and not
    published), ``differs`` (names a credential of ours but is not the file we
    published) or empty. ``manifest`` is what the credential says, with ``standing`` ``signed`` or
    ``broken``; None without one. ``lineage`` is the tree of what it was made from (``lineage.py``). ``marks``
    are all *unsigned*. ``revealed`` is what a token shows of a private prompt (see ``reveal.py``); None when
    none was given. ``recovered`` is the version of ours that the pixels show, whatever the file says; None
    without one, or for the very file. ``named_by_code`` is one that only a printed code in the picture
    names: a claim (for both see ``recover.py``).
    """

    verdict: str
    summary: str
    sentences: tuple[str, ...]
    broken: str
    reasons: tuple[dict[str, str], ...]
    ours: bool
    known: str
    file: FileFacts
    manifest: dict[str, Any] | None
    lineage: dict[str, Any] | None
    marks: tuple[dict[str, Any], ...]
    sdk: str
    trust_list: str
    checked_at: str
    revealed: dict[str, Any] | None = None
    recovered: dict[str, Any] | None = None
    named_by_code: dict[str, str] | None = None

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON values, in the words of the active language."""
        return {**asdict(self), "verdict_text": say(wording.VERDICTS, self.verdict)}


def verify(data: bytes, *, token: str = "", viewer: Viewer = None) -> Verification:
    """Read *data*, the bytes of an uploaded file; *token* may show its private prompt.

    *viewer* is who asks: a version that is not published is recovered for its owner only.

    A file that cannot be decoded still gets its verdict when it carries a credential, readable or
    damaged (credentials bind bytes, not pixels); the reason stands in ``file.notes``. Otherwise the
    decoder's ``SimilarityError`` is raised: ``file_empty``, ``file_too_large``, ``not_an_image``, ….
    Raises :class:`CredentialError` when the trust list is set up wrongly.
    """
    failure, picture = None, None
    try:
        picture = decode(data)
    except SimilarityError as error:
        if error.code in ("file_empty", "file_too_large", "too_many_parts"):
            raise
        failure = error
    reading = read(data)
    if failure is not None and not _found_a_credential(reading):
        raise failure
    sha256 = hashlib.sha256(data).hexdigest()
    told = _told(reading) if reading.active else None
    marks = read_marks(data)
    known = _known(sha256, reading)
    traces = look_for(picture.rgb, viewer=viewer) if picture and known != "published" else Traces()
    ours = known == "published" or (known in ("signed", "differs") and _signed_by_us(reading))
    summary, *sentences = _sentences(reading, told, marks, ours=ours, known=known)
    return Verification(
        verdict=reading.verdict.code,
        summary=summary,
        sentences=tuple(sentences),
        broken=reading.verdict.broken,
        reasons=tuple(_reasons(reading, known)),
        ours=ours,
        known=known,
        file=FileFacts(
            sha256=sha256,
            media_type=picture.media_type if picture else reading.media_type,
            bytes=len(data),
            width=picture.width if picture else None,
            height=picture.height if picture else None,
            notes=picture.notes if picture else (failure.message if failure else "",),
        ),
        manifest=_manifest(reading, told, ours=ours) if told else None,
        lineage=lineage(reading),
        marks=tuple({**mark.as_dict(), "standard_text": say(wording.STANDARDS, mark.standard)} for mark in marks),
        sdk=reading.sdk,
        trust_list=reading.trust_list,
        checked_at=timezone.now().isoformat(timespec="seconds"),
        revealed=_revealed(reading, token) if token else None,
        recovered=traces.recovered,
        named_by_code=traces.named_by_code,
    )


def _revealed(reading: Reading, token: str) -> dict[str, Any]:
    shown = open_with(token, commitments=commitments(reading.manifest), intact=reading.verdict.intact)
    return shown.as_dict()


def _found_a_credential(reading: Reading) -> bool:
    """A manifest that could be read, or the remains of one."""
    return bool(reading.manifest) or any(reason.code == "credential_damaged" for reason in reading.verdict.reasons)


def _known(sha256: str, reading: Reading) -> str:
    """What our own rows say of the file. Only that we know it: whose it is stays private."""
    # As it is now, or as it was before its trusted time was added: still the same picture.
    for files in (Version.objects.filter(sha256=sha256), Version.objects.filter(earlier_files__sha256=sha256)):
        status = files.filter(status__in=Version.SEALED).values_list("status", flat=True).first()
        if status is not None:
            # Held and refused files were signed here too, and shown to nobody but reviewers.
            return "published" if status == Version.Status.PUBLISHED else "signed"
    if Export.objects.filter(sha256=sha256).exists():
        return "published"
    # A label alone proves nothing (anybody can write one); that our label is on other bytes is a finding.
    earlier = EarlierFile.objects.filter(manifest_label=reading.label)
    if reading.label and (_any_of_ours(manifest_label=reading.label) or earlier.exists()):
        return "differs"
    return "signed" if _signed_by_us(reading) else ""


def _signed_by_us(reading: Reading) -> bool:
    """The signature holds, and its certificate is one this service has signed with."""
    certificate = reading.certificate_sha256
    known = certificate in known_certificates() or _any_of_ours(certificate_sha256=certificate)
    return bool(reading.verdict.intact and certificate and known)


def _any_of_ours(**field: str) -> bool:
    """Whether a version's credential or an export has this value."""
    return any(model.objects.filter(**field).exists() for model in (Credential, Export))


def _sentences(reading: Reading, told: Facts | None, marks: list[Mark], *, ours: bool, known: str) -> list[str]:
    """The summary first, then what else a reader must know to judge it."""
    code = reading.verdict.code
    if code == verdict.NONE:
        first = [_("No credential was found. That says nothing about how the picture was made.")]
    elif any(reason.code == "file_unparsable" for reason in reading.verdict.reasons):
        first = [say(wording.REASONS, "file_unparsable")]
    elif told is None:
        first = [_("The file carries a credential that cannot be read.")]
    elif code == verdict.TAMPERED:
        first = [say(wording.BROKEN, reading.verdict.broken)]
    else:
        first = _intact(code, told, ours=ours)
    if known == "differs":
        first.append(say(wording.REASONS, "differs_from_published"))
    elif known == "published":
        first.append(_("It is, byte for byte, the file this service published."))
    if not (told and reading.verdict.intact) and any(mark.says_generated for mark in marks):
        first.append(_("Unsigned notes in the file say it was made with AI. Anybody could have written them."))
    return first


def _intact(code: str, told: Facts, *, ours: bool) -> list[str]:
    signer = told.signature.organisation or told.signature.name or _("an unnamed signer")
    maker = told.model.get("name") or (told.actions[0].agent if told.actions else "") or told.generator
    # An export or an edit opens a picture that AI made: its own steps do not say so, its disclosure does.
    generated = bool(GENERATED & set(told.source_types) or told.model.get("name"))
    if ours and generated:
        first = _("Made with AI (%(model)s) by this service.") % {"model": maker}
    elif generated:
        first = _("Made with AI by %(model)s, says a credential signed by %(signer)s.") % {
            "model": maker or _("an unnamed model"),
            "signer": signer,
        }
    else:
        first = _("The picture carries an intact credential signed by %(signer)s.") % {"signer": signer}
    return [first, _standing(code, ours=ours)]


def _standing(code: str, *, ours: bool) -> str:
    if code == verdict.TRUSTED:
        return _("The signer is on the trust list used here.")
    if code == verdict.EXPIRED:
        return say(wording.REASONS, "signingCredential.expired")
    if code == verdict.LEGACY:
        return _("It was made under an older rule: parts of the file outside the picture are not covered.")
    if ours:
        return _("The certificate is one this service signs with; it is on no trust list used here.")
    return _("The signer is on no trust list used here: nothing was changed since, but who signed is not confirmed.")


def _reasons(reading: Reading, known: str) -> list[dict[str, str]]:
    found = [
        {"code": reason.code, "text": say(wording.REASONS, reason.code), "explanation": reason.explanation}
        for reason in dict.fromkeys(reading.verdict.reasons)
    ]
    if known == "differs":
        code = "differs_from_published"
        found.append({"code": code, "text": say(wording.REASONS, code), "explanation": ""})
    return found


def _told(reading: Reading) -> Facts:
    """What the credential says of the picture, and who vouches for it now.

    A manifest that only updates another says nothing itself, but its signer answers for the whole, and
    the trusted time it adds is the time of what it updates.
    """
    said = facts(reading.content, resources=reading.resources)
    if reading.content is reading.active:
        return said
    return replace(said, signature=facts(reading.active).signature)


def _manifest(reading: Reading, told: Facts, *, ours: bool) -> dict[str, Any]:
    """What the credential says, as plain values; whether that may be believed is the verdict's part."""
    signature = told.signature
    return {
        "standing": "signed" if reading.verdict.intact else "broken",
        "label": told.label,
        "title": told.title,
        "generator": told.generator,
        "spec_version": told.spec_version,
        "model": told.model,
        "prompt": told.prompt,
        "negative_prompt": told.negative_prompt,
        "commitment": told.commitment,
        "seed": told.seed,
        "steps": told.steps,
        "guidance": told.guidance,
        "created": told.created,
        "source_types": [{"code": code, "text": say(wording.SOURCES, code)} for code in told.source_types],
        "actions": [
            {
                **asdict(action),
                **dict(
                    zip(
                        ("standing", "standing_text"),
                        standing_of(action, ours=ours, intact=reading.verdict.intact),
                        strict=True,
                    )
                ),
                "text": say(wording.ACTIONS, action.action),
                "source_text": say(wording.SOURCES, action.source_type),
            }
            for action in told.actions
        ],
        "all_actions_included": told.all_actions_included,
        "ingredients": [
            {**asdict(item), "relationship_text": say(wording.RELATIONSHIPS, item.relationship)}
            for item in told.ingredients
        ],
        "uses": [
            {
                "use": use,
                "text": say(wording.USES, use),
                "permission": said,
                "permission_text": say(wording.PERMISSIONS, said),
            }
            for use, said in told.uses.items()
        ],
        "soft_bindings": [{"alg": alg, "value": value} for alg, value in told.soft_bindings],
        "thumbnail": told.thumbnail,
        "signer": {
            "name": signature.name,
            "organisation": signature.organisation,
            "issuer": signature.issuer,
            "serial": signature.serial,
            "algorithm": signature.algorithm,
            "valid_from": signature.valid_from,
            "valid_until": signature.valid_until,
            "certificate_sha256": reading.certificate_sha256,
            "trusted": reading.verdict.code == verdict.TRUSTED,
        },
        "timestamped": bool(signature.timestamp),
        "signed_at": signature.timestamp,
        "timestamp_authority": signature.timestamp_authority,
        "manifests": len(reading.manifest.get("manifests", [])),
    }
