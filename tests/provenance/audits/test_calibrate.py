"""``manage.py calibrate``: a model's own pictures, figures, what would change, and a reason."""

import json
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from PIL import Image
from pytest_django.fixtures import Settings

from generation.engines import loaded
from provenance.ledger.models import Event
from provenance.works import neutral_pictures
from provenance.works.audit_version import asked_of
from provenance.works.neutral_prompts import MOST, neutral_prompts
from similarity.artist_names import Known, named_in
from similarity.audit import audit_image
from similarity.encoder import Encoder
from similarity.models import Artist, Audit, Calibration
from tests.factories import make_audit, make_version, make_work
from tests.fakes import FakeEngine
from tests.similarity.conftest import _own_index, _tiny_loaded, tiny, tiny_folder  # noqa: F401
from tests.similarity.test_outcomes import PICTURE, others  # noqa: F401

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    monkeypatch.setattr(neutral_pictures, "FOLDER", tmp_path / "calibration")
    settings.MODELS = ["colophon-mini"]
    loaded._engines.clear()


def calibrated(**options: object) -> dict[str, object]:
    out = StringIO()
    call_command("calibrate", json=True, stdout=out, stderr=StringIO(), **options)
    return dict(json.loads(out.getvalue()))


def test_prompts_are_different_and_a_longer_list_begins_with_a_shorter() -> None:
    prompts = neutral_prompts(MOST)
    assert len(set(prompts)) == MOST == 9000
    assert neutral_prompts(50) == prompts[:50]
    with pytest.raises(ValueError, match="not 9001"):
        neutral_prompts(MOST + 1)


def test_no_prompt_names_an_artist(others: Encoder) -> None:  # noqa: F811
    known = [Known(slug, (name,)) for slug, name in Artist.objects.values_list("slug", "name")]
    assert named_in("\n".join(neutral_prompts(MOST)), known) == []


def test_a_draft_then_accepted_with_a_reason(others: Encoder, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    draft = calibrated()
    assert (draft["state"], draft["domain"], draft["units"], draft["artists"]) == ("draft", "uploads", 24, 24)
    nothing = {"compared": 0, "counts": [], "named": []}
    assert draft["changes"] == {**nothing, "sets": nothing}
    with pytest.raises(CommandError, match="reason_missing"):
        calibrated(draft=draft["id"], accept=True)
    assert Calibration.objects.get().state == "draft"

    accepted = calibrated(draft=draft["id"], accept=True, reason="first")
    assert (accepted["state"], accepted["sha256"]) == ("accepted", draft["sha256"])
    told = Event.objects.get(kind="thresholds.in_force").payload
    assert [row["sha256"] for row in told["calibrations"]] == [draft["sha256"]]
    assert "first" not in json.dumps(told)  # people's words stay out of the chain
    decided = Event.objects.get(kind="calibration.accepted")
    assert (decided.subject, decided.payload["sha256"]) == (draft["id"], draft["sha256"])
    assert decided.personal.get(name="reason").value == "first"
    with pytest.raises(CommandError, match="calibration_decided"):
        calibrated(draft=draft["id"], reject=True, reason="no")
    other = calibrated()
    with monkeypatch.context() as patched:  # a draft that cannot be read can be laid aside
        patched.setattr("similarity.calibrate.changes", lambda *_: pytest.fail("nothing is judged again for it"))
        rejected = calibrated(draft=other["id"], reject=True, reason="not needed")
    assert (rejected["state"], rejected["changes"]) == ("rejected", None)
    with pytest.raises(CommandError, match="no_such_calibration"):
        calibrated(draft="nonsense", accept=True, reason="x")
    out = StringIO()
    call_command("calibrate", draft=str(draft["id"]), stdout=out)
    assert "at 5%: above" in out.getvalue()


def of_somebody(encoder: Encoder, **fields: object) -> Audit:
    vector = np.ones(encoder.dimension, np.float32) / encoder.dimension**0.5
    return make_audit(encoder=encoder.fingerprint, domain="uploads", vector=vector.astype("<f4").tobytes(), **fields)


def test_the_first_is_made_and_accepted_in_one_run(others: Encoder) -> None:  # noqa: F811
    of_somebody(others)
    first = calibrated(accept=True, reason="first")
    assert first["state"] == "accepted"
    assert first["changes"]["counts"], "and something changes"  # type: ignore[index]


def test_what_would_change_is_seen_before_another_comes_into_force(others: Encoder) -> None:  # noqa: F811
    """Given one in force and an audit that would come out otherwise, then the same run leaves a draft, and fails."""
    first = calibrated(accept=True, reason="first")
    audit = of_somebody(others, outcome="style_match", artist_name="Somebody Else")
    out = StringIO()
    with pytest.raises(CommandError, match="changes_not_seen") as refused:
        call_command("calibrate", json=True, accept=True, reason="second", stdout=out)

    draft, error = (json.loads(line) for line in out.getvalue().splitlines())
    assert (draft["state"], error["error_code"]) == ("draft", "changes_not_seen")
    assert [change["audit"] for change in draft["changes"]["named"]] == [str(audit.pk)]
    assert f"manage.py calibrate --draft {draft['id']} --accept --reason TEXT" in str(refused.value)
    assert Calibration.objects.get(state="accepted").pk == Calibration.objects.get(pk=str(first["id"])).pk
    assert not Event.objects.filter(kind="calibration.accepted", subject=draft["id"]).exists()

    said = StringIO()
    with pytest.raises(CommandError):
        call_command("calibrate", accept=True, reason="second", stdout=said)
    assert "style_match → " in said.getvalue()
    assert "Somebody Else → " in said.getvalue()

    assert calibrated(draft=draft["id"], accept=True, reason="second")["state"] == "accepted"
    assert Calibration.objects.get(pk=str(first["id"])).state == "retired"


def test_where_nothing_would_change_it_is_one_run(others: Encoder) -> None:  # noqa: F811
    calibrated(accept=True, reason="first")
    audit_image(PICTURE).save()
    second = calibrated(accept=True, reason="second")
    assert second["state"] == "accepted"
    assert second["changes"]["compared"] == 1  # type: ignore[index]


def test_another_runs_pictures_are_left_where_it_goes_on(others: Encoder, tmp_path: Path) -> None:  # noqa: F811
    drawn = tmp_path / "calibration" / "half-way.png"
    drawn.parent.mkdir()
    drawn.write_bytes(b"PNG")

    calibrated()

    assert drawn.exists()


def test_a_models_own_pictures(others: Encoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    asked: list[int] = []
    render = FakeEngine.render

    def counting(self: FakeEngine, requests: object, *args: object, **options: object) -> object:
        asked.append(len(requests))  # type: ignore[arg-type]
        if sum(asked) == 40 and len(asked) < 15:
            raise KeyboardInterrupt
        return render(self, requests, *args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(FakeEngine, "render", counting)
    with pytest.raises(KeyboardInterrupt):
        calibrated(domain="generated", count=60)
    assert len(list((tmp_path / "calibration").glob("*.png"))) == 36
    assert Calibration.objects.count() == 0

    made = calibrated(domain="generated", count=60, accept=True, reason="its own", strategy="query")
    assert sum(asked) == 40 + 24
    weights = FakeEngine("colophon-mini").identity.weights_sha256
    assert (made["domain"], made["units"]) == (f"generated:{weights}", 60)
    assert made["generator"]["name"] == "colophon-mini"  # type: ignore[index]
    assert [t["guarantee"] for t in made["thresholds"]] == ["none", "confident"]  # type: ignore[attr-defined]
    assert not list((tmp_path / "calibration").glob("*.png"))

    again = calibrated(domain="generated", count=60, strategy="query", confidence=0.952)  # from the first's vectors
    assert sum(asked) == 64
    assert Calibration.objects.get(pk=str(again["id"])).previous_id is not None
    assert [t["confidence"] for t in again["thresholds"]] == [None, 0.952]  # type: ignore[attr-defined]
    for refused, options in (("bad_confidence", {"confidence": 0.5}), ("unknown_strategy", {"strategy": "best"})):
        with pytest.raises(CommandError, match=refused):
            calibrated(domain="generated", count=61, **options)
    assert sum(asked) == 64  # refused before anything was rendered
    with pytest.raises(CommandError, match="bad_count"):
        calibrated(domain="generated", count=MOST + 1)

    bundle = tmp_path / "bundle.npz"
    assert calibrated(bundle=bundle) == {"out": str(bundle), "calibrations": 1}
    assert bundle.stat().st_size > 1000


def test_only_some_artists(others: Encoder, tmp_path: Path) -> None:  # noqa: F811
    names = tmp_path / "slugs.txt"
    names.write_text("\n".join(f"artist-{number:02d}" for number in range(20)))
    assert calibrated(artists=str(names))["units"] == 20
    with pytest.raises(CommandError, match="trained_artists_unknown"):
        calibrated(artists="unseen")
    with pytest.raises(CommandError, match="file_unreadable"):
        calibrated(artists=str(tmp_path / "none.txt"))


def test_a_version_is_judged_as_its_models_picture(creator: object) -> None:
    version = make_version(work=make_work(owner=creator))  # type: ignore[arg-type]
    assert version.output is not None
    assert version.output.job.passport is not None
    asked = asked_of(version)
    assert asked.domain == f"generated:{version.output.job.passport.weights_sha256}"
    assert (asked.prompt, asked.used) == (version.output.job.prompt, ())
    assert asked.trained_on == version.output.job.passport.training_statement


def test_pictures_are_seen_as_they_were_rendered(others: Encoder, tmp_path: Path) -> None:  # noqa: F811
    background, facts = neutral_pictures.neutral_background("colophon-mini", 3, folder=tmp_path)
    assert (background.prompts, background.seeds) == (tuple(neutral_prompts(3)), ("0", "1", "2"))
    assert facts["licence"] == "CC0-1.0"
    pictures = []
    for path in sorted(tmp_path.glob("*.png")):
        with Image.open(path) as image:
            pictures.append(image.convert("RGB"))
    again = others.embed(pictures)
    assert sorted(map(tuple, again.round(4).tolist())) == sorted(map(tuple, background.vectors.round(4).tolist()))
