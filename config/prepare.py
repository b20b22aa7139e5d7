"""Everything a data folder needs before the service can start; each step does nothing the second time."""

from django.core.management import call_command
from django.core.management.base import OutputWrapper


def prepare(*, stdout: OutputWrapper) -> None:
    """Tables, static files, a signer, the reference catalogue and its index."""
    stdout.write("Preparing: tables, static files, signer, reference catalogue …")
    call_command("migrate", interactive=False, verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    call_command("create_signer", stdout=stdout)
    call_command("load_catalogue", stdout=stdout)
