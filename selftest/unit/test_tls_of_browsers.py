"""Whoever stands between a browser and the site with a certificate of their own gets nothing, in every engine."""

import os
import socket
import socketserver
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path

import pytest
import trustme

from clients.ca_bundle import Ends, authorities
from network.proxy import ProxiedNetwork
from runner.configuration.replica import CHECKOUT
from selftest.unit.test_network import REFUSED, ask, read

Serve = Callable[..., AbstractContextManager[str]]


@pytest.fixture(scope="module")
def ours() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def network(ours: trustme.CA, tmp_path: Path) -> Iterator[ProxiedNetwork]:
    file = tmp_path / "ca.pem"
    ours.cert_pem.write_to_path(file)
    with ProxiedNetwork(5, Ends(authorities(file))) as network:
        yield network


@contextmanager
def server(ca: trustme.CA, name: str, got: list[bytes] | None = None) -> Iterator[str]:
    """An echo behind TLS; its `host:port`, and in `got` what it was sent."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert(name).configure_cert(context)

    class Echo(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with suppress(OSError), context.wrap_socket(self.request, server_side=True) as tls:
                while data := tls.recv(65536):
                    if got is not None:
                        got.append(data)
                    tls.sendall(data)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Echo) as listening:
        listening.daemon_threads = True
        threading.Thread(target=listening.serve_forever, args=(0.01,), daemon=True).start()
        yield f"127.0.0.1:{listening.server_address[1]}"
        listening.shutdown()


def connect(network: ProxiedNetwork, host: str) -> tuple[bytes, socket.socket]:
    client = ask(network, f"CONNECT {host} HTTP/1.1".encode())
    return read(client, len(REFUSED)), client


def as_a_browser_does(client: socket.socket) -> ssl.SSLSocket:
    """One that is told to verify nothing."""
    client.settimeout(5)
    with suppress(TimeoutError):
        while not client.recv(1, socket.MSG_PEEK).startswith(b"\n"):
            client.recv(1)
        client.recv(1)
        while client.recv(1) != b"\n":
            pass
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_alpn_protocols(["h2", "http/1.1"])
    return context.wrap_socket(client, server_hostname="moodle.test")


def test_what_the_authority_vouches_for_is_reached_and_counted(network: ProxiedNetwork, ours: trustme.CA) -> None:
    with server(ours, "127.0.0.1") as host:
        status, client = connect(network, host)
        assert b" 200" in status
        with as_a_browser_does(client) as tls:
            assert tls.selected_alpn_protocol() == "http/1.1"
            content = b"x" * 300_000
            received = b""
            for sent in range(10_000, len(content) + 1, 10_000):  # in turns: an SSL object is for one thread at a time
                tls.sendall(content[sent - 10_000 : sent])
                while len(received) < sent:
                    received += tls.recv(65536)
            assert received == content
    assert network.sent[host] == network.received[host] == len(content)


@pytest.mark.parametrize("wrong", ["another authority", "another host"])
def test_nobody_else_gets_a_byte(network: ProxiedNetwork, ours: trustme.CA, wrong: str) -> None:
    got: list[bytes] = []
    ca, name = (trustme.CA(), "127.0.0.1") if wrong == "another authority" else (ours, "evil.example")
    with server(ca, name, got) as host:
        status, client = connect(network, host)
        with client:
            assert status.startswith(REFUSED)
    assert got == []
    assert network.sent[host] == 0


def test_the_end_of_one_side_ends_the_other(network: ProxiedNetwork, ours: trustme.CA) -> None:
    with server(ours, "127.0.0.1") as host:
        _, client = connect(network, host)
        tls = as_a_browser_does(client)
        tls.sendall(b"hello")
        assert tls.recv(10) == b"hello"
    with network.cut(host), suppress(OSError):
        assert tls.recv(10) == b""


@pytest.mark.skipif(not hasattr(os, "memfd_create"), reason="this system has no files without a name")
def test_a_killed_process_leaves_no_file_of_authorities(tmp_path: Path) -> None:
    code = (
        "import certifi, os; from pathlib import Path; from clients.ca_bundle import authorities;"
        "assert Path(authorities(Path(certifi.where()))).read_text(); os.kill(os.getpid(), 9)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=CHECKOUT, env={**os.environ, "TMPDIR": str(tmp_path)}, check=False
    )
    assert done.returncode == -9
    assert list(tmp_path.iterdir()) == []
