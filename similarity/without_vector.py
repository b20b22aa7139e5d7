"""How many works the encoder in force has not seen: nothing is compared with them."""

from django.conf import settings
from django.db.models import Exists, OuterRef, QuerySet

from similarity.encoder_files import LOCAL_DIR
from similarity.errors import SimilarityError
from similarity.models import Embedding, Reference


def encoder_in_force() -> str:
    """Its fingerprint, or nothing where that cannot be told without a model's library.

    Its files are not here, or it is named ``MODEL/PRETRAINED`` and only open_clip knows those (as in
    ``similarity.ready``).
    """
    if not settings.ENCODER.startswith(LOCAL_DIR):
        return ""
    from similarity.encoder import encoder_fingerprint

    try:
        return encoder_fingerprint()
    except SimilarityError:
        return ""


def without_vector(works: QuerySet[Reference], *, encoder: str = "") -> int | None:
    """How many of *works* have no vector of *encoder*, by default the one in force; None where that is not known."""
    encoder = encoder or encoder_in_force()
    if not encoder:
        return None
    seen = Embedding.objects.filter(reference=OuterRef("pk"), encoder=encoder)
    return works.filter(~Exists(seen)).count()
