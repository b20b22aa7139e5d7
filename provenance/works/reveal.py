"""Private prompts: a commitment in the file, and leave to see the words for whom the owner names.

The file holds only ``SHA-256(salt, words)`` (see ``credentials/commitment.py``). A token names one
recipient and one day; shown to ``verify`` together with the file it gives the words, with the salt, so
that the recipient can compute the digest in the file for themselves. It works until it expires, is
withdrawn, or the words are erased; the words it has already shown cannot be taken back.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.core import signing
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from idempotency.once import once
from provenance.credentials.commitment import commit, new_salt, opens
from provenance.credentials.text import clean
from provenance.ledger.append import append
from provenance.works.errors import WorkError
from provenance.works.models import PrivatePrompt, Reveal, Version

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

DAYS, MOST_DAYS = 7, 365
LONGEST_RECIPIENT = 200
LONGEST_TOKEN = 2000
_PURPOSE = "colophon.reveal"

REVEALED, REFUSED = "revealed", "refused"


@dataclass(frozen=True, kw_only=True)
class Revealed:
    """What a token shows of a file. ``standing`` is ``revealed`` or ``refused``; then ``code`` says why."""

    standing: str
    code: str
    text: str
    recipient: str = ""
    expires_at: str = ""
    commitment: str = ""
    prompt: str = ""
    negative_prompt: str = ""
    salt: str = ""

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def commit_to(version: Version, *, prompt: str, negative_prompt: str = "") -> str:
    """The commitment that stands for these words in *version*'s file; the same one each time it is asked.

    The words are committed to as they would have been written: cleaned (``text.clean``).
    """
    words = {"prompt": clean(prompt, lines=True), "negative_prompt": clean(negative_prompt, lines=True)}
    with transaction.atomic():
        known = PrivatePrompt.objects.filter(version=version, **words).first()
        if known is None:
            salt = new_salt()
            known = PrivatePrompt.objects.create(
                version=version, salt=salt, commitment=commit(salt=salt, **words), **words
            )
    return known.commitment


def reveal(version: Version, *, recipient: str, by: "AbstractBaseUser", days: int = DAYS) -> tuple[Reveal, str]:
    """Let *recipient* see the private words of *version* for *days*; the row and its token.

    Raises :class:`WorkError` ``not_yours``, ``prompt_not_private``, ``bad_recipient`` or ``bad_days``.
    """
    row, _created = reveal_once(version, recipient=recipient, by=by, days=days)
    return row, token_of(row)


def reveal_once(
    version: Version,
    *,
    recipient: str,
    by: "AbstractBaseUser",
    days: int = DAYS,
    idempotency_key: str | None = None,
) -> tuple[Reveal, bool]:
    """As :func:`reveal`: the row, and whether it is new. The same key and words give the same row again.

    Raises also ``bad_idempotency_key`` and ``idempotency_conflict``.
    """
    name = clean(recipient).strip()
    if version.work.owner_id != by.pk:
        raise WorkError("not_yours", _("Only the owner of a work can show its prompt to somebody."))
    if not name or len(name) > LONGEST_RECIPIENT:
        sentence = _("Name the recipient, in at most %(limit)d characters.") % {"limit": LONGEST_RECIPIENT}
        raise WorkError("bad_recipient", sentence, field="recipient")
    if not 1 <= days <= MOST_DAYS:
        raise WorkError("bad_days", _("Choose from 1 to %(limit)d days.") % {"limit": MOST_DAYS}, field="days")
    mine = Reveal.objects.filter(version=version)
    request = once(mine=mine, key=idempotency_key, body={"recipient": name, "days": days}, refuse=WorkError)
    if (earlier := request.earlier()) is not None:
        return earlier, False
    commitments = sorted(version.private_prompts.values_list("commitment", flat=True))
    if not commitments:
        raise WorkError("prompt_not_private", _("The prompt of this picture is not private: its file tells it."))

    def create() -> Reveal:
        until = timezone.now() + timedelta(days=days)
        row = Reveal.objects.create(version=version, recipient=name, expires_at=until, **request.columns)
        append(
            key=f"reveal:{row.pk}",
            kind="prompt.reveal",
            subject=version.pk,
            actor=by,
            payload={"reveal": str(row.pk), "until": row.expires_at.isoformat(), "commitments": commitments},
            personal={"recipient": name},
        )
        return row

    return request.make(create)


def revoke(row: Reveal, *, by: "AbstractBaseUser") -> None:
    """Take leave back. A second time changes nothing."""
    with transaction.atomic():
        if Reveal.objects.filter(pk=row.pk, revoked_at__isnull=True).update(revoked_at=timezone.now()):
            append(
                key=f"reveal-withdrawn:{row.pk}",
                kind="prompt.reveal_withdrawn",
                subject=row.version_id,
                actor=by,
                payload={"reveal": str(row.pk)},
            )


def token_of(row: Reveal) -> str:
    """The token of *row*, signed with this service's secret; it holds a name and a day, no words."""
    said = {"id": str(row.pk), "to": row.recipient, "until": row.expires_at.astimezone(UTC).isoformat()}
    return signing.Signer(salt=_PURPOSE).sign_object(said, compress=True)


def open_with(token: str, *, commitments: Iterable[str], intact: bool) -> Revealed:
    """What *token* shows of a file whose credential holds *commitments*. Never raises because of either.

    The words are shown only when the file's own, intact credential commits to them.
    """
    found = _row(token)
    if isinstance(found, Revealed):
        return found
    known = {"recipient": found.recipient, "expires_at": found.expires_at.isoformat()}
    if found.revoked_at:
        return _refused("reveal_withdrawn", _("This leave was withdrawn by the owner."), **known)
    if found.expires_at <= timezone.now():
        return _refused("reveal_expired", _("This leave has expired: ask the owner for a new one."), **known)
    if not intact:
        sentence = _("The credential of this file does not hold, so nothing is shown with it.")
        return _refused("reveal_needs_intact_file", sentence, **known)
    for private in PrivatePrompt.objects.filter(commitment__in=set(commitments), version_id=found.version_id):
        words = {"prompt": private.prompt, "negative_prompt": private.negative_prompt}
        salt = bytes(private.salt)
        if opens(private.commitment, salt=salt, **words):
            text = _("Revealed to %(recipient)s: the words fit the commitment in the file.") % {
                "recipient": found.recipient
            }
            return Revealed(
                standing=REVEALED,
                code=REVEALED,
                text=text,
                commitment=private.commitment,
                salt=salt.hex(),
                **words,
                **known,
            )
    if not found.version.private_prompts.exists():
        return _refused("reveal_erased", _("The words were erased; nobody can show them any more."), **known)
    return _refused("reveal_of_another_file", _("This leave is for another file."), **known)


def _row(token: str) -> Reveal | Revealed:
    """The reveal a token stands for, or why there is none."""
    unknown = _refused("reveal_unknown", _("This is no leave given by this service."))
    if len(token) > LONGEST_TOKEN:
        return unknown
    try:
        said = signing.Signer(salt=_PURPOSE).unsign_object(token.strip())
        row = Reveal.objects.select_related("version").get(pk=UUID(said["id"]))
        until = datetime.fromisoformat(said["until"])
    except (signing.BadSignature, Reveal.DoesNotExist, ValueError, KeyError, TypeError):
        return unknown
    return row if until == row.expires_at and said.get("to") == row.recipient else unknown


def _refused(code: str, text: str, **known: str) -> Revealed:
    return Revealed(standing=REFUSED, code=code, text=text, **known)
