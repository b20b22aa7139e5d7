"""What an exported file is called when it is saved."""

from django.utils.text import slugify

from provenance.marking.encode import SUFFIXES
from provenance.works.models import Export


def file_name(made: Export) -> str:
    """``title-2-china.jpg``; ``title-2-china-unlabelled.jpg`` for a copy without the label its profile has."""
    title = slugify(made.version.work.title, allow_unicode=True)[:60] or "work"
    unlabelled = "-unlabelled" if made.agreement else ""
    return f"{title}-{made.version.number}-{made.profile}{unlabelled}.{SUFFIXES[made.media_type]}"
