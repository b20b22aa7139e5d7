"""The Celery application: ``celery -A config worker -Q gpu``."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("colophon")
app.config_from_object("django.conf:settings", namespace="CELERY")
