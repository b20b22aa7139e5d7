"""Trusted time (RFC 3161): taken when signing if the authority answers, added later if it did not.

A timestamp says that the signature was there before the certificate expired; without one, a file's
credential reads as *expired* once that day has passed. An authority that does not answer must not stop a
picture: it is signed at once without, and :func:`update` adds the time by an update manifest (C2PA 2.4
§11.2.3, ``c2pa.time-stamp`` §18.17) which changes nothing of what was said before.
"""

import io
import threading
import time
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

from provenance.credentials.errors import CredentialError
from provenance.credentials.manifest import SPEC_VERSION
from provenance.credentials.offline import OFFLINE
from provenance.credentials.signer import load, new_context

# After a failure the authority is left alone for so long, in this process: a picture must not wait for it.
REST_SECONDS = 60.0
TIME_STAMP = "c2pa.time-stamp"
NONE, TAKEN, DUE, IMPOSSIBLE = "", "taken", "due", "impossible"

_lock = threading.Lock()
_rests: dict[str, float] = {}


def answers() -> bool:
    """Whether it is worth asking the authority now: one is configured and has not failed a moment ago."""
    if not settings.TSA_URL:
        return False
    with _lock:
        return _rests.get(settings.TSA_URL, 0.0) <= time.monotonic()


def rest() -> None:
    """It did not answer: leave it alone for :data:`REST_SECONDS`."""
    with _lock:
        _rests[settings.TSA_URL] = time.monotonic() + REST_SECONDS


def wake() -> None:
    """Ask it again, whatever happened before."""
    with _lock:
        _rests.pop(settings.TSA_URL, None)


def update(data: bytes, *, media_type: str, title: str, generator: dict[str, str]) -> bytes:
    """*data*, a file signed here, with an update manifest that stamps the time of its signature.

    *title* and *generator* (name, version) are those of the file. The caller reads the result back.
    Raises :class:`CredentialError` ``timestamp_failed`` (not permanent) and as the signer does.
    """
    import c2pa

    # The one host that may be asked while this file is open; the file's own wishes still count for nothing.
    place = urlsplit(settings.TSA_URL)
    core = {**OFFLINE["core"], "allowed_network_hosts": [f"{place.scheme}://{place.netloc}"]}
    stamping = {"enabled": True, "skip_existing": True, "fetch_scope": "parent"}
    context = new_context(
        load(), tsa=settings.TSA_URL, core=core, thumbnail={"enabled": False}, auto_timestamp_assertion=stamping
    )
    target = io.BytesIO()
    try:
        builder = c2pa.Builder(_definition(media_type=media_type, title=title, generator=generator), context)
        builder.set_intent(c2pa.C2paBuilderIntent.UPDATE)
        parent = {"label": "parent", "title": title, "relationship": "parentOf"}
        builder.add_ingredient(parent, media_type, io.BytesIO(data))
        builder.sign(media_type, io.BytesIO(data), target)
    except c2pa.C2paError as error:
        rest()
        raise failed(error) from error
    return target.getvalue()


def failed(error: Exception) -> CredentialError:
    return CredentialError(
        "timestamp_failed",
        _("The timestamp authority did not answer as it should; it is asked again later."),
        permanent=False,
        note=f"{settings.TSA_URL}: {error}",
    )


def _definition(*, media_type: str, title: str, generator: dict[str, str]) -> dict[str, Any]:
    """Opened, and nothing else: what an update manifest may say (§11.2.3)."""
    opened = {
        "action": "c2pa.opened",
        "when": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "parameters": {"ingredientIds": ["parent"]},
    }
    actions = {"actions": [opened], "allActionsIncluded": True}
    return {
        "claim_version": 2,
        "claim_generator_info": [{**generator, "specVersion": SPEC_VERSION}],
        "title": title,
        "format": media_type,
        "assertions": [{"label": "c2pa.actions.v2", "data": actions, "created": True}],
    }
