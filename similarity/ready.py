"""Is there something to compare pictures with: this encoder's vectors, and an index made from them."""

from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _

from similarity import generations
from similarity.encoder_files import LOCAL_DIR
from similarity.errors import SimilarityError
from similarity.models import Embedding


def check_index() -> None:
    """Raise ``SimilarityError`` (``no_vectors``, ``index_missing`` or what an encoder raises) unless there is.

    An index that is behind the rows is well: the next search brings it up to date. No model is
    loaded. Of an encoder named ``MODEL/PRETRAINED`` only open_clip knows the files, and open_clip
    brings torch, so there any encoder's vectors will do.
    """
    vectors = Embedding.objects.all()
    if not settings.ENCODER.startswith(LOCAL_DIR):
        if not vectors.exists():
            raise _no_vectors()
        return
    from similarity.encoder import encoder_fingerprint

    encoder = encoder_fingerprint()
    if not vectors.filter(encoder=encoder).exists():
        raise _no_vectors()
    if not any(_is_of(path, encoder) for path in generations.generations(encoder)):
        raise SimilarityError(
            "index_missing", _("There is no index of this encoder's vectors. Run `manage.py rebuild_index`.")
        )


def _no_vectors() -> SimilarityError:
    return SimilarityError(
        "no_vectors",
        _("No known works were seen by this encoder. Run `manage.py load_catalogue` or `import_artworks`."),
    )


def _is_of(path: Path, encoder: str) -> bool:
    try:
        manifest = generations.read_manifest(path)
    except generations.Damaged:
        return False
    return manifest.encoder == encoder and manifest.kind == settings.VECTORS and manifest.count > 0
