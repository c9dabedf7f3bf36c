"""Starts and stops the whole stack: certificate, S3 server, site and CDN edge, in one process plus weed."""

import asyncio
import os
import shutil
import signal
import socket
import threading
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import trustme

from replica import bucket, web
from replica.moodle.site import Site
from replica.proxy import Proxy
from replica.seaweedfs import Weed, free_ports
from replica.seeding import Seeding
from replica.server import Shell

SEARCHED = (8443, 9443, 10)
"""Where free ports are looked for: from, up to, apart."""


class PortTaken(RuntimeError):
    """One of the four ports is in use; `port` says which."""

    def __init__(self, port: int) -> None:
        super().__init__(f"port {port} is in use")
        self.port = port


class Stack:
    """The replica of one site; `run()` blocks until a signal, or until stdin ends when asked to watch it."""

    def __init__(self, site: Site, proxy: Proxy | None, shell: Shell) -> None:
        self.site = site
        self.shell = shell
        self.settings = site.settings
        self.proxy = proxy
        self.seaweedfs = Weed(self.settings)

    def run(self, ports: "Ports", ready: Callable[[], None], until_stdin_ends: bool) -> None:
        """Start everything in its folder, call `ready()`, stop cleanly."""
        sockets = [ports.site, ports.cdn, ports.plain]
        if self.site.profiles.storage:
            (self.settings.weed_port,) = free_ports(1)
            sockets.append(listen(ports.first + 1))
        try:
            self._issue_certificate()
            self.seaweedfs.start()
            asyncio.run(self._serve(sockets, ready, until_stdin_ends))
        finally:
            self.seaweedfs.stop()
            shutil.rmtree(self.settings.folder, ignore_errors=True)

    async def _serve(self, sockets: list[socket.socket], ready: Callable[[], None], watch_stdin: bool) -> None:
        loop = asyncio.get_running_loop()
        stop = asyncio.Event()
        for name in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(name, stop.set)
        if watch_stdin:
            threading.Thread(target=_wait_for_eof, args=(loop, stop), daemon=True).start()
        seeding = Seeding(self.site)
        servers = web.build(self.site, seeding, self.proxy)
        running = [asyncio.create_task(s.serve([sock])) for s, sock in zip(servers, sockets, strict=True)]
        proxying = await self.proxy.start() if self.proxy else None
        shell = await self.shell.start()
        preparing = asyncio.create_task(asyncio.to_thread(self._prepare, seeding))
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait([preparing, stopping], return_when=asyncio.FIRST_COMPLETED)
        try:
            if not stop.is_set():
                preparing.result()
                ready()
                await stopping
        finally:
            self.seaweedfs.stop()
            shell.close()
            if proxying:
                proxying.close()
            for server in servers:
                server.should_exit = server.force_exit = True
            await asyncio.gather(*running)
            await asyncio.gather(preparing, return_exceptions=True)  # it fails when it was stopped half way

    def _prepare(self, seeding: Seeding) -> None:
        bucket.prepare(self.settings, self.seaweedfs.alive)
        seeding.apply()

    def _issue_certificate(self) -> None:
        ca = trustme.CA(organization_name="Replica of a staging stack")
        leaf = ca.issue_cert("localhost", "127.0.0.1")
        of_site = leaf
        if self.site.profiles.certificate == "expired":
            yesterday = datetime.now(UTC) - timedelta(days=1)
            of_site = ca.issue_cert("localhost", not_before=yesterday - timedelta(days=90), not_after=yesterday)
        elif self.site.profiles.certificate:
            of_site = ca.issue_cert("another.example.edu")
        of_site.private_key_and_cert_chain_pem.write_to_path(self.settings.site_certificate)
        ca.cert_pem.write_to_path(self.settings.ca_file)
        leaf.private_key_pem.write_to_path(self.settings.certificate_key)
        for pem in leaf.cert_chain_pems:
            pem.write_to_path(self.settings.certificate, append=True)


@dataclass(frozen=True)
class Ports:
    """Four ports in a row: the site's, held, the S3 server's, which binds it itself, the CDN's, and the site's without
    TLS, held."""

    first: int
    site: socket.socket
    cdn: socket.socket
    plain: socket.socket

    @classmethod
    def take(cls, first: int) -> "Ports":
        """Raises PortTaken."""
        with ExitStack() as held:
            site = held.enter_context(listen(first))
            listen(first + 1).close()
            cdn = held.enter_context(listen(first + 2))
            plain = held.enter_context(listen(first + 3))
            held.pop_all()
            return cls(first, site, cdn, plain)

    @classmethod
    def free(cls) -> "Ports":
        """The first four that nobody uses. Raises PortTaken when there are none."""
        for first in range(*SEARCHED):
            try:
                return cls.take(first)
            except PortTaken as reason:
                taken = reason
        raise taken


def listen(port: int) -> socket.socket:
    """A socket on loopback. Raises PortTaken."""
    try:
        listening = socket.create_server(("127.0.0.1", port), backlog=256)
    except OSError as error:
        raise PortTaken(port) from error
    # Not set by asyncio for a socket that it is given. Else an answer's body waits 40 ms for its head to be confirmed.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening


def prepare_folder(folder: Path) -> None:
    """Makes it, empty and for its owner only. Raises OSError."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, mode=0o700)


def _wait_for_eof(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    while os.read(0, 4096):
        pass
    loop.call_soon_threadsafe(stop.set)
