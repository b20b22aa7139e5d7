from django.apps import AppConfig


class MarkingConfig(AppConfig):
    name = "provenance.marking"
