"""Maintenance of artists' works."""

from celery import shared_task

from provenance.artists import withdraw


@shared_task(ignore_result=True)
def remove_withdrawn() -> int:
    """Remove what artists withdrew. Returns how many works went."""
    return withdraw.remove_withdrawn()
