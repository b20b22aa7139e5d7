"""The main job with nothing faked: the bundled generator and encoder, FAISS, C2PA, a worker, HTTP."""

import json
import time
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from django.conf import settings
from PIL import Image

from provenance.credentials.read import read
from tests.e2e.conftest import Start
from tests.e2e.service import Service

BUNDLED = settings.BUNDLED_GENERATOR / "model_index.json"


class Caller:
    """An API client over a real socket."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.token = service.token()

    def __call__(self, path: str, body: dict[str, Any] | None = None, **headers: str) -> tuple[int, Any]:
        request = Request(
            f"{self.service.url}{path}",
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Token {self.token}", "Content-Type": "application/json", **headers},
        )
        try:
            with urlopen(request, timeout=30) as answer:
                return answer.status, json.loads(answer.read())
        except HTTPError as error:
            return error.code, json.loads(error.read())

    def file(self, path: str) -> bytes:
        with urlopen(Request(f"{self.service.url}{path}", headers={"Authorization": f"Token {self.token}"})) as answer:
            return bytes(answer.read())

    def wait(self, path: str, *, until: set[str], seconds: float = 180) -> dict[str, Any]:
        deadline = time.monotonic() + seconds
        while True:
            _status, row = self(path)
            if row["status"] in until or time.monotonic() > deadline:
                return dict(row)
            time.sleep(0.2)


@pytest.mark.slow
@pytest.mark.skipif(not BUNDLED.exists(), reason="the bundled generator is not in this checkout")
def test_a_prompt_becomes_published_pictures(start: Start) -> None:
    """Given a running service, when two pictures are asked for, then both are signed, read back and published."""
    service = start()
    call = Caller(service)
    body = {"prompt": "a harbour at sunset in the style of Claude Monet", "seed": "7", "count": 2}

    status, job = call("/api/v1/jobs/", body, **{"Idempotency-Key": "first"})
    assert status == 201
    assert call("/api/v1/jobs/", body, **{"Idempotency-Key": "first"})[1]["id"] == job["id"]
    conflict = call("/api/v1/jobs/", body | {"seed": "8"}, **{"Idempotency-Key": "first"})
    assert (conflict[0], conflict[1]["code"]) == (409, "idempotency_conflict")

    job = call.wait(f"/api/v1/jobs/{job['id']}/", until={"succeeded", "failed", "cancelled"})
    assert (job["status"], len(job["outputs"])) == ("succeeded", 2)
    versions: list[dict[str, Any]] = []
    deadline = time.monotonic() + 120
    while len(versions) < 2 or any(version["status"] in ("rendered", "audited") for version in versions):
        assert time.monotonic() < deadline, versions
        versions = call(f"/api/v1/versions/?job={job['id']}")[1]["results"]
        time.sleep(0.2)

    assert [version["status"] for version in versions] == ["published", "published"]
    for version in versions:
        assert version["audit"]["outcome"] == "no_known_artist"
        assert version["audit"]["artists"]
        assert version["audit"]["named_in_prompt"]
        credential = call(f"/api/v1/credentials/{version['credential']}/")[1]
        assert credential["verdict"] == "valid"
        assert "trainedAlgorithmicMedia" in json.dumps(credential["manifest"])
        assert "in the style of Claude Monet" in json.dumps(credential["manifest"])

    asked = call("/api/v1/set-audits/", {"kind": "versions", "versions": [version["id"] for version in versions]})
    assert asked[0] == 201, asked
    judged = call.wait(f"/api/v1/set-audits/{asked[1]['id']}/", until={"judged", "failed"})
    assert (judged["status"], judged["error_code"], judged["left_out"]) == ("judged", "", 0)
    assert judged["outcome"] in {"no_known_artist", "not_calibrated"}
    assert judged["decision"]

    asked = call("/api/v1/reports/", {"audit": versions[0]["audit"]["id"]})
    assert asked[0] == 202, asked
    report = call.wait(f"/api/v1/reports/{asked[1]['id']}/", until={"ready", "failed"})
    assert report["status"] == "ready", report
    file = service.folder / "report.json"
    file.write_bytes(call.file(f"/api/v1/reports/{report['id']}/document/"))
    assert service.manage("replay", str(file)).returncode == 0

    ready = call("/readyz")
    assert (ready[0], {name: part["status"] for name, part in ready[1]["parts"].items()}) == (
        200,
        {"database": "ok", "broker": "ok", "signer": "ok", "index": "ok"},
    )
    assert service.stop() == 0


@pytest.mark.slow
def test_a_running_job_is_cancelled_between_steps(start: Start) -> None:
    service = start(COLOPHON_ENGINE="tests.fakes.FakeEngine", COLOPHON_FAKE_STEP_SECONDS="0.3")
    call = Caller(service)
    _status, job = call("/api/v1/jobs/", {"prompt": "slowly", "steps": 100})
    call.wait(f"/api/v1/jobs/{job['id']}/", until={"running"}, seconds=30)
    assert call(f"/api/v1/jobs/{job['id']}/cancel/", {})[0] == 200
    ended = call.wait(f"/api/v1/jobs/{job['id']}/", until={"cancelled", "succeeded", "failed"}, seconds=30)
    assert (ended["status"], ended["outputs"]) == ("cancelled", [])
    again = call(f"/api/v1/jobs/{job['id']}/cancel/", {})
    assert (again[0], again[1]["code"]) == (409, "already_finished")
    assert call(f"/api/v1/works/?job={job['id']}")[1]["results"] == []


@pytest.mark.slow
@pytest.mark.skipif(not BUNDLED.exists(), reason="the bundled generator is not in this checkout")
def test_the_command_line_makes_a_signed_picture(start: Start) -> None:
    """Given a service that is also running, then generate, verify, audit and embed tell the truth in JSON."""
    service = start()
    out = service.folder / "out"
    done = service.manage("generate", "winter landscape", "--seed", "11", "--json", "--out", str(out))
    line = json.loads(done.stdout)
    assert (line["seed"], line["model"], line["outcome"], line["verdict"]) == (
        11,
        "colophon-mini",
        "no_known_artist",
        "valid",
    )
    data = Path(line["file"]).read_bytes()
    manifest = json.dumps(read(data).manifest)
    for fact in ("winter landscape", "colophon-mini", '"11"', "trainedAlgorithmicMedia"):
        assert fact in manifest

    with Image.open(BytesIO(data)) as image:
        assert (image.format, image.size) == ("PNG", (256, 256))
    verified = json.loads(service.manage("verify", line["file"], "--json").stdout)
    assert (verified["file"], verified["verdict"]) == (line["file"], "valid")

    flipped = bytearray(data)
    flipped[data.rindex(b"IDAT") + 40] ^= 1
    broken = service.folder / "flipped.png"
    broken.write_bytes(flipped)
    tampered = service.manage("verify", str(broken), "--json", check=False)
    assert (json.loads(tampered.stdout.splitlines()[0])["verdict"], tampered.returncode != 0) == ("tampered", True)

    audited = json.loads(service.manage("audit", line["file"], "--json").stdout)
    assert audited["outcome"] == "no_known_artist"
    assert service.manage("embed", str(out), "--out", str(service.folder / "v.npz")).returncode == 0
