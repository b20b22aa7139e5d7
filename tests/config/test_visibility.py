"""Who sees what: every list of the API, walked by nobody, an owner, somebody else and a reviewer.

A new list fails ``test_every_list_is_walked`` until it is told here whose its rows are.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import Permission, User
from django.db.models import Model
from django.utils import timezone
from rest_framework.test import APIClient

from config.urls import router
from generation.models import Output
from provenance.artists.models import Claim
from provenance.audits.models import SetAudit
from provenance.reports.models import Report
from provenance.verdicts.models import Judgement, TrustListVersion
from provenance.works.editing.models import Sitting
from provenance.works.models import Export, Reveal, Version
from similarity.models import Artist, Reference
from tests.factories import make_audit, make_case, make_version, make_work

# Rows that belong to somebody: their owner and reviewers see them, and nobody else.
OWNED: dict[str, Callable[[Version], Any]] = {
    "job": lambda version: version.work.job,
    "output": lambda version: version.output,
    "work": lambda version: version.work,
    "version": lambda version: version,
    "credential": lambda version: version.credential,
    "case": lambda version: version.case,
    "audit": lambda version: version.audit,
    "set-audit": lambda version: version.work.owner.set_audits.get(),
    "report": lambda version: Report.objects.get(audit=version.audit),
    "export": lambda version: version.exports.get(),
    "verdict": lambda version: version.judgements.get(),
    "sitting": lambda version: version.sittings.get(),
    "claim": lambda version: version.work.owner.artist_claims.get(),
}
# Rows that belong to the service: everybody who is signed in sees them.
SHARED_ROWS = ("model", "artist", "reference", "trust-list")
# Rows below a version, which not even reviewers see.
PRIVATE_ROWS = ("reveal",)
# Audits once more, below an artist: for reviewers and whoever acts for the artist (tests/provenance/audits).
ARTISTS_ROWS = ("resemblance",)
# Rows of the desk: refused to those who may not look (tests/provenance/audits/test_calibrations_api.py).
DESK_ROWS = ("calibration",)
# No rows at all, but what this version of the program can do.
FIXED = ("edit-operation",)
PREFIXES = {basename: prefix for prefix, _view, basename in router.registry}
TOP_LEVEL = sorted(name for name, prefix in PREFIXES.items() if "(" not in prefix)


@pytest.fixture
def held(creator: User) -> Version:
    return make_held(creator)


def make_held(owner: User) -> Version:
    """One row of every owned kind, tied together as the pipeline ties them."""
    audit = make_audit(owner=owner, image_sha256="0" * 64)
    version = make_version(work=make_work(owner=owner), status=Version.Status.HELD, audit=audit)
    make_case(version=version)
    Judgement.objects.create(version=version, verdict="valid", before="valid", sdk="c2pa-python 0.38.1")
    Report.objects.create(audit=audit)
    SetAudit.objects.create(owner=owner, kind="person", name=owner.username, versions=[str(version.pk)])
    now = timezone.now()
    Sitting.objects.create(owner=owner, parent=version, started_at=now, seen_at=now)
    Export.objects.create(
        version=version, recipe="0" * 64, profile="plain", by=owner, bytes=1, sha256="0" * 64, manifest={}
    )
    Claim.objects.create(claimant=owner, artist_name="Ada", evidence="My site.")
    version.refresh_from_db()
    return version


def listed(api: APIClient, basename: str) -> set[str]:
    answer = api.get(f"/api/v1/{PREFIXES[basename]}/", {"page_size": 100})
    assert answer.status_code == 200, answer.json()
    assert answer.json()["next"] is None
    return {str(row["id"]) for row in answer.json()["results"]}


def test_every_list_is_walked() -> None:
    assert set(PREFIXES) == {*OWNED, *SHARED_ROWS, *PRIVATE_ROWS, *ARTISTS_ROWS, *DESK_ROWS, *FIXED}
    assert set(TOP_LEVEL) == {*OWNED, *SHARED_ROWS, *DESK_ROWS, *FIXED}


@pytest.mark.parametrize("basename", TOP_LEVEL)
def test_nobody_sees_anything(api: APIClient, held: Version, basename: str) -> None:
    for address in (f"/api/v1/{PREFIXES[basename]}/", f"/api/v1/{PREFIXES[basename]}/{uuid4()}/"):
        if basename in FIXED and address != f"/api/v1/{PREFIXES[basename]}/":
            continue
        answer = api.get(address)
        assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")


@pytest.mark.parametrize("basename", sorted(OWNED))
def test_owned_rows_are_the_owners_and_the_reviewers(
    api: APIClient, held: Version, stranger: User, reviewer: User, basename: str
) -> None:
    """Given a row of ada's and one of ben's, then each sees their own, rita both, and cleo none."""
    adas, bens = (str(OWNED[basename](version).pk) for version in (held, make_held(stranger)))
    cleo = User.objects.create_user("cleo")
    make_audit()  # nobody's: asked for on the command line
    nobodys = {str(row) for row in listed_of_nobody(basename)}

    for user, sees in (
        (held.work.owner, {adas}),
        (stranger, {bens}),
        (reviewer, {adas, bens, *nobodys}),
        (cleo, set()),
    ):
        api.force_authenticate(user)
        assert listed(api, basename) == sees
        for row in (adas, bens):
            answer = api.get(f"/api/v1/{PREFIXES[basename]}/{row}/")
            assert answer.status_code == (200 if row in sees else 404)
            assert row not in sees or str(answer.json()["id"]) == row


def listed_of_nobody(basename: str) -> list[Any]:
    from similarity.models import Audit

    return list(Audit.objects.filter(owner=None).values_list("pk", flat=True)) if basename == "audit" else []


@pytest.mark.parametrize("basename", SHARED_ROWS)
def test_the_services_rows_are_everybodys(
    api: APIClient, held: Version, stranger: User, reviewer: User, basename: str
) -> None:
    assert held.work.job is not None
    artist = Artist.objects.create(slug="claude-monet", name="Claude Monet")
    rows: dict[str, Model | None] = {
        "model": held.work.job.passport,
        "artist": artist,
        "reference": Reference.objects.create(artist=artist, title="Boats", sha256="1" * 64, fingerprint=bytes(32)),
        "trust-list": TrustListVersion.objects.create(kind="signer", sha256="1" * 64, count=1),
    }
    row = rows[basename]
    assert row is not None

    for user in (held.work.owner, stranger, reviewer):
        api.force_authenticate(user)
        assert listed(api, basename) == {str(row.pk)}


@pytest.mark.parametrize("basename", sorted(OWNED))
def test_one_permission_opens_one_list(api: APIClient, held: Version, stranger: User, basename: str) -> None:
    """Given somebody who may view one kind of row, then they see all of that kind and nothing of the others."""
    row = OWNED[basename](held)
    label = row._meta
    stranger.user_permissions.add(
        Permission.objects.get(content_type__app_label=label.app_label, codename=f"view_{label.model_name}")
    )
    api.force_authenticate(User.objects.get(pk=stranger.pk))

    assert {name: len(listed(api, name)) for name in OWNED} == {name: int(name == basename) for name in OWNED}


def test_leave_to_see_a_prompt_is_the_owners_alone(
    api: APIClient, held: Version, stranger: User, reviewer: User
) -> None:
    reveal = Reveal.objects.create(version=held, recipient="Li", expires_at=timezone.now() + timedelta(days=1))
    address = f"/api/v1/versions/{held.pk}/reveals/"

    assert api.get(address).status_code == 401
    for user, sees in ((held.work.owner, [str(reveal.pk)]), (stranger, []), (reviewer, [])):
        api.force_authenticate(user)
        assert [row["id"] for row in api.get(address).json()["results"]] == sees
        assert api.get(f"{address}{reveal.pk}/").status_code == (200 if sees else 404)


def test_an_owner_reads_the_reason_but_not_the_reviewers_name(
    api: APIClient, held: Version, reviewer: User, stranger: User
) -> None:
    address, body = f"/api/v1/cases/{held.case.pk}/", {"ruling": "refuse", "reason": "a copy"}
    for user, status, code in ((held.work.owner, 403, "not_a_reviewer"), (stranger, 404, "not_found")):
        api.force_authenticate(user)
        answer = api.post(f"{address}decide/", body, format="json")
        assert (answer.status_code, answer.json()["code"]) == (status, code)
        assert Version.objects.get().status == "held"

    api.force_authenticate(reviewer)
    assert api.post(f"{address}decide/", body, format="json").json()["decision"]["reviewer"] == "rita"
    api.force_authenticate(held.work.owner)
    decision = api.get(address).json()["decision"]
    assert (decision["ruling"], decision["reason"], decision["reviewer"]) == ("refuse", "a copy", None)


def test_outputs_are_facts_without_pixels(api: APIClient, held: Version) -> None:
    """The unsigned picture is nobody's to fetch: not even its key is told."""
    api.force_authenticate(held.work.owner)
    output = Output.objects.get()
    assert output.blob not in api.get(f"/api/v1/outputs/{output.pk}/").content.decode()
