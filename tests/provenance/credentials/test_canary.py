"""Nothing is ever fetched because a file asks for it: forty forms of address, and a server that counts visits."""

import io
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import c2pa
import pytest

from provenance.credentials.offline import OFFLINE
from provenance.credentials.read import read
from provenance.credentials.sign import sign
from provenance.credentials.signer import load, new_context
from provenance.credentials.story import Parent, Reference
from provenance.marking import containers, xmp
from tests.provenance.credentials.conftest import picture, story

ADDRESSES = [
    "http://127.0.0.1:{port}/m.c2pa",
    "http://localhost:{port}/m.c2pa",
    "HTTP://LOCALHOST:{port}/m.c2pa",
    "hTTp://LocalHost:{port}/m.c2pa",
    "http://127.1:{port}/m",
    "http://127.0.1:{port}/m",
    "http://2130706433:{port}/m",
    "http://0x7f000001:{port}/m",
    "http://0x7f.0x0.0x0.0x1:{port}/m",
    "http://0177.0.0.1:{port}/m",
    "http://017700000001:{port}/m",
    "http://0.0.0.0:{port}/m",
    "http://0:{port}/m",
    "http://[::1]:{port}/m",
    "http://[::]:{port}/m",
    "http://[::ffff:127.0.0.1]:{port}/m",
    "http://[0:0:0:0:0:ffff:7f00:1]:{port}/m",
    "http://user:secret@127.0.0.1:{port}/m",
    "http://example.org@127.0.0.1:{port}/m",
    "http://127.0.0.1:{port}@127.0.0.1:{port}/m",
    "http://127.0.0.1:{port}/m?x=1#f",
    "http://127.0.0.1:{port}/redirect",
    "http://127.0.0.1:{port}/redirect/../redirect",
    "http://127.0.0.1:{port}//m",
    "http://127.0.0.1:{port}",
    "http://127.0.0.1:0{port}/m",
    "http://localhost.:{port}/m",
    "http://①②⑦.⓪.⓪.①:{port}/m",
    "http://127。0。0。1:{port}/m",
    "http:127.0.0.1:{port}/m",
    "http:/127.0.0.1:{port}/m",
    "http:\\\\127.0.0.1:{port}\\m",
    " http://127.0.0.1:{port}/m",
    "//127.0.0.1:{port}/m",
    "https://127.0.0.1:{port}/m",
    "ws://127.0.0.1:{port}/m",
    "ftp://127.0.0.1:{port}/m",
    "gopher://127.0.0.1:{port}/m",
    "file:///etc/passwd",
    "file://127.0.0.1:{port}/m",
    "did:web:127.0.0.1%3A{port}",
    "did:web:localhost%3A{port}:user",
    "self#jumbf=http://127.0.0.1:{port}/m",
]


class Canary(BaseHTTPRequestHandler):
    """Writes down whoever comes, and sends them on if they ask for a redirect."""

    visits: list[str] = []

    def do_GET(self) -> None:
        self.visits.append(self.path)
        self.send_response(302 if "redirect" in self.path else 404)
        self.send_header("Location", "/arrived")
        self.end_headers()

    do_POST = do_HEAD = do_OPTIONS = do_CONNECT = do_GET

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def canary() -> Iterator[int]:
    """A server on loopback; its port."""
    Canary.visits.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Canary)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


def _pointing_to(address: str, media_type: str) -> bytes:
    """A picture whose XMP says that its credential lies at *address*."""
    packet = xmp.build({"dcterms:provenance": address})
    put = {"image/png": containers.put_xmp_in_png, "image/jpeg": containers.put_xmp_in_jpeg}
    return put[media_type](picture(media_type), packet)


def _signed_elsewhere(address: str) -> bytes:
    """A picture that was really signed, with its manifest left at *address*: what a remote-only file is."""
    material = load()
    definition = {
        "claim_version": 2,
        "claim_generator_info": [{"name": "elsewhere", "version": "1"}],
        "title": address,
        "format": "image/jpeg",
        "assertions": [{"label": "org.example.see", "data": {"url": address, "reference": {"url": address}}}],
    }
    builder = c2pa.Builder(definition, new_context(material, tsa=""))
    builder.set_remote_url(address)
    builder.set_no_embed()
    target = io.BytesIO()
    builder.sign("image/jpeg", io.BytesIO(picture("image/jpeg")), target)
    return target.getvalue()


def test_there_are_at_least_forty_forms() -> None:
    assert len(set(ADDRESSES)) == len(ADDRESSES) >= 40


def test_a_reader_that_believes_files_is_seen_by_the_canary(canary: int) -> None:
    """Otherwise silence would prove nothing."""
    data = _pointing_to(f"http://127.0.0.1:{canary}/redirect", "image/jpeg")
    with pytest.raises(c2pa.C2paError):
        c2pa.Reader("image/jpeg", io.BytesIO(data))
    assert Canary.visits[0] == "/redirect"


@pytest.mark.parametrize("media_type", ["image/png", "image/jpeg"])
def test_no_form_of_address_in_the_marks_is_followed(canary: int, media_type: str) -> None:
    for form in ADDRESSES:
        reading = read(_pointing_to(form.format(port=canary), media_type))
        assert reading.verdict.code == "none", form
    assert Canary.visits == []


def test_no_form_of_address_in_a_real_manifest_is_followed(canary: int, signer: Path) -> None:
    made = 0
    for form in ADDRESSES:
        try:
            data = _signed_elsewhere(form.format(port=canary))
        except c2pa.C2paError:
            continue  # the library will not even write such an address
        made += 1
        assert read(data).verdict.code == "none", form
    assert made >= 20
    assert Canary.visits == []


def test_no_parent_or_reference_makes_us_fetch(canary: int, signer: Path) -> None:
    """Taking a stranger's file in as an ingredient reads it too."""
    for form in ADDRESSES:
        data = _pointing_to(form.format(port=canary), "image/jpeg")
        parent = Parent(title="theirs", data=data, media_type="image/jpeg")
        reference = Reference(title="theirs", data=data, media_type="image/jpeg")
        sign(picture(), media_type="image/png", story=story(parent=parent))
        sign(picture(), media_type="image/png", story=story(references=(reference,)))
    assert Canary.visits == []


def test_signing_a_file_that_points_elsewhere_does_not_fetch(canary: int, signer: Path) -> None:
    for form in ADDRESSES[:12]:
        data = _pointing_to(form.format(port=canary), "image/png")
        assert read(sign(data, media_type="image/png", story=story()).data).verdict.code == "valid"
    assert Canary.visits == []


def test_the_offline_settings_are_the_two_that_count() -> None:
    assert OFFLINE["verify"]["remote_manifest_fetch"] is False
    assert OFFLINE["core"]["allowed_network_hosts"] == []
