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


def test_a_private_prompt_is_neither_shown_nor_found(office: Client, make_job: MakeJob) -> None:
    secret = make_job(prompt="a zebra cove", negative_prompt="zebra fog", private_prompt=True)
    told = make_job(prompt="a cove for all", negative_prompt="rain")
    render_next()
    render_next()

    for address in (
        *("/admin/generation/job/", f"/admin/generation/job/{secret.pk}/change/", "/admin/generation/output/"),
        f"/admin/generation/output/{secret.outputs.get().pk}/change/",
    ):
        assert "zebra" not in office.get(address).content.decode()
    page = office.get(f"/admin/generation/job/{told.pk}/change/").content.decode()
    assert "a cove for all" in page
    assert "rain" in page
    found = office.get("/admin/generation/job/?q=cove").context["cl"].queryset
    assert list(found) == [told]
