"""The implicit label of GB 45438-2025 (annex): ``TC260:AIGC``, one line of JSON, written strictly. Pure.

Reading is lenient and lives in ``generators.py``: others write longer numbers, other names and wrappings.
"""

import json
import re

from django.utils.translation import gettext as _

from provenance.marking.errors import MarkingError

GENERATED = "1"  # 2 is "possibly" and 3 "suspected": for those who pass on what they did not make
LONGEST_NUMBER = 32  # bytes, of ProduceID and PropagateID
_ALLOWED = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]*")


def writable(text: str) -> bool:
    """Whether *text* keeps to the characters the standard allows: 0x21–0x7E without ``"`` and ``\\``."""
    return _ALLOWED.fullmatch(text) is not None


def aigc(*, producer: str, produce_id: str, integrity: str = "") -> str:
    """The value of ``TC260:AIGC`` as the one who generated the content first writes it.

    *producer* is the provider's code, *produce_id* the content's number (at most 32 bytes),
    *integrity* the producer's own check value (``ReservedCode1``). On first writing the producer is
    also who passes it on, so the propagator's fields repeat the producer's.

    Raises :class:`MarkingError`: ``provider_code_missing``, ``provider_code_invalid`` or
    ``content_number_invalid``.
    """
    if not producer:
        raise MarkingError(
            "provider_code_missing",
            _("The mark for China names the provider by a code. Ask the operator to set COLOPHON_PROVIDER_CODE."),
        )
    if not (writable(producer) and writable(integrity)):
        raise MarkingError(
            "provider_code_invalid",
            _("The provider code may hold only ASCII characters without spaces, quotation marks and backslashes."),
        )
    if not produce_id or not writable(produce_id) or len(produce_id) > LONGEST_NUMBER:
        raise MarkingError(
            "content_number_invalid",
            _("The content number must be 1 to 32 ASCII characters without spaces, quotation marks and backslashes."),
        )
    fields = {
        "Label": GENERATED,
        "ContentProducer": producer,
        "ProduceID": produce_id,
        "ReservedCode1": integrity,
        "ContentPropagator": producer,
        "PropagateID": produce_id,
        "ReservedCode2": integrity,
    }
    return json.dumps(fields, separators=(",", ":"))
