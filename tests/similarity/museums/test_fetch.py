"""Fetching is polite, bounded, and goes nowhere it should not."""

import contextlib
import datetime
import hashlib
import itertools
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from similarity.artworks import Artwork
from similarity.enrol import ArtistFacts
from similarity.errors import SimilarityError
from similarity.museums import fetch as fetch_module
from similarity.museums import kept as kept_module
from similarity.museums.addresses import checked, is_public, resolve
from similarity.museums.ask import Manners
from similarity.museums.fetch import ATTEMPTS, PATIENCE, Fetcher
from similarity.museums.problems import FetchProblem
from tests.similarity.conftest import encoded, painting
from tests.similarity.museums.server import Answer, Museum, museum

PICTURE = encoded(painting(1))
ADA = ArtistFacts("ada-quill", "Ada Quill")


@pytest.fixture
def server() -> Iterator[Museum]:
    with museum() as told:
        yield told


class Nap:
    """Sleeps that take no time, and are counted."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        self.slept: list[float] = []
        monkeypatch.setattr(fetch_module, "time", SimpleNamespace(monotonic=lambda: self.now))

    def __call__(self, seconds: float) -> None:
        self.slept.append(round(seconds, 3))
        self.now += seconds


@pytest.fixture
def nap(monkeypatch: pytest.MonkeyPatch) -> Nap:
    return Nap(monkeypatch)


def fetcher(folder: Path, nap: Any, **manners: Any) -> Fetcher:
    told: dict[str, Any] = {"agent": "Colophon/test", "limit": 100_000, "allow_private": True, "silence": 5.0}
    return Fetcher(folder, Manners(**(told | manners)), sleep=nap)


def works(*addresses: str, lookup: bool = False) -> list[Artwork]:
    return [Artwork(str(n), ADA, **{"lookup" if lookup else "picture": url}) for n, url in enumerate(addresses)]


def outcomes(by: Fetcher, wanted: list[Artwork]) -> list[str]:
    """Per work the code of why it could not be had, or empty."""
    found = []
    for work in by.ahead(wanted, on_fetch=lambda _count: None):
        try:
            by.read(work)
            found.append("")
        except SimilarityError as error:
            found.append(error.code if error.message else "no sentence")
    return found


def test_pictures_are_fetched_once_with_a_pause_and_a_name(server: Museum, nap: Nap, tmp_path: Path) -> None:
    pictures = [encoded(painting(n)) for n in range(3)]
    addresses = [server.says(f"/{n}.png", picture) for n, picture in enumerate(pictures)]
    first = fetcher(tmp_path, nap)

    read = [first.read(work) for work in first.ahead(works(*addresses), on_fetch=lambda _count: None)]

    assert read == pictures
    assert (first.fetched, server.asked, server.most_at_once) == (3, ["/0.png", "/1.png", "/2.png"], 1)
    assert nap.slept == [1.0, 1.0]
    assert {headers["User-Agent"] for headers in server.headers} == {"Colophon/test"}
    held = sorted(path.name for path in (tmp_path / "content").rglob("*") if path.is_file())
    assert held == sorted(hashlib.sha256(picture).hexdigest() for picture in pictures)

    again = fetcher(tmp_path, nap)
    assert outcomes(again, works(*addresses)) == ["", "", ""]
    assert (again.fetched, len(server.asked)) == (0, 3)


def test_an_interrupted_run_goes_on(server: Museum, nap: Nap, tmp_path: Path) -> None:
    addresses = [server.says(f"/{n}.png", encoded(painting(n))) for n in range(4)]
    for _work in itertools.islice(fetcher(tmp_path, nap).ahead(works(*addresses), on_fetch=lambda _c: None), 2):
        pass
    assert outcomes(fetcher(tmp_path, nap), works(*addresses)) == [""] * 4
    assert server.asked == ["/0.png", "/1.png", "/2.png", "/3.png"]


def test_what_was_kept_is_checked(server: Museum, nap: Nap, tmp_path: Path) -> None:
    address = server.says("/a.png", PICTURE)
    outcomes(fetcher(tmp_path, nap), works(address))
    (content,) = (path for path in (tmp_path / "content").rglob("*") if path.is_file())
    content.write_bytes(PICTURE[:-1])

    assert outcomes(fetcher(tmp_path, nap), works(address)) == [""]
    assert (len(server.asked), content.read_bytes()) == (2, PICTURE)


@pytest.mark.parametrize("told", ["7", "date"])
def test_retry_after_is_honoured(server: Museum, nap: Nap, tmp_path: Path, told: str) -> None:
    if told == "date":
        told = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(time.time() + 60))
    address = server.says("/a.png", Answer(status=429, headers={"Retry-After": told}), PICTURE)
    assert outcomes(fetcher(tmp_path, nap), works(address)) == [""]
    assert len(nap.slept) == 1
    assert nap.slept[0] == 7 if told == "7" else 50 < nap.slept[0] <= 60


def test_failures_that_pass_are_tried_again_ever_more_slowly(server: Museum, nap: Nap, tmp_path: Path) -> None:
    cut = Answer(PICTURE[:50], promised=len(PICTURE))
    address = server.says("/a.png", Answer(status=500), cut, Answer(status=503), PICTURE)
    assert outcomes(fetcher(tmp_path, nap), works(address)) == [""]
    assert nap.slept == [2, 4, 8]


@pytest.mark.parametrize(
    ("answer", "code"),
    [(Answer(status=500), "busy"), (Answer(PICTURE[:50], promised=len(PICTURE)), "cut_off")],
)
def test_what_does_not_pass_in_this_run_is_tried_in_the_next(
    server: Museum, nap: Nap, tmp_path: Path, answer: Answer, code: str
) -> None:
    address = server.says("/a.png", answer)
    assert outcomes(fetcher(tmp_path, nap), works(address)) == [code]
    assert len(server.asked) == ATTEMPTS
    server.says("/a.png", PICTURE)
    assert outcomes(fetcher(tmp_path, nap), works(address)) == [""]


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (Answer(status=404), "not_found"),
        (Answer(status=418), "http_error"),
        (Answer(b"<html>Welcome</html>"), "not_an_image"),
        (Answer(b"\xff" * 100_001), "file_too_large"),
        (Answer(b"", promised=100_001), "file_too_large"),
        (Answer(b"\xff" * 200_000, without_length=True), "file_too_large"),
        (Answer(PICTURE, headers={"Content-Encoding": "gzip"}), "bad_answer"),
        (Answer(b""), "file_empty"),
    ],
)
def test_what_cannot_be_had_is_not_asked_for_again_within_a_week(
    server: Museum, nap: Nap, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: Answer, code: str
) -> None:
    address = server.says("/a.png", answer)
    assert outcomes(fetcher(tmp_path, nap), works(address)) == [code]
    assert outcomes(fetcher(tmp_path, nap), works(address)) == [code]
    assert len(server.asked) == 1
    assert not (tmp_path / "content").exists()

    monkeypatch.setattr(kept_module, "FORGIVEN_AFTER", -1)
    assert outcomes(fetcher(tmp_path, nap), works(address)) == [code]
    assert len(server.asked) == 2


def test_a_picture_that_breaks_off_unannounced_is_not_kept(server: Museum, nap: Nap, tmp_path: Path) -> None:
    address = server.says("/a.png", Answer(PICTURE[:-200], without_length=True), PICTURE)
    assert outcomes(fetcher(tmp_path, nap), works(address)) == ["truncated_image"]
    assert outcomes(fetcher(tmp_path, nap), works(address)) == [""]


@pytest.mark.parametrize(("answer", "asked"), [(Answer(status=403), 1), (Answer(status=503), ATTEMPTS)])
def test_a_server_that_answers_nobody_is_left_alone(
    server: Museum, nap: Nap, tmp_path: Path, answer: Answer, asked: int
) -> None:
    addresses = [server.says(f"/{n}.png", answer) for n in range(PATIENCE + 3)]
    found = outcomes(fetcher(tmp_path, nap), works(*addresses))
    assert found == ["forbidden" if answer.status == 403 else "busy"] * PATIENCE + ["left_alone"] * 3
    assert len(server.asked) == PATIENCE * asked


def test_a_server_that_asks_for_an_hour_is_left_alone_at_once(server: Museum, nap: Nap, tmp_path: Path) -> None:
    addresses = [server.says(f"/{n}.png", Answer(status=429, headers={"Retry-After": "3600"})) for n in range(3)]
    assert outcomes(fetcher(tmp_path, nap), works(*addresses)) == ["left_alone"] * 3
    assert (len(server.asked), nap.slept) == (1, [])


def test_a_lookup_names_the_picture(server: Museum, nap: Nap, tmp_path: Path) -> None:
    server.says("/a.png", PICTURE)
    good = server.says("/1", f'{{"primaryImageSmall": "{server.url}/a.png"}}'.encode())
    none = server.says("/2", b'{"primaryImageSmall": "", "primaryImage": ""}')
    bad = server.says("/3", b"[1]")
    assert outcomes(fetcher(tmp_path, nap), works(good, none, bad, lookup=True)) == ["", "no_picture", "bad_answer"]
    assert server.asked == ["/1", "/a.png", "/2", *["/3"] * ATTEMPTS]


def test_redirects_are_followed_and_end(server: Museum, nap: Nap, tmp_path: Path) -> None:
    there = server.says("/old", Answer(status=302, headers={"Location": "/new.png"}))
    server.says("/new.png", PICTURE)
    loop = server.says("/loop", Answer(status=301, headers={"Location": "/loop"}))
    assert outcomes(fetcher(tmp_path, nap), works(there, loop)) == ["", "too_many_redirects"]


def test_private_addresses_are_not_asked(server: Museum, nap: Nap, tmp_path: Path) -> None:
    address = server.says("/a.png", PICTURE)
    by_name = address.replace("127.0.0.1", "localhost")
    mapped = address.replace("127.0.0.1", "[::ffff:127.0.0.1]")
    closed = fetcher(tmp_path, nap, allow_private=False)
    assert outcomes(closed, works(address, by_name, mapped)) == ["private_address"] * 3
    assert server.asked == []


@pytest.mark.parametrize(
    "where", ["http://127.0.0.1:1/x", "http://169.254.169.254/latest/meta-data", "http://[::1]/", "file:///etc/passwd"]
)
def test_redirects_lead_to_no_private_address(
    server: Museum, nap: Nap, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    """The server passes for a public one; where it sends us does not."""
    real = is_public
    monkeypatch.setattr(
        "similarity.museums.addresses.is_public", lambda a: real(a) or (a == "127.0.0.1" and ":1/" not in where)
    )
    address = server.says("/a.png", Answer(status=302, headers={"Location": where}))
    if ":1/" in where:
        monkeypatch.setattr("similarity.museums.ask.resolve", _public_once(resolve))
    code = "bad_address" if where.startswith("file") else "private_address"
    assert outcomes(fetcher(tmp_path, nap, allow_private=False), works(address)) == [code]
    assert server.asked == ["/a.png"]


def _public_once(real: Any) -> Any:
    """The first host looked up passes for a public one."""
    asked = []

    def resolved(host: str, port: int, *, allow_private: bool) -> Any:
        asked.append(host)
        return real(host, port, allow_private=allow_private or len(asked) == 1)

    return resolved


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",  # noqa: S104
        "240.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "ff02::1", "::ffff:10.0.0.1",
        "64:ff9b::7f00:1", "2002:7f00:1::", "2001:db8::1",
    ],
)  # fmt: skip
def test_addresses_that_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "64:ff9b::808:808"])
def test_addresses_that_are(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.test/a", "file:///etc/passwd", "//example.test/a", "example.test/a", "http://", "http:///a", "",
        "http://user:word@example.test/", "http://example.test:x/", "http://[::1/", "http://exa mple.test/",
        "gopher://example.test", "javascript:alert(1)", "http://" + "a" * 70 + ".test/",
    ],
)  # fmt: skip
def test_addresses_that_are_none(url: str) -> None:
    with pytest.raises(FetchProblem) as problem:
        checked(url)
    assert problem.value.code == "bad_address"


def test_odd_addresses_are_quoted() -> None:
    assert (
        checked("https://example.test/a b/ü.jpg?q=ä&x=%20#f").geturl()
        == "https://example.test/a%20b/%C3%BC.jpg?q=%C3%A4&x=%20"
    )
    assert checked("http://bücher.test:8080").geturl() == "http://xn--bcher-kva.test:8080/"
    assert "\n" not in checked("http://example.test/a\r\nHost: x").geturl()


def test_a_name_nobody_has(nap: Nap, tmp_path: Path) -> None:
    by = fetcher(tmp_path, nap)
    assert outcomes(by, works("http://nobody.invalid/a.png", "http://127.0.0.1:1/a.png")) == [
        "host_not_found",
        "no_answer",
    ]


def test_an_answer_that_drips_without_end(tmp_path: Path, nap: Nap) -> None:
    """A byte now and then keeps a connection from being silent; the deadline still counts."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        address = f"http://127.0.0.1:{door.getsockname()[1]}/a.png"

        def drip() -> None:
            for _attempt in range(ATTEMPTS):
                visitor, _from = door.accept()
                with visitor, contextlib.suppress(OSError):
                    visitor.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
                    while True:
                        visitor.sendall(b"x")
                        time.sleep(0.01)

        thread = threading.Thread(target=drip)
        thread.start()
        found = outcomes(fetcher(tmp_path, nap, deadline=0), works(address))
        thread.join()
    assert found == ["too_slow"]


def test_https_is_verified_for_the_name_that_was_asked(
    nap: Nap, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(1))
        .not_valid_after(now + datetime.timedelta(1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = certificate.public_bytes(Encoding.PEM)
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (tmp_path / "both.pem").write_bytes(pem + secret)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "both.pem")
    trusting = ssl.create_default_context(cadata=pem.decode())
    with museum(context) as server:
        server.says("/a.png", PICTURE)
        addresses = [f"https://{host}:{server.url.rpartition(':')[2]}/a.png" for host in ("localhost", "127.0.0.1")]
        assert outcomes(fetcher(tmp_path / "x", nap), works(*addresses)) == ["no_answer", "no_answer"]
        monkeypatch.setattr(ssl, "create_default_context", lambda: trusting)
        assert outcomes(fetcher(tmp_path / "y", nap), works(*addresses)) == ["", "no_answer"]
