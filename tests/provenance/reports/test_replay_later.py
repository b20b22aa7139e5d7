"""What came or left since a report was made changes nothing of what comes out again, or is told as not compared."""

from typing import Any

import pytest
from PIL import Image, ImageDraw

from provenance.reports.make import record_of
from similarity.audit import audit_image
from similarity.encoder import Encoder
from similarity.enrol import withdraw
from similarity.fingerprint import image_code
from similarity.kept_pictures import forget, keep, reduced_copy
from similarity.models import Audit, Calibration, Reference
from similarity.pictures import decode
from similarity.replay import LeftOut, Replay, Why, replay
from tests.provenance.recovery.pictures import painting
from tests.provenance.reports.conftest import PICTURE, data_of, enrol_works

pytestmark = pytest.mark.django_db


def why(found: Replay) -> set[Why]:
    return {each.why for each in found.left_out}


@pytest.mark.parametrize(("slug", "works"), [("few-since", 3), ("many-since", 12), ("the-one", 1), ("artist-03", 2)])
def test_what_was_enrolled_since_changes_nothing(audit: Audit, collection: Encoder, slug: str, works: int) -> None:
    before = record_of(audit, PICTURE)
    enrol_works(collection, slug, works)
    assert audit_image(PICTURE).decision["unjudged"]["works"] == works

    for picture in (None, decode(PICTURE)):
        found = replay(before, picture=picture)
        assert (found.differences, why(found) & {Why.WORKS_LEFT}) == ([], set())
    assert record_of(audit, PICTURE) | {"made_at": ""} == before | {"made_at": ""}


def test_the_very_file_enrolled_since_is_no_copy_of_then(audit: Audit, collection: Encoder) -> None:
    before = record_of(audit, PICTURE)
    enrol_works(collection, "late", 1, sha256=audit.image_sha256, code=image_code(decode(PICTURE).rgb))
    assert audit_image(PICTURE).outcome == "copy"

    assert replay(before, picture=decode(PICTURE)).differences == []


def test_works_that_do_not_judge_are_not_counted_where_they_do_not_score(
    calibration: Calibration, collection: Encoder
) -> None:
    enrol_works(collection, "the-one", 1)
    audit = audit_image(PICTURE)
    audit.save()

    record = record_of(audit, b"")

    told, nearest = audit.decision["candidates"][0], record["artists"][0]
    assert (nearest["slug"], nearest["references"]) == ("the-one", 12)
    assert nearest["raw"] == pytest.approx(told["raw"], abs=1e-5)
    assert replay(record).differences == []


def test_the_artist_with_too_few_works_may_leave(calibration: Calibration, collection: Encoder) -> None:
    """Given an artist with too few works nearest of all, when those go, then what was seen of them still decides."""
    enrol_works(collection, "few", 3)
    audit = audit_image(PICTURE)
    audit.save()
    assert (audit.outcome, audit.decision["too_few"]) == ("insufficient_references", pytest.approx(1.0, abs=1e-3))
    record = record_of(audit, b"")
    assert replay(record).differences == []
    withdraw(Reference.objects.filter(artist__slug="few"))

    found = replay(record, picture=None)

    assert found.differences == []
    assert {LeftOut("decision.too_few", Why.WORKS_LEFT), LeftOut("hashes.index", Why.WORKS_LEFT)} <= set(found.left_out)
    assert {LeftOut(f"nearest_works[{place}]", Why.WORKS_LEFT) for place in range(3)} <= set(found.left_out)
    assert LeftOut("nearest_works[3]", Why.WORKS_LEFT) not in found.left_out
    assert record_of(audit, b"")["outcome"] == "insufficient_references"
    # What the works that stayed score is still compared, and so is the rest by what was seen.
    record["nearest_works"][3]["raw"] = 0.5
    assert [each.what for each in replay(record).differences] == ["nearest_works[3].raw"]
    record["decision"]["too_few"] = 0.0
    assert "decision.outcome" in {each.what for each in replay(record).differences}


@pytest.mark.parametrize("works", [0, 3])
def test_a_report_of_before_still_replays(calibration: Calibration, collection: Encoder, works: int) -> None:
    """Given a report as they were, counting all works of the index, and more works since, it is confirmed."""
    enrol_works(collection, "few", works)
    audit = audit_image(PICTURE)
    audit.save()
    record = record_of(audit, PICTURE)
    del record["as_of"], record["decision"]["too_few"]
    record["artists"][0] |= {"raw": 0.9, "references": 13}
    enrol_works(collection, "few-since", 4)

    found = replay(record, picture=decode(PICTURE))

    assert found.differences == []
    assert {LeftOut("artists.raw", Why.OLDER_REPORT), LeftOut("artists.references", Why.OLDER_REPORT)} <= set(
        found.left_out
    )


def test_a_small_artist_of_before_is_taken_at_its_word_when_works_have_left(
    calibration: Calibration, collection: Encoder
) -> None:
    """Given an audit from before it was written down what the nearest one with too few works scored."""
    enrol_works(collection, "few", 3)
    audit = audit_image(PICTURE)
    assert audit.outcome == "insufficient_references"
    del audit.decision["too_few"]
    audit.save()
    record = record_of(audit, PICTURE)
    withdraw(Reference.objects.filter(pk=Reference.objects.filter(artist__slug="few").values_list("pk", flat=True)[0]))

    found = replay(record)

    assert found.differences == []
    assert LeftOut("decision.too_few", Why.WORKS_LEFT) in found.left_out
    assert record_of(audit, PICTURE)["decision"] == record["decision"]


def test_it_is_confirmed_where_the_works_came_later(audit: Audit) -> None:
    """As on another machine, which loads the catalogue after the report was made."""
    from django.utils import timezone

    record = record_of(audit, b"")
    Reference.objects.update(created_at=timezone.now())

    assert replay(record).differences == []


def test_without_a_calibration_what_was_enrolled_since_changes_nothing_either(collection: Encoder) -> None:
    audit = audit_image(PICTURE)
    audit.save()
    record = record_of(audit, b"")
    enrol_works(collection, "many-since", 12)

    assert replay(record).differences == []
    assert record_of(audit, b"") | {"made_at": ""} == record | {"made_at": ""}


@pytest.fixture
def copied(calibration: Calibration, collection: Encoder) -> dict[str, Any]:
    """The report of a picture that is a known work."""
    enrol_works(collection, "copied", 1, code=image_code(decode(PICTURE).rgb))
    audit = audit_image(PICTURE)
    audit.save()
    assert audit.outcome == "copy"
    return record_of(audit, PICTURE)


def test_a_copy_is_looked_for_again_with_the_picture(copied: dict[str, Any]) -> None:
    found = replay(copied, picture=decode(PICTURE))
    assert (found.differences, {"copy", "outcome", "artist"} - set(found.compared)) == ([], set())

    found = replay(copied)
    assert found.differences == []
    assert {LeftOut(part, Why.NEEDS_IMAGE) for part in ("copy", "outcome", "artist")} <= set(found.left_out)
    assert not {"copy", "outcome", "artist"} & set(found.compared)


@pytest.mark.parametrize(
    ("changed", "what"),
    [({"distance": 40}, "copy.distance"), ({"slug": "artist-05"}, "copy.slug"), ({"confirmed": True}, None)],
)
def test_a_copy_that_is_told_otherwise_is_found(
    copied: dict[str, Any], changed: dict[str, Any], what: str | None
) -> None:
    record = copied | {"copy": copied["copy"] | changed}

    found = replay(record, picture=decode(PICTURE))

    assert (what in {each.what for each in found.differences}) == (what is not None)
    assert (LeftOut("copy.confirmed", Why.PICTURES_KEPT) in found.left_out) == (what is None)


def test_a_copy_that_is_kept_silent_is_found(copied: dict[str, Any]) -> None:
    silent = copied | {"copy": None, "outcome": copied["decision"]["outcome"]}

    found = replay(silent, picture=decode(PICTURE))

    assert "copy" in {each.what for each in found.differences}


def test_a_copy_of_a_work_that_left_since_is_told_as_not_compared(copied: dict[str, Any]) -> None:
    withdraw(Reference.objects.filter(artist__slug="copied"))

    found = replay(copied, picture=decode(PICTURE))

    assert found.differences == []
    assert {LeftOut(part, Why.WORKS_LEFT) for part in ("copy", "outcome", "artist")} <= set(found.left_out)
    assert not {"copy", "outcome", "artist"} & set(found.compared)


def test_a_part_is_laid_over_the_kept_picture_again(calibration: Calibration, collection: Encoder) -> None:
    work, sheet = Image.fromarray(painting(3, width=360, height=270)), Image.new("RGB", (600, 800), (236, 230, 214))
    sheet.paste(work, (120, 90))
    for line in range(3):
        ImageDraw.Draw(sheet).text((120, 560 + 40 * line), "EXHIBITION OF PAINTINGS", fill=(20, 20, 20))
    data = data_of(sheet)
    enrol_works(collection, "kept", 1, code=image_code(work))
    kept = Reference.objects.filter(artist__slug="kept")
    sha256 = kept.get().sha256
    kept.update(picture_kept=True)
    keep(sha256, reduced_copy(work))
    audit = audit_image(data)
    audit.save()
    record = record_of(audit, b"")
    assert record["copy"]["method_code"] == "part"

    assert replay(record, picture=decode(data)).differences == []
    moved = record["copy"] | {"where": [[0.0, 0.0], [0.5, 0.0], [0.5, 0.5], [0.0, 0.5]]}
    found = replay(record | {"copy": moved}, picture=decode(data))
    assert [each.what for each in found.differences] == ["copy.where"]

    forget([sha256])
    found = replay(record, picture=decode(data))
    assert (found.differences, LeftOut("copy", Why.PICTURES_KEPT) in found.left_out) == ([], True)
