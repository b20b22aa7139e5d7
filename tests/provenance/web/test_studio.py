"""Asking for pictures, watching them, and stopping them, through the pages."""

import uuid

import pytest
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from generation.models import Job
from provenance.web.forms import GenerateForm
from provenance.works.models import Version
from tests import factories
from tests.provenance.web.html import Page

STUDIO = "/studio/"
HTMX = {"HX-Request": "true", "Accept-Language": "en"}


@pytest.fixture
def ada(client: Client, creator: User) -> Client:
    client.force_login(creator)
    return client


def ask(client: Client, htmx: bool = True, /, **fields: str) -> HttpResponse:
    body = {"prompt": "a harbour", "model": "colophon-mini", "count": "1", "key": str(uuid.uuid4()), **fields}
    return client.post(STUDIO, body, headers=HTMX if htmx else {"Accept-Language": "en"})  # type: ignore[return-value]


def test_a_request_becomes_a_job_and_the_form_stays(ada: Client, creator: User) -> None:
    """Given a filled form, when it is sent, then there is one job, its card, and the words are still there."""
    response = ask(ada, prompt="a harbour, at dusk", seed="7", count="2", steps="12")

    job = Job.objects.get()
    assert (job.owner, job.prompt, job.seed, job.count, job.steps) == (creator, "a harbour, at dusk", "7", 2, 12)
    assert response.status_code == 200
    assert response["HX-Push-Url"] == f"{STUDIO}?job={job.pk}"
    page = Page(response.content.decode())
    assert page.problems == []
    assert "a harbour, at dusk" in page.text
    assert [field["value"] for field in page.all("input") if field.get("name") == "seed"] == ["7"]
    assert "Waiting for its turn" in page.text


def test_without_scripts_the_request_leads_to_its_page(ada: Client) -> None:
    response = ask(ada, False)

    assert response.status_code == 302
    assert response["Location"] == f"{STUDIO}?job={Job.objects.get().pk}"


def test_two_clicks_are_one_request(ada: Client) -> None:
    key = str(uuid.uuid4())

    ask(ada, key=key)
    ask(ada, key=key)

    assert Job.objects.count() == 1


def test_an_old_key_with_new_words_is_a_new_request(ada: Client) -> None:
    """The browser's Back button brings the old hidden key back."""
    key = str(uuid.uuid4())

    ask(ada, key=key)
    response = ask(ada, key=key, prompt="something else")

    assert response.status_code == 200
    assert sorted(Job.objects.values_list("prompt", flat=True)) == ["a harbour", "something else"]


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("prompt", "", "This field is required."),
        ("prompt", "   ", "The prompt is empty."),
        ("prompt", "x" * 10_000, "10000 characters"),
        ("prompt", "a\x00b", "Null characters are not allowed."),
        ("prompt", "a\x07b", "control characters"),
        ("prompt", "a\u202eb", "cannot be seen"),
        ("negative_prompt", "a\x07b", "control characters"),
        ("model", "nobody/nothing", "Select a valid choice."),
        ("count", "0", "greater than or equal to 1"),
        ("count", "10000", "from 1 to"),
        ("count", "many", "Enter a whole number."),
        ("seed", "-1", "A seed is a whole number"),
        ("seed", "18446744073709551616", "A seed is a whole number"),
        ("seed", "9" * 21, "at most 20 characters"),
        ("seed", "seven", "A seed is a whole number"),
        ("width", "63", "must be multiples of"),
        ("height", "100000", "must be multiples of"),
        ("steps", "9999", "from 1 to"),
        ("guidance", "nan", "Enter a number."),
        ("guidance", "1e9", "from 0 to"),
    ],
)
def test_what_is_wrong_is_said_at_the_field_and_nothing_is_stored(
    ada: Client, field: str, value: str, sentence: str
) -> None:
    response = ask(ada, **{field: value})

    assert response.status_code == 422
    assert list(response.context["form"].errors) == [field]  # type: ignore[attr-defined]
    page = Page(response.content.decode())
    assert page.problems == []
    assert sentence in page.text
    control = next(it for tag, it in page.tags if it.get("name") == field)
    assert control["aria-invalid"] == "true"
    assert f"id_{field}_error" in str(control["aria-describedby"]).split()
    assert not Job.objects.exists()


def test_the_card_is_sent_only_when_it_has_changed(ada: Client, creator: User) -> None:
    """Given a running job, when the card asks again, then it gets nothing until a step is done."""
    job = factories.make_job(owner=creator, status=Job.Status.RUNNING, step=3, steps=20)
    first = ada.get(reverse("web:job", args=[job.pk]), headers=HTMX)
    (article,) = Page(first.content.decode()).all("article")
    question = str(article["hx-get"])

    unchanged = ada.get(question, headers=HTMX)
    Job.objects.update(step=4)
    changed = ada.get(question, headers=HTMX)

    assert article["hx-trigger"] == "every 500ms"
    assert (unchanged.status_code, unchanged.content) == (204, b"")
    assert "step 4 of 20" in changed.content.decode()
    (bar,) = Page(changed.content.decode()).all("progress")
    assert (bar["value"], bar["max"]) == ("4", "20")


@pytest.mark.parametrize(
    ("version", "sentence"),
    [(None, "Comparing"), (Version.Status.RENDERED, "Comparing"), (Version.Status.AUDITED, "Signing")],
)
def test_the_stages_after_rendering_are_told(ada: Client, creator: User, version: str | None, sentence: str) -> None:
    job = factories.make_job(owner=creator, status=Job.Status.SUCCEEDED)
    if version:
        factories.make_version(work=factories.make_work(owner=creator, job=job), status=version)

    response = ada.get(reverse("web:job", args=[job.pk]), headers=HTMX)

    assert sentence in response.content.decode()
    assert "hx-trigger" in response.content.decode()


def test_polling_ends_with_the_pictures(ada: Client, creator: User) -> None:
    work = factories.make_work(owner=creator)
    version = factories.make_version(work=work)
    held = factories.make_version(work=work, number=2, status=Version.Status.HELD)

    page = Page(ada.get(reverse("web:job", args=[work.job_id]), headers=HTMX).content.decode())

    assert "hx-trigger" not in page.all("article")[0]
    assert [image["src"] for image in page.all("img")] == [reverse("web:version-file", args=[version.pk])]
    assert str(held.pk) not in str(page.tags)
    assert "waiting for a reviewer" in page.text


def test_a_failed_job_says_why_and_can_be_tried_again(ada: Client, creator: User) -> None:
    job = factories.make_job(
        owner=creator, status=Job.Status.FAILED, error_code="out_of_memory", error="Ask for a smaller size.", steps=31
    )

    shown = ada.get(STUDIO, {"job": str(job.pk)}, headers={"Accept-Language": "en"}).content.decode()
    again = Page(ada.get(STUDIO, {"again": str(job.pk)}).content.decode())

    assert "Ask for a smaller size." in shown
    assert f"?again={job.pk}" in shown
    typed = {str(it.get("name")): it.get("value") for it in again.all("input")}
    assert (typed["seed"], typed["width"], typed["height"], typed["steps"]) == (job.seed, "64", "48", "31")


def test_what_the_model_does_by_itself_is_not_repeated(creator: User) -> None:
    from generation.model_folder import passport_of

    model = passport_of("colophon-mini")
    job = factories.make_job(
        owner=creator, width=model.native_size, height=model.native_size, steps=model.default_steps, guidance=1.25
    )

    typed = GenerateForm.settings_of(job)

    assert not {"width", "height", "steps"} & set(typed)
    assert typed["guidance"] == 1.25


def test_a_waiting_job_is_cancelled_at_once(ada: Client, creator: User) -> None:
    job = factories.make_job(owner=creator)

    response = ada.post(reverse("web:cancel-job", args=[job.pk]), headers=HTMX)

    job.refresh_from_db()
    assert job.status == Job.Status.CANCELLED
    assert "Cancelled. Nothing was kept." in response.content.decode()


def test_a_job_that_has_just_ended_stays_as_it_is(ada: Client, creator: User) -> None:
    job = factories.make_job(owner=creator, status=Job.Status.SUCCEEDED)

    response = ada.post(reverse("web:cancel-job", args=[job.pk]), headers=HTMX)

    job.refresh_from_db()
    assert (job.status, job.cancel_requested) == (Job.Status.SUCCEEDED, False)
    assert "already ended" in response.content.decode()


@pytest.mark.parametrize("name", ["web:job", "web:cancel-job"])
def test_a_stranger_sees_and_stops_nothing(client: Client, creator: User, stranger: User, name: str) -> None:
    job = factories.make_job(owner=creator)
    client.force_login(stranger)

    response = client.generic("POST" if "cancel" in name else "GET", reverse(name, args=[job.pk]), headers=HTMX)

    job.refresh_from_db()
    assert response.status_code == 404
    assert job.status == Job.Status.QUEUED
    for question in ("job", "again"):
        page = client.get(STUDIO, {question: str(job.pk)}).content.decode()
        assert 'id="job"' not in page
        assert job.prompt not in page


def test_a_get_cancels_nothing(ada: Client, creator: User) -> None:
    job = factories.make_job(owner=creator)

    assert ada.get(reverse("web:cancel-job", args=[job.pk])).status_code == 405

    job.refresh_from_db()
    assert job.status == Job.Status.QUEUED


@pytest.mark.parametrize("text", ["", "x", "00000000-0000-0000-0000-000000000000"])
def test_a_job_nobody_has_is_no_error(ada: Client, text: str) -> None:
    assert ada.get(STUDIO, {"job": text, "again": text}).status_code == 200


def test_a_browser_lets_through_what_the_service_takes(ada: Client) -> None:
    """Browsers count a number field's steps from its minimum."""
    page = Page(ada.get(STUDIO).content.decode())
    fields = {str(it.get("name")): it for it in page.all("input")}

    for name in ("width", "height"):
        assert (256 - int(str(fields[name]["min"]))) % int(str(fields[name]["step"])) == 0
