from django.apps import AppConfig


class ConfigConfig(AppConfig):
    name = "config"

    def ready(self) -> None:
        from config import checks  # noqa: F401  (registers them)
        from config.celery import app

        # Celery looks for tasks only in workers; a doorbell is rung by name from the web process too.
        app.autodiscover_tasks(force=True)
