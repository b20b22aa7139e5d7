"""The clock's part: sign the ledger now and then."""

from celery import shared_task

from provenance.ledger.checkpoint import checkpoint_if_due


@shared_task(ignore_result=True)
def sign_checkpoint() -> None:
    checkpoint_if_due()
