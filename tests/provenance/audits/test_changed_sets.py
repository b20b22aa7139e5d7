"""Which stored sets a draft would judge otherwise."""

from uuid import uuid4

import pytest
from django.contrib.auth.models import User

from provenance.audits.calibration_drafts import what_would_change
from provenance.audits.changed_sets import changed_sets
from provenance.audits.judge_set import judge_set_audit
from provenance.audits.models import SetAudit
from similarity.calibrate import calibrate
from similarity.models import Audit, Calibration
from tests.provenance.audits.test_set_audits import asked, collection
from tests.similarity.collections import Collection

__all__ = ["collection"]  # a fixture
pytestmark = pytest.mark.django_db


def draft_of(collection: Collection) -> Calibration:
    return calibrate(encoder=collection.encoder, dimension=collection.dimension, domain="uploads")


def judged(creator: User, collection: Collection, *, artist: int, domain: str = "uploads") -> SetAudit:
    row = asked(creator, collection, artist=artist, domain=domain)
    assert judge_set_audit(row.pk)
    return row


def test_a_set_that_would_come_out_otherwise_is_named(creator: User, collection: Collection) -> None:
    row = judged(creator, collection, artist=3)
    judged(creator, collection, artist=3, domain="generated:" + "0" * 64)
    asked(creator, collection, artist=3)  # waits, and has no outcome yet

    found = changed_sets(draft_of(collection), collection.index)

    assert (found.compared, found.counts) == (1, {("not_calibrated", "style_match"): 1})
    (change,) = found.named
    assert (change.audit, change.artist_before, change.artist_after) == (row.pk, "", "Artist 3")
    row.refresh_from_db()
    assert row.outcome == "not_calibrated"


def test_one_that_would_not_is_only_counted(creator: User, collection: Collection) -> None:
    collection.calibrated()
    judged(creator, collection, artist=3)
    found = changed_sets(draft_of(collection), collection.index)
    assert (found.compared, found.counts, found.named) == (1, {}, [])


@pytest.mark.parametrize("lost", [{"vector": None}, {"encoder": "f" * 64}])
def test_without_the_vectors_of_all_its_pictures_a_set_is_not_judged_again(
    creator: User, collection: Collection, lost: dict[str, str | None]
) -> None:
    row = judged(creator, collection, artist=3)
    draft = draft_of(collection)
    assert changed_sets(draft, collection.index).compared == 1
    Audit.objects.filter(version=row.versions[0]).update(**lost)
    assert changed_sets(draft, collection.index).compared == 0


def test_a_set_that_lost_a_picture_is_not_judged_again(creator: User, collection: Collection) -> None:
    row = judged(creator, collection, artist=3)
    SetAudit.objects.filter(pk=row.pk).update(versions=[str(uuid4()), *row.versions[1:]])
    assert changed_sets(draft_of(collection), collection.index).compared == 0


def test_a_set_that_is_judged_meanwhile_is_counted_at_once(creator: User, collection: Collection) -> None:
    draft = draft_of(collection)
    row = asked(creator, collection, artist=3)
    assert what_would_change(draft)["sets"]["compared"] == 0
    judge_set_audit(row.pk)
    sets = what_would_change(draft)["sets"]
    assert (sets["compared"], sets["changed"]) == (1, 1)
    assert sets["counts"] == [{"before": "not_calibrated", "after": "style_match", "audits": 1}]
    assert [change["audit"] for change in sets["named"]] == [str(row.pk)]
