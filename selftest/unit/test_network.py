"""The wire between a browser and the world: counted, slowed, cut; spoken to by hand, no browser."""

import asyncio
import socket
import socketserver
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext, suppress
from statistics import median
from typing import Any

import pytest

from checks.traffic import expect_bypassed, expect_nothing_from, expect_received_from
from clients.addresses import endpoint
from clients.errors import NotCheckable
from network.link import THREE_G, Link
from network.proxy import ELSEWHERE, DirectNetwork, ProxiedNetwork, Traffic

KIB = 1024
REFUSED = b"HTTP/1.1 502 "


class Echo(socketserver.BaseRequestHandler):
    """Sends back what it gets, and closes when the other side has ended, or was cut off."""

    def handle(self) -> None:
        with suppress(ConnectionError):
            while data := self.request.recv(64 * KIB):
                self.request.sendall(data)


class HeadAndBody(socketserver.StreamRequestHandler):
    """Answers each byte in two pieces, as web servers do."""

    disable_nagle_algorithm = True

    def handle(self) -> None:
        while self.request.recv(1):
            self.request.sendall(b"head")
            threading.Event().wait(0.002)
            self.request.sendall(b"body")


@contextmanager
def echo_server(handler: type[socketserver.BaseRequestHandler] = Echo) -> Iterator[str]:
    """Its `host:port`."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"127.0.0.1:{server.server_address[1]}"
        server.shutdown()


@pytest.fixture(scope="module")
def world() -> Iterator[str]:
    with echo_server() as host:
        yield host


@pytest.fixture
def network() -> Iterator[ProxiedNetwork]:
    with ProxiedNetwork() as network:
        yield network


def ask(network: ProxiedNetwork, request: bytes) -> socket.socket:
    host, port = network.url.removeprefix("http://").split(":")
    client = socket.create_connection((host, int(port)), timeout=10)
    client.sendall(request + b"\r\n\r\n")
    return client


def read(client: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size and (more := client.recv(64 * KIB)):
        data += more
    return data


@contextmanager
def through(network: ProxiedNetwork, host: str) -> Iterator[socket.socket]:
    with ask(network, f"CONNECT {host} HTTP/1.1\r\nHost: {host}".encode()) as client:
        answer = read(client, len(b"HTTP/1.1 200 Connection established\r\n\r\n"))
        assert answer.startswith(b"HTTP/1.1 200 "), answer
        yield client


def said_by(network: ProxiedNetwork, request: str) -> bytes:
    with ask(network, request.encode()) as client:
        return read(client, 1000)


def echoed(client: socket.socket, size: int) -> None:
    sender = threading.Thread(target=client.sendall, args=(bytes(size),))
    sender.start()
    assert len(read(client, size)) == size
    sender.join()


def broken(client: socket.socket) -> bool:
    """The connection is over before a megabyte came, whichever way it ended."""
    try:
        return len(read(client, 1 << 20)) < 1 << 20
    except ConnectionError:
        return True


def test_bytes_cross_unchanged_and_are_counted_by_host(network: ProxiedNetwork, world: str) -> None:
    with echo_server() as other, through(network, world) as one, through(network, other) as two:
        one.sendall(b"hello")
        assert read(one, 5) == b"hello"
        echoed(two, 300 * KIB)
        assert network.sent == network.received == {world: 5, other: 300 * KIB}


def test_a_body_does_not_wait_until_its_head_is_confirmed(network: ProxiedNetwork) -> None:
    with echo_server(HeadAndBody) as host, through(network, host) as client:
        waited = []
        for _ in range(60):
            started = time.perf_counter()
            client.sendall(b"?")
            assert read(client, 8) == b"headbody"
            waited.append(time.perf_counter() - started)
    assert median(waited) < 0.02  # a system confirms a head after 40 ms


def test_an_end_of_sending_is_passed_on_and_the_answer_still_comes(network: ProxiedNetwork, world: str) -> None:
    with through(network, world) as client:
        client.sendall(b"the last words")
        client.shutdown(socket.SHUT_WR)
        assert read(client, 1000) == b"the last words"


def test_measured_counts_what_crosses_meanwhile(network: ProxiedNetwork, world: str) -> None:
    with through(network, world) as client:
        echoed(client, 10 * KIB)
        with network.measured() as traffic:
            echoed(client, 20 * KIB)
        echoed(client, 40 * KIB)
    assert traffic.sent == traffic.received == {world: 20 * KIB}


def test_slow_holds_what_is_sent_to_its_speed_and_ends(network: ProxiedNetwork, world: str) -> None:
    with through(network, world) as client:
        with network.slow(megabits_per_second=1):
            started = time.perf_counter()
            echoed(client, 160 * KIB)
            slow = time.perf_counter() - started
        started = time.perf_counter()
        echoed(client, 160 * KIB)
        fast = time.perf_counter() - started
    assert 0.8 < slow < 3  # 160 KiB at 125 kB/s are 1.31 s, the last chunk is not waited for
    assert fast < 0.5


def test_a_slow_download_holds_all_connections_together_to_its_speed(network: ProxiedNetwork, world: str) -> None:
    with through(network, world) as one, through(network, world) as other:
        with network.slow_download(megabits_per_second=1):
            started = time.perf_counter()
            echoed(one, 80 * KIB)
            echoed(other, 80 * KIB)
            slow = time.perf_counter() - started
        started = time.perf_counter()
        echoed(one, 160 * KIB)
        fast = time.perf_counter() - started
    assert 0.8 < slow < 3
    assert fast < 0.5


def test_a_bad_line_is_late_and_loses_some_of_it_both_ways(network: ProxiedNetwork, world: str) -> None:
    late = Link("late", up=1000, down=1000, delay=0.1, lost=0)
    lossy = Link("lossy", up=1000, down=1000, delay=0, lost=1)
    with through(network, world) as client:
        took = []
        for link in (late, lossy, None):
            with network.like(link) if link else nullcontext():
                started = time.perf_counter()
                echoed(client, KIB)
                took.append(time.perf_counter() - started)
    assert 0.2 < took[0] < 1  # both ways
    assert 1.2 < took[1] < 3
    assert took[2] < 0.2


def test_cut_breaks_what_is_open_refuses_what_is_new_and_heals(network: ProxiedNetwork, world: str) -> None:
    with echo_server() as other, through(network, world) as client, through(network, other) as spared:
        echoed(client, KIB)
        with network.cut(world):
            assert broken(client)
            assert said_by(network, f"CONNECT {world} HTTP/1.1").startswith(REFUSED)
            echoed(spared, KIB)
        with through(network, world) as again:
            echoed(again, KIB)


def test_cut_breaks_a_slow_transfer_in_flight(network: ProxiedNetwork, world: str) -> None:
    with network.slow(0.5), through(network, world) as client:
        client.sendall(bytes(16 * KIB))
        with network.cut(world):
            assert broken(client)


@pytest.mark.parametrize(
    "slowly",
    [lambda network: network.slow(0.5), lambda network: network.like(THREE_G)],
    ids=["slow", "like"],
)
def test_a_run_that_is_told_to_stop_breaks_what_it_slows_down(
    network: ProxiedNetwork, world: str, slowly: Callable[[ProxiedNetwork], AbstractContextManager[None]]
) -> None:
    """Else the rest of an upload would come to S3 at once, and be there when clean-up has looked."""

    def end(by: type[BaseException], client: socket.socket) -> None:
        with slowly(network):
            client.sendall(bytes(16 * KIB))
            raise by

    with through(network, world) as client:
        with pytest.raises(AssertionError):
            end(AssertionError, client)
        assert len(read(client, 16 * KIB)) == 16 * KIB, "a line that fails breaks nothing"
    with through(network, world) as client:
        with pytest.raises(KeyboardInterrupt):
            end(KeyboardInterrupt, client)
        assert broken(client)
    with pytest.raises(ConnectionError):  # Chromium sends an upload again whose connection broke
        said_by(network, f"CONNECT {world} HTTP/1.1")


class FromWhere(socketserver.BaseRequestHandler):
    """Tells the address that it is asked from, whatever it gets."""

    def handle(self) -> None:
        while self.request.recv(KIB):
            self.request.sendall(self.client_address[0].encode().ljust(20))


def test_a_change_of_address_breaks_what_is_open_and_goes_on_from_elsewhere(network: ProxiedNetwork) -> None:
    def seen(client: socket.socket) -> str:
        client.sendall(b"?")
        return read(client, 20).decode().strip()

    with echo_server(FromWhere) as world:
        with network.changing_address(f"https://{world}/") as change:
            for _ in range(2):
                with through(network, world) as client:
                    assert seen(client) == "127.0.0.1"
                    change()
                    assert broken(client)
                with through(network, world) as client:
                    assert seen(client) == ELSEWHERE
                    change()
                    assert broken(client)
            change()
        with through(network, world) as client:
            assert seen(client) == "127.0.0.1"


@pytest.mark.parametrize("url", ["https://192.0.2.1/", "https://no-such-host.invalid/"])
def test_a_site_on_another_machine_sees_no_other_address(network: ProxiedNetwork, url: str) -> None:
    with pytest.raises(NotCheckable, match="only towards a site on its own machine"), network.changing_address(url):
        pass
    with pytest.raises(NotCheckable, match="does not reach this one"), DirectNetwork().changing_address(url):
        pass


def test_cut_breaks_what_is_being_opened(network: ProxiedNetwork, world: str, monkeypatch: pytest.MonkeyPatch) -> None:
    cut = ExitStack()
    open_connection = asyncio.open_connection

    async def cut_meanwhile(*arguments: Any, **options: Any) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        cut.enter_context(network.cut(world))
        return await open_connection(*arguments, **options)

    monkeypatch.setattr(asyncio, "open_connection", cut_meanwhile)
    with cut:
        assert said_by(network, f"CONNECT {world} HTTP/1.1") == b""


@pytest.mark.parametrize(
    "request_line",
    [
        "CONNECT 127.0.0.1:1 HTTP/1.1",
        "CONNECT no-such-host.invalid:443 HTTP/1.1",
        "GET http://127.0.0.1/ HTTP/1.1",
    ],
)
def test_what_does_not_answer_is_refused(network: ProxiedNetwork, request_line: str) -> None:
    assert said_by(network, request_line).startswith(REFUSED)


def test_leaving_ends_what_is_open(world: str) -> None:
    with ProxiedNetwork() as network:
        client = ask(network, f"CONNECT {world} HTTP/1.1".encode())
        read(client, 10)
    with client:
        assert broken(client)
    assert "network" not in {thread.name for thread in threading.enumerate()}


# -- what the figures say -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://moodle.example.edu/moodle", "moodle.example.edu:443"),
        ("https://localhost:8443", "localhost:8443"),
        ("d1.cloudfront.net", "d1.cloudfront.net:443"),
        ("127.0.0.1:8445", "127.0.0.1:8445"),
    ],
)
def test_an_address_as_a_browser_names_it(url: str, host: str) -> None:
    assert endpoint(url) == host


def test_a_video_that_bypassed_moodle() -> None:
    traffic = Traffic()
    traffic.sent.update({"m:443": 100 * KIB, "s3:443": 900 * KIB})
    assert expect_bypassed(traffic, "https://m", 800 * KIB) == {"m:443": 100 * KIB, "s3:443": 900 * KIB}
    with pytest.raises(AssertionError, match="expected 1024000 bytes to go to storage"):
        expect_bypassed(traffic, "https://m", 1000 * KIB)
    traffic.sent["m:443"] += 200 * KIB
    with pytest.raises(AssertionError, match=r"at most 262144 to Moodle, seen .*307200 bytes with m:443"):
        expect_bypassed(traffic, "https://m", 800 * KIB)


def test_a_video_that_came_from_the_cdn() -> None:
    traffic = Traffic()
    traffic.received["cdn:443"] = 500
    assert expect_received_from(traffic, "cdn", 500) == {"cdn:443": 500}
    with pytest.raises(AssertionError, match="expected 501 bytes of video from cdn"):
        expect_received_from(traffic, "cdn", 501)


def test_a_browser_that_does_not_go_through_here() -> None:
    network = DirectNetwork()
    with network.slow(1), network.measured() as traffic:
        pass
    for means_nothing in (
        lambda: network.requires_proxy().__enter__(),
        lambda: network.cut("s3.test:443").__enter__(),
        lambda: network.like(THREE_G).__enter__(),
        lambda: network.sent_to("https://s3.test"),
        lambda: expect_bypassed(traffic, "https://moodle.test", 1),
        lambda: expect_nothing_from(traffic, "s3.test"),
    ):
        with pytest.raises(NotCheckable, match="does not reach this one"):
            means_nothing()
