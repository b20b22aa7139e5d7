"""A work's page: what it tells, and its title."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from provenance.review.decide import decide
from provenance.works.models import Version, Work
from provenance.works.reveal import commit_to
from similarity.models import Audit
from tests import factories
from tests.provenance.web.html import Page

ENGLISH = {"Accept-Language": "en"}


def shown(client: Client, work: Work, **query: str) -> Page:
    response = client.get(reverse("web:work", args=[work.pk]), query, headers=ENGLISH)
    assert response.status_code == 200
    page = Page(response.content.decode())
    page.text = " ".join(page.text.split())
    return page


def test_the_colophon_tells_how_it_was_made(client: Client, creator: User) -> None:
    """Given a published version, when its page is opened, then prompt, model, seed and steps stand there in words."""
    work = factories.make_work(owner=creator)
    factories.make_version(work=work)
    client.force_login(creator)

    page = shown(client, work)

    assert (
        "by colophon-mini, with seed 18446744073709551615, in 20 steps at guidance 4.5. "
        "Nothing was changed by hand since." in page.text
    )
    assert "signed by Colophon development signer" in page.text
    assert "the signer is not on a list of those trusted" in page.text
    assert "ab" * 32 in page.text


def test_without_a_calibration_nothing_is_judged(client: Client, creator: User) -> None:
    work = factories.make_work(owner=creator)
    factories.make_version(work=work)
    client.force_login(creator)

    page = shown(client, work)

    assert "Compared with 4321 works. No calibration is in force for this encoder and pictures of this" in page.text
    assert "so nothing is judged." in page.text
    assert "Claude Monet, Impression 0.710" in page.text
    assert [bar["width"] for bar in page.all("rect") if bar["class"] == "bar"] == ["64", "71"]


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"outcome": Audit.Outcome.FAILED, "error": "The index is missing."}, "That is not a clearance. The index is"),
        ({"outcome": Audit.Outcome.STYLE_MATCH, "artist_name": "Vincent"}, "Resembles the style of Vincent"),
        ({"outcome": Audit.Outcome.AMBIGUOUS}, "No single one stands out."),
        (
            {"outcome": Audit.Outcome.NO_KNOWN_ARTIST},
            "can be there and be too weak to show. That says nothing about artists whose works are not",
        ),
        ({"outcome": Audit.Outcome.INSUFFICIENT_REFERENCES, "references": 1}, "Compared with 1 work. No judgement"),
        (
            {"outcome": Audit.Outcome.NO_KNOWN_ARTIST, "references": 1, "artists_compared": 1},
            "No artist on record stands out Compared with 1 work by 1 artist. A resemblance can be there",
        ),
        (
            {"outcome": Audit.Outcome.NOT_CALIBRATED, "references": 10171, "artists_compared": 136},
            "Compared with 10171 works by 136 artists. No calibration is in force",
        ),
        (
            {"named_in_prompt": [{"artist": "Claude Monet"}, {"artist": "Ma Yuan"}]},
            "Named in the prompt Claude Monet, Ma Yuan",
        ),
        (
            {"outcome": Audit.Outcome.COPY, "copy_of": {"artist": "Homer", "title": "Fog", "method_code": "same_file"}},
            "Artist Homer Title Fog Matched by the same file, byte for byte",
        ),
    ],
)
def test_each_outcome_has_its_words(client: Client, creator: User, fields: dict[str, object], sentence: str) -> None:
    work = factories.make_work(owner=creator)
    factories.make_version(work=work, audit=factories.make_audit(**fields))
    client.force_login(creator)

    assert sentence in shown(client, work).text


def test_a_held_picture_is_not_shown_to_its_owner(client: Client, creator: User, reviewer: User) -> None:
    work = factories.make_work(owner=creator)
    version = factories.make_version(work=work, status=Version.Status.HELD)
    factories.make_case(version=version)
    address = reverse("web:version-file", args=[version.pk])

    client.force_login(creator)
    own = shown(client, work)
    client.force_login(reviewer)
    reviewed = shown(client, work)

    assert "held until a reviewer has looked at it" in own.text
    assert address not in [image.get("src") for image in own.all("img")]
    assert address in [image.get("src") for image in reviewed.all("img")]
    assert "download" not in own.ids


def test_an_unfinished_work_asks_again_by_itself(client: Client, creator: User) -> None:
    work = factories.make_work(owner=creator)
    version = factories.make_version(work=work, status=Version.Status.AUDITED)
    client.force_login(creator)

    assert shown(client, work).all("article")[0]["hx-trigger"] == "every 1s"
    Version.objects.filter(pk=version.pk).update(status=Version.Status.FAILED, error_code="x", error="No space left.")
    ended = shown(client, work)
    assert "hx-trigger" not in ended.all("article")[0]
    assert "No space left." in ended.text


def test_the_filmstrip_chooses_a_version(client: Client, creator: User) -> None:
    work = factories.make_work(owner=creator)
    versions = [factories.make_version(work=work, number=number) for number in (1, 2, 3)]
    client.force_login(creator)

    for asked, number in (("2", 2), ("99", 1), ("x", 1)):
        current = [link for link in shown(client, work, version=asked).all("a") if link.get("aria-current") == "true"]
        assert [link["href"] for link in current] == [f"?version={number}"]
    assert len(versions) == 3


def test_prompts_are_text_not_markup(client: Client, creator: User) -> None:
    prompt = "<script>alert(1)</script><img src=x onerror=y>"
    work = factories.make_work(owner=creator, job=factories.make_job(owner=creator, prompt=prompt), title=prompt)
    factories.make_version(work=work)
    client.force_login(creator)

    page = shown(client, work)

    assert prompt in page.text
    assert page.problems == []


def test_the_owner_renames_a_work(client: Client, creator: User) -> None:
    work = factories.make_work(owner=creator)
    client.force_login(creator)

    form = client.get(reverse("web:title", args=[work.pk]), headers={"HX-Request": "true"})
    response = client.post(reverse("web:title", args=[work.pk]), {"title": "  Dusk  "})

    assert "<html" not in form.content.decode()
    assert response.status_code == 302
    work.refresh_from_db()
    assert work.title == "Dusk"


@pytest.mark.parametrize("title", ["", "   ", "x" * 201, "a\x00b"])
def test_a_bad_title_is_refused_and_the_old_one_stays(client: Client, creator: User, title: str) -> None:
    work = factories.make_work(owner=creator)
    client.force_login(creator)

    response = client.post(reverse("web:title", args=[work.pk]), {"title": title})

    assert response.status_code == 422
    assert Page(response.content.decode()).problems == []
    work.refresh_from_db()
    assert work.title == "a harbour at sunset"


WORDS = "a secret harbour"


@pytest.mark.parametrize("status", [Version.Status.PUBLISHED, Version.Status.HELD])
def test_a_private_prompt_is_told_to_its_owner_alone(
    client: Client, creator: User, reviewer: User, status: str
) -> None:
    """Given somebody who may see every work and decide every case, then they learn only that there is a prompt."""
    job = factories.make_job(
        owner=creator,
        prompt=WORDS,
        negative_prompt="secret fog",
        private_prompt=True,
        status="succeeded",
        passport=factories.make_passport(),
    )
    work = factories.make_work(owner=creator, job=job, title="Untitled")
    version = factories.make_version(work=work, status=status)
    edited = Version.objects.create(work=work, number=2, status="failed", width=8, height=8)
    edited.parents.add(version)
    case = factories.make_case(version=version)

    client.force_login(creator)
    own = shown(client, work).text
    assert WORDS in own
    assert "secret fog" in own
    assert WORDS in shown(client, work, version="2").text
    client.force_login(reviewer)
    for address in (f"/works/{work.pk}/", f"/works/{work.pk}/?version=2", reverse("web:case", args=[case.pk])):
        page = client.get(address, headers=ENGLISH).content.decode()
        assert "secret" not in page
        assert "The prompt is private. Its owner can show it to you." in page
        assert Page(page).problems == []


def test_an_open_prompt_is_told_to_whoever_may_see_the_work(client: Client, creator: User, reviewer: User) -> None:
    work = factories.make_work(owner=creator)
    factories.make_version(work=work)
    client.force_login(reviewer)

    text = shown(client, work).text

    assert "a harbour at sunset" in text
    assert "private" not in text


@pytest.mark.parametrize("status", [Version.Status.PUBLISHED, Version.Status.HELD])
def test_the_owner_can_show_a_private_prompt_while_it_is_held_too(client: Client, creator: User, status: str) -> None:
    work = factories.make_work(owner=creator)
    version = factories.make_version(work=work, status=status)
    factories.make_case(version=version)
    address = reverse("web:reveals", args=[version.pk])
    client.force_login(creator)
    assert address not in [link.get("href") for link in shown(client, work).all("a")]

    commit_to(version, prompt=WORDS)

    assert address in [link.get("href") for link in shown(client, work).all("a")]
    assert client.get(address).status_code == 200


@pytest.mark.parametrize(
    ("ruling", "sentence"),
    [
        ("publish", "A reviewer looked at this picture and published it."),
        ("refuse", "A reviewer decided not to publish this picture."),
    ],
)
def test_the_owner_reads_the_reason_of_either_decision(
    client: Client, creator: User, reviewer: User, ruling: str, sentence: str
) -> None:
    work = factories.make_work(owner=creator)
    case = factories.make_case(version=factories.make_version(work=work, status=Version.Status.HELD))
    client.force_login(creator)
    assert "reason given" not in shown(client, work).text

    decide(case=case, reviewer=reviewer, ruling=ruling, reason="Only the motif is shared.")

    text = shown(client, work).text
    assert f"{sentence} The reason given: “Only the motif is shared.”" in text
    assert "rita" not in text


def test_of_a_picture_nobody_had_to_decide_about_no_reason_is_told(client: Client, creator: User) -> None:
    work = factories.make_work(owner=creator)
    factories.make_version(work=work)
    client.force_login(creator)
    assert "A reviewer" not in shown(client, work).text
