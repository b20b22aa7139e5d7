from django.apps import AppConfig


class ConfigConfig(AppConfig):
    name = "config"

    def ready(self) -> None:
        from config import checks  # noqa: F401  (registers them)
        from config.celery import app
        from config.lean import UNUSED_AFTER_MODELS, load_leanly

        load_leanly(UNUSED_AFTER_MODELS)
        # Celery looks for tasks only in workers; a doorbell is rung by name from the web process too.
        app.autodiscover_tasks(force=True)
