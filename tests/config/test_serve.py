"""The address is told when somebody answers there, and not before."""

import io
import socket
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from config.answers import answers
from config.management.commands import serve


class Healthy(BaseHTTPRequestHandler):
    status, asked = 200, []  # type: tuple[int, list[tuple[str, str]]]

    def do_GET(self) -> None:
        self.asked.append((self.path, self.headers["Host"]))
        self.send_response(self.status)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet."""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[HTTPServer]:
    monkeypatch.setattr(Healthy, "asked", [])
    with HTTPServer(("127.0.0.1", 0), Healthy) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])  # noqa: S104
def test_a_server_that_answers_is_found_under_a_name_it_knows(server: HTTPServer, settings: Any, host: str) -> None:
    settings.ALLOWED_HOSTS = ["*", ".example.org"]

    assert answers(host, server.server_port)
    assert Healthy.asked == [("/healthz", "example.org")]


def test_an_error_and_silence_are_no_answer(server: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Healthy, "status", 400)
    assert not answers("127.0.0.1", server.server_port)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        assert not answers("127.0.0.1", silent.getsockname()[1], timeout=0.1)
        closed = silent.getsockname()[1]
    assert not answers("127.0.0.1", closed)


class Boss:
    """A supervisor that starts nothing; its web server answers at the third time of asking."""

    stopping = False

    def __init__(self, children: Any) -> None:
        self.said_when_run: list[str] = []

    def install_signals(self) -> None: ...
    def start(self) -> None: ...
    def stop(self) -> None: ...

    def run(self, *, until: Callable[[], bool] | None = None) -> None:
        self.said_when_run.append(OUT.getvalue())
        while until is not None and not until():
            pass


OUT = io.StringIO()


@pytest.fixture
def out(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    OUT.seek(0)
    OUT.truncate()
    monkeypatch.setattr(serve, "call_command", lambda *_args, **_options: None)
    return OUT


@pytest.fixture
def port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def test_serve_tells_its_address_once_it_answers(out: io.StringIO, port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    waits = iter([False, False, True])
    bosses: list[Boss] = []
    monkeypatch.setattr(serve, "answers", lambda host, port: next(waits))

    def made(children: Any) -> Boss:
        bosses.append(Boss(children))
        return bosses[0]

    monkeypatch.setattr("config.supervisor.Supervisor", made)

    call_command("serve", "--no-prepare", "--port", str(port), stdout=out)

    assert bosses[0].said_when_run == ["", f"Colophon is at http://127.0.0.1:{port}/ (Ctrl-C stops it)\n"]
    assert next(waits, "asked three times") == "asked three times"


def test_serve_that_is_stopped_before_tells_none(out: io.StringIO, port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serve, "answers", lambda host, port: True)
    monkeypatch.setattr(Boss, "stopping", True)
    monkeypatch.setattr("config.supervisor.Supervisor", Boss)

    call_command("serve", "--no-prepare", "--port", str(port), stdout=out)

    assert out.getvalue() == ""


def test_a_port_that_is_taken_is_said_at_once(out: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
    def started(children: Any) -> None:
        raise AssertionError("nothing is started")

    monkeypatch.setattr("config.supervisor.Supervisor", started)
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(CommandError, match="try another --port"):
        call_command("serve", "--no-prepare", "--port", str(taken.getsockname()[1]), stdout=out)
