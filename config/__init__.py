"""Plumbing: settings, URLs, the Celery application, system checks. Nothing here decides anything."""

from config.lean import UNUSED, load_leanly

load_leanly(UNUSED)

from config.celery import app as celery_app  # noqa: E402

__all__ = ["celery_app"]
