"""One table says which status an error gets; pages and the API ask it alike."""

import pytest

from generation.errors import GenerationError
from provenance.credentials.errors import CredentialError
from provenance.review.errors import ReviewError
from provenance.web.status import STATUS_OF_CODE, status_of
from similarity.errors import SimilarityError


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (SimilarityError("file_too_large", "…"), 413),
        (SimilarityError("not_an_image", "…"), 415),
        (SimilarityError("truncated_image", "…"), 400),
        (SimilarityError("index_unwritable", "…", permanent=False), 503),
        (GenerationError("idempotency_conflict", "…"), 409),
        (GenerationError("disk_full", "…", permanent=False), 503),
        (CredentialError("trust_list_unreadable", "…"), 503),
        (ReviewError("own_work", "…"), 403),
        (ValueError("no code of ours"), 400),
    ],
)
def test_the_status_of_an_error(error: Exception, status: int) -> None:
    assert status_of(error) == status


def test_every_exception_is_a_refusal_of_the_request() -> None:
    assert {400 < status < 500 for status in STATUS_OF_CODE.values()} == {True}
