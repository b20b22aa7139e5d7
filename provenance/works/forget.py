"""Forget a person: what the ledger knows of them by name, their account, and the words they kept out of their files."""

from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db import transaction

from generation.models import Job
from provenance.ledger.erase import erase_person
from provenance.works.editing.models import Edit
from provenance.works.models import PrivatePrompt, Reveal

# What stands in a row for words that are gone: an empty prompt is none that was ever asked for.
GONE = "(erased)"


@dataclass(frozen=True, kw_only=True)
class Forgotten:
    """``values`` of the ledger and ``prompts`` that were private are gone; the account is called ``alias`` now."""

    values: int
    prompts: int
    alias: str


def forget(username: str) -> Forgotten:
    """Erase the person called *username*, in one transaction.

    As :func:`erase_person`; and of their private prompts the words and salts, the jobs' and steps' own copies, and to
    whom they were revealed. Prompts that are not private stand in signed files that others have: they stay.

    Raises :class:`LedgerError` ``no_such_person``.
    """
    with transaction.atomic():
        pk = User.objects.filter(username=username).values_list("pk", flat=True).first()
        erased = erase_person(username)
        jobs = Job.objects.filter(owner_id=pk, private_prompt=True)
        for edit in Edit.objects.filter(job__in=jobs):
            edit.parameters |= {"prompt": GONE, "negative_prompt": ""}
            edit.save(update_fields=["parameters"])
        prompts = jobs.update(prompt=GONE, negative_prompt="")
        theirs = {"version__work__owner_id": pk}
        Reveal.objects.filter(**theirs).delete()
        PrivatePrompt.objects.filter(**theirs).delete()
    return Forgotten(values=erased.values, prompts=prompts, alias=erased.alias)
