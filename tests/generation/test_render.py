"""Rendering: what a claimed job becomes, alone and beside others."""

from generation import blobs
from generation.models import Job, ModelPassport, Output
from generation.render import render_next
from tests.generation.conftest import MakeJob


def test_nothing_waits(db: None) -> None:
    assert render_next() == 0


def test_a_job_becomes_its_outputs(make_job: MakeJob) -> None:
    job = make_job(count=3, seed=2**64 - 2)

    assert render_next() == 1

    job.refresh_from_db()
    assert (job.status, job.step, job.attempts, job.lease_owner, job.lease_until) == ("succeeded", 2, 0, "", None)
    assert job.passport == ModelPassport.objects.get()
    outputs = list(job.outputs.all())
    assert [output.position for output in outputs] == [0, 1, 2]
    assert [output.seed for output in outputs] == ["18446744073709551614", "18446744073709551615", "0"]
    assert all(blobs.get(output.blob).startswith(b"\x89PNG") for output in outputs)
    assert len({output.sha256 for output in outputs}) == 3
