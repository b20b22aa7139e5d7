"""The admin watches, and cancels."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from generation.models import Job, ModelPassport, Output
from generation.render import render_next
from tests.generation.conftest import MakeJob


@pytest.fixture
def office(client: Client, db: None) -> Client:
    client.force_login(User.objects.create_superuser("root", "root@example.com", "correct horse battery"))
    return client


def test_every_list_and_page_opens(office: Client, make_job: MakeJob) -> None:
    job = make_job()
    render_next()

    for row in (job, Output.objects.get(), ModelPassport.objects.get()):
        base = f"/admin/generation/{row._meta.model_name}/"
        assert office.get(base).status_code == 200
        assert office.get(f"{base}{row.pk}/change/").status_code == 200
        assert office.get(f"{base}add/").status_code == 403
        assert office.post(f"{base}{row.pk}/delete/", {"post": "yes"}).status_code == 403
    assert Output.objects.count() == 1


def test_jobs_are_cancelled_from_the_list(office: Client, make_job: MakeJob) -> None:
    done = make_job()
    render_next()
    waiting = make_job()

    office.post(
        "/admin/generation/job/", {"action": "cancel_jobs", "_selected_action": [str(done.pk), str(waiting.pk)]}
    )

    assert [Job.objects.get(pk=job.pk).status for job in (done, waiting)] == ["succeeded", "cancelled"]
