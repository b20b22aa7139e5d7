"""Everything a data folder needs before the service can start; each step does nothing the second time."""

from django.core.management import call_command
from django.core.management.base import CommandError, OutputWrapper


def prepare(*, stdout: OutputWrapper) -> None:
    """Tables, static files, a signer, the reference catalogue and its index."""
    stdout.write("Preparing: tables, static files, signer, reference catalogue …")
    call_command("migrate", interactive=False, verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    call_command("create_signer", stdout=stdout)
    try:
        call_command("load_catalogue", stdout=stdout)
    except CommandError as error:
        # Another encoder is a setting like any other: its works come by import_artworks or build_catalogue.
        if getattr(error.__cause__, "code", "") != "catalogue_encoder_mismatch":
            raise
        stdout.write(f"The reference catalogue was not loaded. {error}")
