"""A title can be seen, or is refused with a sentence, on the page as over the API."""

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.test import Client
from rest_framework.test import APIClient

from provenance.works.models import Work
from provenance.works.titles import validate_title
from tests.factories import make_work

INVISIBLE = ["\u200b", "\u200d\u2060\ufeff", "\u00ad", "\u3164", "\u115f\u1160", "\u2800", "\u034f", "\ufe0f", "\u202e"]


@pytest.fixture
def work(creator: User) -> Work:
    return make_work(owner=creator, title="Harbour")


@pytest.mark.parametrize("title", ["a", "海", "é", "👩‍🚀", "\u200bx", "—", "لا", "क्षि"])
def test_what_can_be_seen_is_a_title(title: str) -> None:
    validate_title(title)


@pytest.mark.parametrize("title", INVISIBLE)
def test_a_title_of_nothing_is_refused_over_the_api(api: APIClient, work: Work, title: str) -> None:
    with pytest.raises(ValidationError):
        validate_title(title)
    api.force_authenticate(work.owner)

    answer = api.patch(f"/api/v1/works/{work.pk}/", {"title": title}, format="json")

    assert (answer.status_code, answer.json()["code"]) == (400, "title_invisible")
    assert answer.json()["errors"][0]["field"] == "title"
    assert Work.objects.get().title == "Harbour"


@pytest.mark.parametrize("title", INVISIBLE[:3])
def test_a_title_of_nothing_is_refused_on_the_page(client: Client, work: Work, title: str) -> None:
    client.force_login(work.owner)

    answer = client.post(f"/works/{work.pk}/title/", {"title": title})

    assert answer.status_code == 422
    assert "Nothing of this title can be seen" in answer.content.decode()
    assert Work.objects.get().title == "Harbour"
