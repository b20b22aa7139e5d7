"""Which HTTP status an error of ours is answered with, on pages as in the API."""

from http import HTTPStatus

from provenance.credentials.errors import CredentialError

# Error codes that are not plain 400s.
STATUS_OF_CODE = {
    "file_too_large": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "not_an_image": HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    "unsupported_format": HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    "idempotency_conflict": HTTPStatus.CONFLICT,
    "already_finished": HTTPStatus.CONFLICT,
    "not_a_reviewer": HTTPStatus.FORBIDDEN,
    "own_work": HTTPStatus.FORBIDDEN,
    "not_yours": HTTPStatus.FORBIDDEN,
    "not_the_artist": HTTPStatus.FORBIDDEN,
    "no_address": HTTPStatus.CONFLICT,
    "too_few_pictures": HTTPStatus.CONFLICT,
    "calibration_decided": HTTPStatus.CONFLICT,
    "calibration_superseded": HTTPStatus.CONFLICT,
    "other_encoder": HTTPStatus.CONFLICT,
    "prompt_not_private": HTTPStatus.CONFLICT,
    "already_decided": HTTPStatus.CONFLICT,
    "audit_stands": HTTPStatus.CONFLICT,
    "audit_changed": HTTPStatus.CONFLICT,
    "sitting_closed": HTTPStatus.CONFLICT,
    "stale_revision": HTTPStatus.CONFLICT,
    "step_pending": HTTPStatus.CONFLICT,
    "too_many_steps": HTTPStatus.CONFLICT,
    "nothing_to_undo": HTTPStatus.CONFLICT,
    "nothing_to_redo": HTTPStatus.CONFLICT,
    "picture_not_ready": HTTPStatus.CONFLICT,
    "nothing_changed": HTTPStatus.CONFLICT,
    "file_gone": HTTPStatus.GONE,
    "artist_refused": HTTPStatus.FORBIDDEN,
    "own_claim": HTTPStatus.FORBIDDEN,
    "not_your_profile": HTTPStatus.FORBIDDEN,
    "artist_taken": HTTPStatus.CONFLICT,
    "already_claimed": HTTPStatus.CONFLICT,
    "already_gone": HTTPStatus.CONFLICT,
    "too_many_claims": HTTPStatus.CONFLICT,
    "storage_full": HTTPStatus.CONFLICT,
    "work_of_another": HTTPStatus.CONFLICT,
    "withdrawn_by_another": HTTPStatus.CONFLICT,
    "same_work": HTTPStatus.CONFLICT,
    "work_is_leaving": HTTPStatus.CONFLICT,
}


def status_of(error: Exception) -> int:
    """400 unless the error's ``code`` says otherwise; 503 for what is the operator's to mend, or passes by itself."""
    ours = isinstance(error, CredentialError) or not getattr(error, "permanent", True)
    status = STATUS_OF_CODE.get(getattr(error, "code", ""))
    return int(status or (HTTPStatus.SERVICE_UNAVAILABLE if ours else HTTPStatus.BAD_REQUEST))
