"""A person is forgotten: what they kept to themselves goes with their name, what others rely on stays."""

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command

from generation.models import Job
from provenance.ledger.verify import verify_ledger
from provenance.works.forget import GONE
from provenance.works.models import PrivatePrompt, Reveal, Version
from provenance.works.receive import record_request
from provenance.works.reveal import commit_to, open_with, reveal, token_of
from tests.factories import make_calibration, make_job, make_passport, make_version, make_work

pytestmark = pytest.mark.django_db
SECRET = "the dragon of the third chapter"


def private_version(owner: User) -> Version:
    job = make_job(owner=owner, status="succeeded", passport=make_passport(), private_prompt=True, prompt=SECRET)
    record_request(job)
    version = make_version(work=make_work(owner=owner, job=job))
    commit_to(version, prompt=SECRET)
    return version


def test_private_words_are_gone_for_good(creator: User, stranger: User) -> None:
    mine, theirs = private_version(creator), private_version(stranger)
    row, _token = reveal(mine, recipient="Ben", by=creator)
    open_job = make_job(owner=creator, prompt="a harbour that everybody may know of")

    call_command("ledger", "erase-person", creator.username, "--yes")

    assert Job.objects.get(work=mine.work_id).prompt == GONE
    assert Job.objects.get(pk=open_job.pk).prompt == open_job.prompt
    assert not PrivatePrompt.objects.filter(version=mine).exists()
    assert not Reveal.objects.exists()
    assert open_with(token_of(row), commitments=[], intact=True).code == "reveal_unknown"
    assert Job.objects.get(work=theirs.work_id).prompt == SECRET
    assert PrivatePrompt.objects.get().version == theirs
    assert verify_ledger().breaks == []


def test_who_decided_about_a_calibration_is_forgotten(creator: User, stranger: User) -> None:
    mine = make_calibration(decided_by=creator.username, reason="more artists")
    theirs = make_calibration(decided_by=stranger.username, state="retired")

    call_command("ledger", "erase-person", creator.username, "--yes")

    mine.refresh_from_db()
    theirs.refresh_from_db()
    assert (mine.decided_by, mine.reason, theirs.decided_by) == (GONE, "more artists", stranger.username)
