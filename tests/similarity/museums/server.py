"""A museum's server on this machine that does as it is told, and keeps what it was asked."""

import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Answer:
    """``promised`` is the Content-Length it gives, when that is not how much it sends."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    promised: int | None = None
    without_length: bool = False


@dataclass
class Museum:
    """``answers`` holds, by path, what is answered one after the other; the last one stays."""

    url: str = ""
    answers: dict[str, list[Answer]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    most_at_once: int = 0
    at_once: int = 0

    def says(self, path: str, *answers: Answer | bytes) -> str:
        self.answers[path] = [Answer(a) if isinstance(a, bytes) else a for a in answers]
        return self.url + path


@contextmanager
def museum(context: ssl.SSLContext | None = None) -> Iterator[Museum]:
    told = Museum()
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            with lock:
                told.asked.append(self.path)
                told.headers.append(dict(self.headers))
                told.at_once += 1
                told.most_at_once = max(told.most_at_once, told.at_once)
                waiting = told.answers.get(self.path, [Answer(b"nothing here", 404)])
                answer = waiting.pop(0) if len(waiting) > 1 else waiting[0]
            try:
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                if not answer.without_length:
                    self.send_header("Content-Length", str(answer.promised or len(answer.body)))
                self.end_headers()
                # Two at once would meet here. The last byte is what a caller waits for, so it counts no more from then.
                time.sleep(0.01)
            finally:
                with lock:
                    told.at_once -= 1
            self.wfile.write(answer.body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        def handle_error(self, request: object, client_address: object) -> None:
            """A visitor who does not trust the certificate, or leaves early, is no error of the test."""

    with Server(("127.0.0.1", 0), Handler) as server:
        if context is not None:
            server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        told.url = f"http://127.0.0.1:{server.server_port}"
        try:
            yield told
        finally:
            server.shutdown()
            thread.join()
