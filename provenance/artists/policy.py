"""What may be asked of a generator: nothing in the name of an artist who refuses that.

The engine calls :func:`check` by its name in settings (``REQUEST_POLICY``).
"""

from generation.errors import GenerationError
from similarity.errors import SimilarityError
from similarity.refusals import refusal_of_picture, refusal_of_prompt


def check(*, prompt: str, source: bytes | None = None) -> None:
    """Raise ``GenerationError`` ``artist_refused`` for a *prompt* that names such an artist, or a *source*
    (a file to begin from) that is the same picture as one of their works.

    What a picture must *not* show is no request in anybody's name: the negative prompt is not asked about.
    """
    if refusal := refusal_of_prompt(prompt):
        raise GenerationError("artist_refused", refusal.sentence, field="prompt", rewrite=refusal.rewrite)
    if source is None:
        return
    try:
        refusal = refusal_of_picture(source)
    except SimilarityError as error:
        raise GenerationError(error.code, error.message, permanent=error.permanent, field="source") from error
    if refusal:
        raise GenerationError("artist_refused", refusal.sentence, field="source")
