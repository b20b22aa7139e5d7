"""The doorbell of the index."""

from celery import shared_task


@shared_task(ignore_result=True)
def publish_index() -> int:
    """Publish what changed since the newest generation, when it is much or a vector went; safe to run twice."""
    from similarity.publish_index import publish_due

    return publish_due()
