"""The sittings that led to a version: its own, and those of the versions behind it."""

from provenance.works.ancestry import DEEPEST
from provenance.works.editing.models import Sitting
from provenance.works.models import Version


def sittings_behind(version: Version) -> list[Sitting]:
    """Committed sittings, the version's own first, then its ancestors'."""
    found: list[Sitting] = []
    seen, level = {version.pk}, {version.pk}
    for _depth in range(DEEPEST):
        found += Sitting.objects.filter(version__in=level).order_by("-ended_at")
        level = set(Version.objects.filter(children__in=level).values_list("pk", flat=True)) - seen
        if not level:
            break
        seen |= level
    return found
