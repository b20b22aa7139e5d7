"""A refusal stops prompts and pictures to begin from, when they are asked for and when they are rendered."""

import io
import json
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.core.management.base import CommandError
from rest_framework.test import APIClient

from generation.errors import GenerationError
from generation.models import Job
from generation.render import render_next
from generation.submit import submit
from similarity.models import Artist, Reference
from tests.similarity.conftest import encoded, painting


@pytest.fixture
def refusing(monet: Artist) -> Artist:
    monet.naming = Artist.Naming.REFUSES
    monet.aliases = ["莫奈", "モネ", "Клод Моне", "كلود مونيه", "Κλωντ Μονέ"]
    monet.save()
    return monet


@pytest.mark.parametrize(
    "prompt",
    [
        "lilies in the style of Claude Monet",
        "莫奈的睡莲",
        "モネ風の庭",
        "сад в стиле Моне",
        "زنابق بأسلوب مونيه",
        "κήπος του Μονέ",
        "lilies, Ｍｏｎｅｔ",
        "lilies, Mo\u200bnet",
        "lilies, Mo\u00adnet",
        "lilies, M\u0301onet",
        "lilies, M\u043en\u0435t",
    ],
)
def test_a_prompt_in_their_name_is_refused(creator: User, refusing: Artist, prompt: str) -> None:
    with pytest.raises(GenerationError) as refused:
        submit(owner=creator, prompt=prompt)
    assert (refused.value.code, refused.value.field, refused.value.permanent) == ("artist_refused", "prompt", True)
    assert "Claude Monet" in refused.value.message
    assert refused.value.rewrite
    assert Job.objects.count() == 0
    submit(owner=creator, prompt=refused.value.rewrite)


@pytest.mark.parametrize(
    "prompt", ["Monetary policy poster", "a monument, demonetised", "コスモネット", "монета", "lilies by Manet"]
)
def test_a_look_alike_is_not(creator: User, refusing: Artist, prompt: str) -> None:
    submit(owner=creator, prompt=prompt)
    assert Job.objects.count() == 1


@pytest.mark.parametrize("naming", ["", "consents"])
def test_without_refusal_names_may_be_asked_for(creator: User, monet: Artist, naming: str) -> None:
    Artist.objects.update(naming=naming)
    submit(owner=creator, prompt="lilies by Claude Monet")
    assert Job.objects.count() == 1


def test_a_prompt_that_is_only_the_name_has_no_rewrite(creator: User, refusing: Artist) -> None:
    with pytest.raises(GenerationError) as refused:
        submit(owner=creator, prompt="Claude Monet")
    assert (refused.value.code, refused.value.rewrite) == ("artist_refused", "")


def test_what_shall_not_be_in_the_picture_is_no_request_in_their_name(creator: User, refusing: Artist) -> None:
    submit(owner=creator, prompt="lilies", negative_prompt="Claude Monet")
    assert Job.objects.count() == 1


def test_a_request_made_before_the_refusal_is_still_answered(creator: User, monet: Artist) -> None:
    job, _new = submit(owner=creator, prompt="lilies by Monet", idempotency_key="k")
    Artist.objects.update(naming="refuses")
    assert submit(owner=creator, prompt="lilies by Monet", idempotency_key="k") == (job, False)
    with pytest.raises(GenerationError):
        submit(owner=creator, prompt="lilies by Monet", idempotency_key="other")


@pytest.mark.django_db(transaction=True)
def test_a_refusal_between_request_and_render_stops_the_render() -> None:
    """Given two jobs of one batch, when one names an artist who refuses by now, then it fails and the other is made."""
    ada = User.objects.create_user("ada")
    monet = Artist.objects.create(slug="claude-monet", name="Claude Monet")
    named, _ = submit(owner=ada, prompt="lilies by Monet", on_finish="")
    other, _ = submit(owner=ada, prompt="lilies", on_finish="")
    monet.naming = "refuses"
    monet.save()

    assert render_next() == 2

    named.refresh_from_db()
    other.refresh_from_db()
    assert (named.status, named.error_code) == ("failed", "artist_refused")
    assert "Claude Monet" in named.error
    assert named.outputs.count() == 0
    assert (other.status, other.outputs.count()) == ("succeeded", 1)


def begun_from(picture_seed: int, **changes: object) -> dict[str, object]:
    picture = painting(picture_seed, size=(96, 80))
    return {"operation": "img2img", "source": encoded(picture), "strength": 0.5, **changes}


def test_a_picture_that_is_one_of_their_works_is_nothing_to_begin_from(creator: User, refusing: Artist) -> None:
    from similarity.fingerprint import image_code

    Reference.objects.create(
        artist=refusing, title="Lilies", sha256="0" * 64, fingerprint=image_code(painting(1, size=(96, 80)))
    )
    with pytest.raises(GenerationError) as refused:
        submit(owner=creator, prompt="a garden", **begun_from(1))  # type: ignore[arg-type]
    assert (refused.value.code, refused.value.field) == ("artist_refused", "source")
    assert "Lilies" in refused.value.message
    assert Job.objects.count() == 0

    submit(owner=creator, prompt="a garden", **begun_from(2))  # type: ignore[arg-type]
    Artist.objects.update(naming="")
    submit(owner=creator, prompt="a garden", **begun_from(1))  # type: ignore[arg-type]
    assert Job.objects.count() == 2


def test_the_api_tells_code_field_and_rewrite(api: APIClient, creator: User, refusing: Artist) -> None:
    api.force_authenticate(creator)
    answer = api.post("/api/v1/jobs/", {"prompt": "a harbour by Monet, at dusk"}, format="json")
    body = answer.json()
    assert (answer.status_code, body["code"], body["rewrite"]) == (403, "artist_refused", "a harbour, at dusk")
    assert body["errors"][0]["field"] == "prompt"


def test_the_command_says_why(refusing: Artist, tmp_path: Path) -> None:
    said = io.StringIO()
    with pytest.raises(CommandError, match="artist_refused: Claude Monet does not want"):
        call_command("generate", "a harbour by Monet, at dusk", "--json", "--out", str(tmp_path), stdout=said)
    assert json.loads(said.getvalue())["error_code"] == "artist_refused"
    assert Job.objects.count() == 0
