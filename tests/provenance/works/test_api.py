"""Owners see their own works, versions and credentials; holders of the view permission see all."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from rest_framework.test import APIClient

from provenance.works.models import Version, Work
from similarity.models import Audit
from tests.factories import make_calibration, make_version, make_work


@pytest.fixture
def version(creator: User) -> Version:
    return make_version(work=make_work(owner=creator))


def test_strangers_are_told_nothing(api: APIClient, version: Version, stranger: User) -> None:
    for path in ("works", "versions", "credentials"):
        assert api.get(f"/api/v1/{path}/").status_code == 401
    api.force_authenticate(stranger)
    for path in ("works", "versions", "credentials"):
        assert api.get(f"/api/v1/{path}/").json()["results"] == []
    assert api.get(f"/api/v1/works/{version.work_id}/").status_code == 404
    assert api.get(f"/api/v1/versions/{version.pk}/").status_code == 404


@pytest.mark.parametrize("who", ["creator", "reviewer"])
def test_owners_and_reviewers_see_the_rows(
    api: APIClient, version: Version, who: str, request: pytest.FixtureRequest
) -> None:
    api.force_authenticate(request.getfixturevalue(who))
    work = api.get(f"/api/v1/works/{version.work_id}/").json()
    assert (work["owner"], work["versions"]) == ("ada", [str(version.pk)])
    row = api.get(f"/api/v1/versions/{version.pk}/").json()
    assert (row["status"], row["audit"]["outcome"]) == ("published", "not_calibrated")
    assert row["file"] == f"/versions/{version.pk}/file"
    credential = api.get(f"/api/v1/credentials/{row['credential']}/").json()
    assert (credential["verdict"], credential["version"]) == ("valid", str(version.pk))


def test_a_held_version_offers_no_file(api: APIClient, creator: User) -> None:
    held = make_version(work=make_work(owner=creator), status=Version.Status.HELD)
    api.force_authenticate(creator)
    assert api.get(f"/api/v1/versions/{held.pk}/").json()["file"] is None


def test_only_the_owner_renames_a_work(api: APIClient, version: Version, creator: User, reviewer: User) -> None:
    address = f"/api/v1/works/{version.work_id}/"
    api.force_authenticate(reviewer)
    assert api.patch(address, {"title": "mine now"}, format="json").status_code == 404
    api.force_authenticate(creator)
    assert api.patch(address, {"title": ""}, format="json").json()["errors"][0]["field"] == "title"
    assert api.patch(address, {"title": "Harbour", "owner": "ben"}, format="json").json()["title"] == "Harbour"
    work = Work.objects.get()
    assert (work.title, work.owner) == ("Harbour", creator)


def test_lists_are_filtered_and_paged(api: APIClient, creator: User) -> None:
    for number in range(5):
        status = Version.Status.PUBLISHED if number % 2 else Version.Status.RENDERED
        make_version(work=make_work(owner=creator, title=f"work {number}"), status=status)
    api.force_authenticate(creator)
    assert len(api.get("/api/v1/versions/", {"status": "published"}).json()["results"]) == 2
    assert len(api.get("/api/v1/works/", {"title": "work 3"}).json()["results"]) == 1
    first = api.get("/api/v1/works/", {"page_size": 2}).json()
    assert [work["title"] for work in first["results"]] == ["work 4", "work 3"]
    second = api.get(first["next"]).json()
    assert [work["title"] for work in second["results"]] == ["work 2", "work 1"]


def test_a_bad_filter_is_a_problem_not_a_crash(api: APIClient, creator: User) -> None:
    api.force_authenticate(creator)
    answer = api.get("/api/v1/versions/", {"status": "nonsense"})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "status")
    assert api.get("/api/v1/works/not-a-uuid/").status_code == 404
    assert api.get("/api/v1/works/", {"cursor": "nonsense"}).status_code == 404


def test_a_list_of_versions_costs_the_same_for_many(
    api: APIClient, version: Version, creator: User, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    api.force_authenticate(creator)
    for _number in range(5):
        make_version(work=make_work(owner=creator))
    make_calibration(domain="uploads")
    Audit.objects.filter(version=version).update(domain="uploads")

    with django_assert_max_num_queries(6):
        rows = api.get("/api/v1/versions/").json()["results"]

    assert {row["id"]: row["audit"]["is_stale"] for row in rows if row["audit"]["is_stale"]} == {str(version.pk): True}
    assert len(rows) == 6
