"""A connection that idles is not used again: its server may be about to close it."""

import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from services import http
from services.errors import Unreachable


class Once(BaseHTTPRequestHandler):
    """Answers once on each connection, and hangs up on what comes after that."""

    protocol_version = "HTTP/1.1"
    answered = False

    def do_GET(self) -> None:
        if self.answered:
            self.close_connection = True
            return
        self.answered = True
        self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def address() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Once) as server:
        server.daemon_threads = True
        Thread(target=server.serve_forever, args=(0.01,)).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.fixture
def session() -> Iterator[http.Session]:
    with http.Session(verify=True, timeout=5) as session:
        session.trust_env = False
        yield session


def test_a_connection_is_used_again_at_once(session: http.Session, address: str) -> None:
    session.get(address)
    with pytest.raises(Unreachable, match="Remote end closed connection without response"):
        session.get(address)


def test_a_connection_that_idled_is_not(session: http.Session, address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    session.get(address)
    later = time.monotonic() + http.IDLE + 1
    monkeypatch.setattr("time.monotonic", lambda: later)
    assert session.get(address).status_code == 204
