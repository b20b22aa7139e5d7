"""Open the case of a version that is held."""

from provenance.review.models import Case
from provenance.works.models import Version


def open_case(version: Version, *, reason: str) -> Case:
    """The version's one case; called inside the transaction that holds it."""
    case, _created = Case.objects.get_or_create(version=version, defaults={"reason": reason})
    return case
