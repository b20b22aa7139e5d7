"""An export is a new signed file: labelled and marked as its profile says, made once, and known again."""

import hashlib
import io
import json
import threading
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.utils import translation
from PIL import Image, ImageChops
from pytest_django import Settings

from generation import blobs
from provenance.credentials.development import create
from provenance.credentials.facts import facts
from provenance.credentials.read import read
from provenance.ledger.models import Event
from provenance.marking import xmp
from provenance.marking.errors import MarkingError
from provenance.marking.read import packets
from provenance.works import export as exporting
from provenance.works.errors import WorkError
from provenance.works.export import export
from provenance.works.models import Export, Version
from provenance.works.seal import seal_version
from provenance.works.verify import verify
from provenance.works.wish import FORMATS, Wish, look_ahead
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _signer(settings: Settings, tmp_path: Path) -> None:
    settings.SIGNER_CHAIN, settings.SIGNER_KEY = str(tmp_path / "chain.pem"), str(tmp_path / "key.pem")
    settings.PROVIDER_NAME, settings.PROVIDER_CODE = "Atelier Ltd", "00191110108MA01234567X"
    create()


def sealed(owner: User, *, size: tuple[int, int] = (320, 240), **job: Any) -> Version:
    """A version as the pipeline leaves it: really signed."""
    passport = factories.make_passport()
    made = factories.make_job(
        owner=owner, status="succeeded", passport=passport, width=size[0], height=size[1], negative_prompt="blur", **job
    )
    noise = io.BytesIO()
    Image.effect_noise(size, 60).convert("RGB").save(noise, "PNG")
    version = factories.make_version(
        work=factories.make_work(owner=owner, job=made), status=Version.Status.AUDITED, data=noise.getvalue()
    )
    assert seal_version(version.pk)
    version.refresh_from_db()
    assert version.status == Version.Status.PUBLISHED
    return version


def picture(made: Export | Version) -> Image.Image:
    return Image.open(io.BytesIO(blobs.get(made.blob)))


@pytest.mark.parametrize("name", FORMATS)
def test_china_in_every_format(creator: User, name: str) -> None:
    version = sealed(creator)

    made, new = export(version, Wish(profile="china", format=name), by=creator)

    assert new
    data = blobs.get(made.blob)
    assert (made.label, made.labelled, made.language) == ("AI生成", True, "zh-hans")
    assert (made.sha256, made.bytes) == (hashlib.sha256(data).hexdigest(), len(data))
    # the marks, as anybody reads them
    (packet,) = packets(data)
    said = xmp.parse(packet)
    mark = json.loads(said["TC260:AIGC"])
    assert (mark["Label"], mark["ContentProducer"], mark["ProduceID"]) == (
        "1",
        "00191110108MA01234567X",
        version.pk.hex,
    )
    assert (mark["ContentPropagator"], mark["PropagateID"]) == (mark["ContentProducer"], mark["ProduceID"])
    assert mark["ReservedCode1"].startswith("sha256-rgb:")
    assert said["Iptc4xmpExt:AISystemUsed"] == "colophon-mini"
    assert said["Iptc4xmpExt:AIPromptInformation"] == "a harbour at sunset\nNegative prompt: blur"
    assert said["Iptc4xmpExt:DigitalSourceType"].endswith("/trainedAlgorithmicMedia")
    assert said["dc:publisher"] == "Atelier Ltd"
    assert said["dc:identifier"] == f"urn:uuid:{version.pk}"
    # the credential: parent, label with its region, conversion
    reading = read(data)
    assert reading.verdict.code == "valid"
    told = facts(reading.active, resources=reading.resources)
    steps = ["c2pa.opened", *(["c2pa.transcoded"] if name != "png" else []), "c2pa.addedText"]
    assert [action.action for action in told.actions] == steps
    label = told.actions[-1]
    assert label.source_type == "algorithmicMedia"
    assert label.parameters["org.colophon.label"] == "AI生成"
    (region,) = label.regions
    assert region["shape"] == "rectangle"
    assert [item.relationship for item in told.ingredients] == ["parentOf"]
    assert told.ingredients[0].credential
    assert told.all_actions_included
    # the letters, measured in the decoded file: at least 5 % of the shorter side
    x, y = int(region["x"]), int(region["y"])
    plate = picture(made).convert("L").crop((x, y, x + int(region["width"]), y + int(region["height"])))
    ink = plate.point(lambda value: 255 if value > 136 else 0).getbbox()
    assert ink is not None
    assert ink[3] - ink[1] >= 0.05 * 240
    # the pixels: nothing but the label's region is touched (where the format loses nothing)
    if name in ("png", "tiff"):
        before, after = picture(version).convert("RGB"), picture(made).convert("RGB")
        box = ImageChops.difference(before, after).getbbox()
        assert box is not None
        assert x <= box[0] < box[2] <= x + region["width"]
        assert y <= box[1] < box[3] <= y + region["height"]
        check = hashlib.sha256(f"{after.width}x{after.height}:".encode() + after.tobytes()).hexdigest()
        assert mark["ReservedCode1"] == f"sha256-rgb:{check}"


def test_an_export_is_known_again_and_a_changed_one_is_noticed(creator: User) -> None:
    made, _new = export(sealed(creator), Wish(profile="eu", format="jpeg"), by=creator)
    data = blobs.get(made.blob)
    found = verify(data)
    assert (found.known, found.ours) == ("published", True)
    assert found.summary == "Made with AI (colophon-mini) by this service."
    changed = data[:-1000] + bytes([data[-1000] ^ 1]) + data[-999:]
    found = verify(changed)
    assert (found.verdict, found.known) == ("tampered", "differs")


def test_the_same_wish_is_answered_with_the_same_row(creator: User) -> None:
    version = sealed(creator)
    first, new = export(version, Wish(profile="california", format="webp"), by=creator)
    again, anew = export(version, Wish(profile="california", format="webp", labelled=False), by=creator)
    other, made = export(version, Wish(profile="california", format="webp", labelled=True), by=creator)
    assert (new, anew, made) == (True, False, True)
    assert first == again
    assert other != first
    assert other.label == "AI GENERATED"
    assert Export.objects.count() == 2
    events = Event.objects.filter(kind="export.made").order_by("sequence")
    assert [event.payload["export"] for event in events] == [str(first.pk), str(other.pk)]
    assert events[0].payload["sha256"] == first.sha256


def test_the_language_of_the_asker_makes_no_difference_and_a_new_title_does(creator: User) -> None:
    version = sealed(creator)
    first, _new = export(version, Wish(profile="china", format="jpeg"), by=creator)
    with translation.override("zh-hans"):
        same, new = export(version, Wish(profile="china", format="jpeg"), by=creator)
    assert (same, new) == (first, False)
    version.work.title = "Dusk"
    version.work.save()
    renamed, new = export(version, Wish(profile="china", format="jpeg"), by=creator)
    assert new
    assert xmp.parse(packets(blobs.get(renamed.blob))[0])["dc:title"] == "Dusk"


def test_a_changed_profile_makes_another_export(creator: User, settings: Settings) -> None:
    version = sealed(creator)
    first, _new = export(version, Wish(profile="korea"), by=creator)
    settings.MARKING_PROFILES = {"korea": {"place": "top-left"}}
    second, new = export(version, Wish(profile="korea"), by=creator)
    assert new
    assert second.pk != first.pk
    told = facts(read(blobs.get(second.blob)).active)
    assert told.actions[-1].regions[0]["y"] < 20


def test_a_copy_without_label_needs_agreement_and_the_agreement_is_kept(creator: User) -> None:
    version = sealed(creator)
    with pytest.raises(WorkError) as caught:
        export(version, Wish(profile="china", labelled=False), by=creator)
    assert (caught.value.code, caught.value.field) == ("agreement_needed", "agreed")
    assert not Export.objects.exists()
    assert not Event.objects.filter(kind="export.made").exists()

    made, _new = export(version, Wish(profile="china", labelled=False, agreed=True), by=creator)

    assert (made.label, made.labelled, made.by) == ("", False, creator)
    assert "without the visible label" in made.agreement
    assert made.agreed_at is not None
    event = Event.objects.get(kind="export.made")
    assert event.payload["agreement_sha256"] == hashlib.sha256(made.agreement.encode()).hexdigest()
    assert event.payload["labelled"] is False
    # The hidden mark is there all the same, and no pixel was touched.
    assert "TC260:AIGC" in xmp.parse(packets(blobs.get(made.blob))[0])
    assert picture(made).tobytes() == picture(version).tobytes()


@pytest.mark.parametrize(
    ("wish", "code"),
    [
        (Wish(profile="korea", labelled=False, agreed=True), "unlabelled_forbidden"),
        (Wish(profile="china", format="gif"), "unknown_format"),
        (Wish(profile="china", language="fr"), "unknown_language"),
        (Wish(profile="plain", prompt_writer="x" * 201), "bad_name"),
    ],
)
def test_what_cannot_be_exported_is_refused_by_code(creator: User, wish: Wish, code: str) -> None:
    version = sealed(creator)
    with pytest.raises(WorkError) as caught:
        export(version, wish, by=creator)
    assert caught.value.code == code
    assert not Export.objects.exists()


def test_china_without_a_provider_code_is_refused(creator: User, settings: Settings) -> None:
    settings.PROVIDER_CODE = ""
    version = sealed(creator)
    assert [line.code for line in look_ahead(version, Wish(profile="china")).missing] == ["provider_code_missing"]
    with pytest.raises(WorkError) as caught:
        export(version, Wish(profile="china"), by=creator)
    assert caught.value.code == "provider_code_missing"


def test_an_unknown_profile(creator: User) -> None:
    with pytest.raises(MarkingError) as caught:
        export(sealed(creator), Wish(profile="atlantis"), by=creator)
    assert caught.value.code == "unknown_profile"


@pytest.mark.parametrize("status", ["held", "refused", "failed", "audited"])
def test_only_published_versions_are_exported(creator: User, status: str) -> None:
    version = sealed(creator)
    Version.objects.filter(pk=version.pk).update(status=status)
    version.refresh_from_db()
    with pytest.raises(WorkError) as caught:
        export(version, Wish(profile="plain"), by=creator)
    assert caught.value.code == "not_published"


def test_a_private_prompt_is_in_no_export(creator: User) -> None:
    version = sealed(creator, private_prompt=True, prompt="the secret garden of nobody")
    version.work.title = "Garden"
    version.work.save()
    made, _new = export(version, Wish(profile="california", format="jpeg", prompt_writer="Ada"), by=creator)
    data = blobs.get(made.blob)
    assert b"the secret garden of nobody" not in data
    said = xmp.parse(packets(data)[0])
    assert "Iptc4xmpExt:AIPromptInformation" not in said
    assert "Iptc4xmpExt:AIPromptWriterName" not in said
    assert said["Iptc4xmpExt:AISystemUsed"] == "colophon-mini"


def test_the_prompts_writer_is_named_only_when_asked(creator: User) -> None:
    version = sealed(creator)
    named, _new = export(version, Wish(profile="plain", prompt_writer=" Ada\u202e Lovelace "), by=creator)
    plain, _also = export(version, Wish(profile="plain"), by=creator)
    said = xmp.parse(packets(blobs.get(named.blob))[0])
    assert said["Iptc4xmpExt:AIPromptWriterName"] == "Ada Lovelace"
    assert "Iptc4xmpExt:AIPromptWriterName" not in xmp.parse(packets(blobs.get(plain.blob))[0])


def test_sealing_with_a_labelling_profile_and_exporting_from_it(creator: User, settings: Settings) -> None:
    """Given versions sealed with a label, when one is exported, then there is one label, or none."""
    settings.MARKING_PROFILE = "eu"
    version = sealed(creator)
    assert version.label == "AI GENERATED"
    said = facts(read(blobs.get(version.blob)).active)
    assert [action.action for action in said.actions] == ["c2pa.created", "c2pa.addedText"]
    assert version.output is not None
    drawn = Image.open(io.BytesIO(blobs.get(version.output.blob)))

    same, _new = export(version, Wish(profile="eu"), by=creator)
    other, _new = export(version, Wish(profile="china"), by=creator)
    without, _new = export(version, Wish(profile="plain", labelled=False), by=creator)

    assert picture(same).tobytes() == picture(version).tobytes()
    assert (same.label, other.label, without.label) == ("AI GENERATED", "AI生成", "")
    assert "c2pa.edited" in [action.action for action in facts(read(blobs.get(other.blob)).active).actions]
    assert picture(without).tobytes() == drawn.tobytes()


def test_marks_that_are_not_found_again_stop_the_export(creator: User, monkeypatch: pytest.MonkeyPatch) -> None:
    version = sealed(creator)
    monkeypatch.setattr("provenance.marking.write.packets_in", lambda data: [])
    with pytest.raises(MarkingError) as caught:
        export(version, Wish(profile="china"), by=creator)
    assert caught.value.code == "marks_not_read_back"
    assert not Export.objects.exists()


def test_marks_that_are_not_found_again_stop_the_seal(creator: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("provenance.marking.write.packets_in", lambda data: [])
    work = factories.make_work(owner=creator)
    version = factories.make_version(work=work, status=Version.Status.AUDITED)
    assert not seal_version(version.pk)
    version.refresh_from_db()
    assert (version.status, version.error_code, version.blob) == ("failed", "marks_not_read_back", "")


def test_an_event_that_cannot_be_written_leaves_no_row(creator: User, monkeypatch: pytest.MonkeyPatch) -> None:
    version = sealed(creator)

    def broken(**_: Any) -> None:
        raise RuntimeError("the ledger is away")

    monkeypatch.setattr(exporting, "append", broken)
    with pytest.raises(RuntimeError):
        export(version, Wish(profile="plain"), by=creator)
    assert not Export.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_who_ask_at_once_get_one_export(creator: User) -> None:
    version = sealed(creator, size=(64, 64))
    found: list[tuple[Export, bool]] = []

    def ask() -> None:
        try:
            found.append(export(version, Wish(profile="plain", format="jpeg"), by=creator))
        finally:
            connection.close()

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(found) == 3
    assert {made.pk for made, _new in found} == {Export.objects.get().pk}
    assert sum(new for _made, new in found) == 1
    assert Event.objects.filter(kind="export.made").count() == 1
