"""Whether a request may be rendered at all: asked of whoever ``settings.REQUEST_POLICY`` names.

Asked when a request is stored, and again when a worker takes it up: what is refused may have changed since.
"""

from django.conf import settings
from django.utils.module_loading import import_string

from generation import blobs
from generation.models import Job


def check_request(*, prompt: str, source: bytes | None) -> None:
    """Raise ``GenerationError`` with the policy's code when *prompt*, or beginning from *source*, is refused."""
    if settings.REQUEST_POLICY:
        import_string(settings.REQUEST_POLICY)(prompt=prompt, source=source)


def check_job(job: Job) -> None:
    """The same of a stored job."""
    if settings.REQUEST_POLICY:
        check_request(prompt=job.prompt, source=blobs.get(job.source) if job.source else None)
