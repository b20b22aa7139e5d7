"""Make a generation of what every reader otherwise keeps in its own memory."""

from similarity import generations
from similarity.build_index import build_index
from similarity.errors import SimilarityError
from similarity.models import IndexChange
from similarity.watermark import changes_after

# Fewer changes than this cost a search less than a millisecond.
PUBLISHED_AFTER = 500


def publish_due() -> int:
    """Build the index of every encoder that has one and has changed enough since, or has lost a vector; how many.

    Safe to run twice, and beside other builders. Raises ``SimilarityError`` as ``build_index``, once every encoder
    has had its turn.
    """
    built, failed = 0, None
    for encoder, number in IndexChange.objects.values_list("encoder", "number"):
        newest = next(iter(generations.generations(encoder)), None)
        if newest is None:
            continue  # nobody searches it here; whoever does builds it
        made_at = generations.watermark_in(newest)
        if made_at >= number:
            continue
        few = changes_after(encoder, made_at, up_to=number, most=PUBLISHED_AFTER)
        if few is not None and not few[2]:  # and nothing was withdrawn
            continue
        try:
            dimension = generations.read_manifest(newest).dimension
        except generations.Damaged:
            continue  # the next reader takes it away
        try:
            build_index(encoder=encoder, dimension=dimension)
        except SimilarityError as error:
            failed = failed or error
            continue
        built += 1
    if failed is not None:
        raise failed
    return built
