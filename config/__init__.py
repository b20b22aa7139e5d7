"""Plumbing: settings, URLs, the Celery application, system checks. Nothing here decides anything."""

from config.celery import app as celery_app

__all__ = ["celery_app"]
