"""A connection that idles is not used again: its server may be about to close it. Authorities are read once."""

import ssl
import time
import urllib.request
import zlib
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import ClassVar

import pytest
import requests
import trustme

from checks.latency import LatencyProbe
from clients import http
from clients.errors import ConfigurationError, SiteError, Unreachable
from clients.moodle.client import MoodleClient
from network.proxy import _proxy_to


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


@pytest.mark.filterwarnings("ignore:Unverified HTTPS request")
def test_authorities_are_read_once_for_all_connections(tmp_path: Path) -> None:
    """For each anew, they cost 90 ms of a processor."""
    ours, others = trustme.CA(), tmp_path / "others.pem"
    file = tmp_path / "ca.pem"
    ours.cert_pem.write_to_path(str(file))
    trustme.CA().cert_pem.write_to_path(str(others))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ours.issue_cert("127.0.0.1").configure_cert(context)
    with ThreadingHTTPServer(("127.0.0.1", 0), Once) as server:
        server.daemon_threads = True
        server.socket = context.wrap_socket(server.socket, server_side=True)
        Thread(target=server.serve_forever, args=(0.01,)).start()
        url = f"https://127.0.0.1:{server.server_port}/"
        try:
            assert http.request("GET", url, verify=str(file), timeout=5).status_code == 204
            file.unlink()
            assert http.request("GET", url, verify=str(file), timeout=5).status_code == 204
            assert LatencyProbe(MoodleClient(url.rstrip("/"), str(file), timeout=5))().trouble == ""
            with pytest.raises(requests.exceptions.SSLError):
                http.request("GET", url, verify=str(others), timeout=5)
            assert http.request("GET", url, verify=False, timeout=5).status_code == 204
            with pytest.raises(requests.exceptions.SSLError):
                http.request("GET", url, verify=True, timeout=5)
        finally:
            server.shutdown()


@pytest.mark.parametrize("content", [None, "", "no certificate"])
def test_authorities_that_cannot_be_read(content: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "bundle.pem"
    if content is not None:
        file.write_text(content, encoding="utf-8")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(file))
    session = http.Session(verify=True, timeout=5)
    with pytest.raises(ConfigurationError, match=r"No authorities .*bundle\.pem: .*REQUESTS_CA_BUNDLE"):
        session.get("https://127.0.0.1:1/")


def test_a_variable_that_goes_while_proxies_are_read(
    session: http.Session, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As PYTEST_CURRENT_TEST does: seen once, in the thread that renews the lock, and pytest ended with it."""
    read = urllib.request.getproxies_environment
    gone: list[str] = []

    def trip_once() -> dict[str, str]:
        if gone:
            raise KeyError(gone.pop())
        return read()

    monkeypatch.setattr(urllib.request, "getproxies_environment", trip_once)
    session.trust_env = True
    for ask in (
        lambda: session.get(address),
        lambda: session.rebuild_proxies(requests.Request("GET", address).prepare(), {}),
        lambda: _proxy_to("localhost", 443),
    ):
        gone.append("PYTEST_CURRENT_TEST")
        ask()
        assert not gone


class Limits(BaseHTTPRequestHandler):
    """Answers 429 to the first requests."""

    left = 0
    retry_after = "0"
    asked: ClassVar[list[str]] = []

    def do_POST(self) -> None:
        self.asked.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
        type(self).left -= 1
        self.send_response(429 if self.left >= 0 else 200)
        if self.retry_after:
            self.send_header("Retry-After", self.retry_after)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def limited() -> Iterator[str]:
    Limits.left, Limits.retry_after = 2, "0"
    Limits.asked.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), Limits) as server:
        server.daemon_threads = True
        Thread(target=server.serve_forever, args=(0.01,)).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_a_host_that_is_asked_too_often_is_waited_for(session: http.Session, limited: str) -> None:
    assert session.post(f"{limited}/course/edit.php", data={"a": "b"}).status_code == 200
    assert Limits.asked == ["a=b"] * 3


@pytest.mark.parametrize("retry_after", ["3600", "99999999999999", "soon", "²", "-1", ""])
def test_a_wait_has_an_end(
    session: http.Session, limited: str, retry_after: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "PATIENCE", 0)
    Limits.retry_after = retry_after
    with pytest.raises(Unreachable, match="answers 429, too many requests"):
        session.post(f"{limited}/course/edit.php", data={"a": "b"})


def test_the_plugin_s_own_limits_are_for_tests_to_judge(session: http.Session, limited: str) -> None:
    address = f"{limited}/mod/assign/submission/s3video/ajax/get_upload_url.php"
    assert session.post(address, data={"a": "b"}).status_code == 429
    assert len(Limits.asked) == 1


class Endless(BaseHTTPRequestHandler):
    """Never comes to an end, at once or by the drop; or leads nowhere."""

    def do_GET(self) -> None:
        self.send_response(302 if "nowhere" in self.path else 200)
        self.send_header("Location", "http://[::1")
        self.send_header("Content-Encoding", "gzip" if "packed" in self.path else "identity")
        self.end_headers()
        if "nowhere" in self.path:
            return
        packed = zlib.compressobj(wbits=31)
        with suppress(OSError):
            while True:
                some = b"x" * (1 if "drops" in self.path else 2**20)
                self.wfile.write(packed.compress(some) if "packed" in self.path else some)
                if "drops" in self.path:
                    Event().wait(0.02)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def endless() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Endless) as server:
        server.daemon_threads = True
        Thread(target=server.serve_forever, args=(0.01,)).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.parametrize(
    ("path", "longest", "error", "told"),
    [
        ("/large", 60, SiteError, "it is larger than 1 MiB"),
        ("/packed", 60, SiteError, "it is larger than 1 MiB"),
        ("/drops", 0.3, Unreachable, "the answer did not end within 0.3 s"),
        ("/nowhere", 60, SiteError, "cannot be followed"),
    ],
)
def test_an_answer_without_an_end(
    session: http.Session,
    endless: str,
    monkeypatch: pytest.MonkeyPatch,
    path: str,
    longest: float,
    error: type[Exception],
    told: str,
) -> None:
    monkeypatch.setattr(http, "LARGEST", 2**20)
    monkeypatch.setattr(http, "LONGEST", longest)
    with pytest.raises(error, match=told):
        session.get(f"{endless}{path}")


def test_what_is_asked_and_shows_nothing_is_not_told(address: str) -> None:
    http.exchanges.clear()
    http.request("GET", f"{address}before")
    with http.told_if_it_fails():
        http.request("GET", f"{address}harmless")
    with suppress(AssertionError), http.told_if_it_fails():
        http.request("GET", f"{address}harm")
        raise AssertionError
    assert [one["address"].rpartition("/")[2] for one in http.exchanges] == ["before", "harm"]
