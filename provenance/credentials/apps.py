from django.apps import AppConfig


class CredentialsConfig(AppConfig):
    name = "provenance.credentials"
