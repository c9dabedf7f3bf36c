"""The network between a browser and the world: its speed, its volume and its breakage.

A browser is launched with a `ProxiedNetwork` as its proxy, so that every engine's uploads can be slowed down,
counted and cut in the same way. Bytes stay encrypted, and it sees host names and sizes only; where the environment has
an authority of its own (`ca_file`), it ends TLS and verifies every certificate, for no engine can be told an authority
in the same way.
"""

from __future__ import annotations

import asyncio
import random
import socket
import ssl
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any, Self, cast
from urllib.parse import unquote
from urllib.request import getproxies, proxy_bypass

from urllib3.util import make_headers, parse_url

from clients.addresses import endpoint
from clients.ca_bundle import Ends
from clients.errors import NotCheckable
from clients.http import while_it_changes
from clients.steps import step
from network.link import Link

CHUNK = 32 * 1024

END_OF_HEAD = b"\r\n\r\n"

TICK = 0.02
"""Seconds that a slow network may be ahead or behind: shorter sleeps take longer than asked for."""

ELSEWHERE = "127.0.0.99"
"""The other address of a machine whose network changes."""

NO_OTHER_ADDRESS = (
    "a run has another address only towards a site on its own machine; change from Wi-Fi to mobile data in an upload, "
    "and sign"
)

NOT_OURS = (
    "the browser runs on a machine that does not reach this one, so what it sends is neither slowed down, seen nor cut"
)

SEGMENT = 1400
"""Bytes of a TCP segment, as on a network. With loopback's 64 KiB the kernel takes 4 MB from a browser at once."""


@dataclass
class Traffic:
    """Bytes that crossed a network meanwhile, by `host:port`, TLS and headers included."""

    sent: Counter[str] = field(default_factory=Counter)
    received: Counter[str] = field(default_factory=Counter)


RESENT = 0.6
"""Seconds until what was lost is sent again: a few round trips and a time-out of TCP."""


class Direction:
    """What a network lets through one way: `counted` bytes by `host:port`, at `rate` bytes a second all together, each
    part of them after `delay` seconds; the share `lost` takes longer."""

    def __init__(self) -> None:
        self.counted: Counter[str] = Counter()
        self.rate: float | None = None
        self.delay = self.lost = 0.0
        self._free = 0.0
        self._chance = random.Random(0)

    async def pause(self, size: int) -> None:
        """So many bytes have crossed; waits until the next ones may."""
        if self.rate:
            now = asyncio.get_running_loop().time()
            self._free = max(self._free, now - TICK) + size / self.rate
            if self._free > now + TICK:
                await asyncio.sleep(self._free - now)

    async def travel(self) -> None:
        """Some bytes are on their way."""
        if late := self.delay + RESENT * (self._chance.random() < self.lost):
            await asyncio.sleep(late)

    @contextmanager
    def slow(self, megabits_per_second: float, delay: float = 0, lost: float = 0) -> Iterator[None]:
        self.rate, self.delay, self.lost = megabits_per_second * 1_000_000 / 8, delay, lost
        try:
            yield
        finally:
            self.rate, self.delay, self.lost = None, 0.0, 0.0


class ProxiedNetwork:
    """A CONNECT proxy on loopback, run by a thread of its own.

    `sent` and `received` count the bytes that crossed since the start, by `host:port`. Where the machine reaches the
    world by a proxy of its own (`HTTPS_PROXY`, `NO_PROXY`) this one goes through that.
    """

    is_ours = True

    def __init__(self, connect_timeout: float = 10, ends: Ends | None = None) -> None:
        """`connect_timeout` in seconds. With `ends` the proxy ends TLS and verifies certificates itself: whoever has a
        certificate that those do not trust, gets no connection."""
        self._connect_timeout = connect_timeout
        self._ends = ends
        self._up, self._down = Direction(), Direction()
        self.sent, self.received = self._up.counted, self._down.counted
        self._cut: set[str] = set()
        self._from = ""
        self._open: dict[asyncio.StreamWriter, str] = {}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="network", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        listener = socket.create_server(("127.0.0.1", 0))
        # A large receive buffer would swallow a whole clip before the browser notices that the network is slow.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2 * CHUNK)
        # Not set by asyncio for a socket that it is given. Else a body waits 40 ms for its head to be confirmed.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with suppress(OSError, AttributeError):  # macOS refuses more than its default, Windows does not know the option
            listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, SEGMENT)
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        serving = asyncio.start_server(self._serve, sock=listener, limit=2 * CHUNK)
        self._server = asyncio.run_coroutine_threadsafe(serving, self._loop).result()
        return self

    def __exit__(self, *_: object) -> None:
        self._end()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _end(self) -> None:
        """Breaks every connection and takes no other."""
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result()

    async def _close(self) -> None:
        self._server.close()
        self._abort()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    @contextmanager
    def requires_proxy(self) -> Iterator[None]:
        """For what means nothing unless the browser goes through here. Raises NotCheckable where it does not."""
        if not self.is_ours:
            raise NotCheckable(NOT_OURS)
        yield

    def sent_to(self, url: str) -> int:
        """Bytes sent so far to the host of `url`."""
        return self.sent[endpoint(url)]

    @contextmanager
    def slow(self, megabits_per_second: float) -> Iterator[None]:
        """Hold what the browser sends to this speed, in Mbit/s."""
        step("", f"Slow what the browser sends down to {megabits_per_second:g} Mbit/s.")
        with self._up.slow(megabits_per_second), self._broken_when_stopped():
            yield

    def slow_download(self, megabits_per_second: float) -> AbstractContextManager[None]:
        """Hold what the browser receives to this speed, in Mbit/s."""
        step("", f"Slow what the browser receives down to {megabits_per_second:g} Mbit/s.")
        return self._down.slow(megabits_per_second)

    @contextmanager
    def like(self, link: Link) -> Iterator[None]:
        """Be as slow and lossy as `link`, both ways."""
        step("", f"Have the browser's network as slow and lossy as {link}.")
        up, down = self._up.slow(link.up, link.delay, link.lost), self._down.slow(link.down, link.delay, link.lost)
        with up, down, self._broken_when_stopped():
            yield

    @contextmanager
    def _broken_when_stopped(self) -> Iterator[None]:
        """A run that is told to stop ends what it slowed down: the rest of an upload would cross at once, and S3 have
        it when clean-up has looked. Chromium sends an upload again whose connection broke, so no other is taken."""
        try:
            yield
        except KeyboardInterrupt:
            self._end()
            raise

    @contextmanager
    def measured(self) -> Iterator[Traffic]:
        """Counts what crosses while the context lasts; the figures are complete when it ends."""
        sent, received = self.sent.copy(), self.received.copy()
        traffic = Traffic()
        try:
            yield traffic
        finally:
            traffic.sent.update(self.sent - sent)
            traffic.received.update(self.received - received)

    @contextmanager
    def cut(self, host: str) -> Iterator[None]:
        """Break every connection to `host:port`, transfers in flight included, and refuse new ones."""
        step("", f"Break every connection to {host}.")
        self._cut.add(host)
        self._loop.call_soon_threadsafe(self._abort, host)
        try:
            yield
        finally:
            step("", f"Let {host} be reached again.")
            self._cut.discard(host)

    @contextmanager
    def changing_address(self, *urls: str) -> Iterator[Callable[[], None]]:
        """Gives what changes the address of this machine, back and forth: every connection breaks, and new ones come
        from the other one. Raises NotCheckable where these hosts are on another machine."""
        if not all(_is_here(url) for url in urls):
            raise NotCheckable(NO_OTHER_ADDRESS)

        def change() -> None:
            step("", "Have the browser's machine get another address, as from Wi-Fi to mobile data.")
            self._from = "" if self._from else ELSEWHERE
            self._loop.call_soon_threadsafe(self._abort)

        try:
            yield change
        finally:
            self._from = ""

    def _abort(self, host: str = "") -> None:
        """Breaks every connection to the host, or to all."""
        for writer, to in self._open.items():
            if host in ("", to):
                with suppress(AttributeError):  # of TLS that was closed twice Python 3.11.2 has nothing left to abort
                    writer.transport.abort()

    async def _serve(self, browser: asyncio.StreamReader, answer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.CancelledError):  # at the end; asyncio would print that its task was cancelled
            await self._tunnel(browser, answer)

    async def _tunnel(self, browser: asyncio.StreamReader, answer: asyncio.StreamWriter) -> None:
        ends = [answer]
        try:
            method, host, _ = (await browser.readuntil(END_OF_HEAD)).decode("latin-1").split(" ", 2)
            name, _, port = host.rpartition(":")
            try:
                if method != "CONNECT" or host in self._cut:
                    raise ConnectionRefusedError
                async with asyncio.timeout(self._connect_timeout):
                    world, request = await _connect(name.strip("[]"), int(port), self._from)
                    ends.append(request)
                    if self._ends:
                        await request.start_tls(self._ends.world, server_hostname=name.strip("[]"))
            except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):  # a TLS error is an OSError
                answer.write(b"HTTP/1.1 502 Bad Gateway\r\nConnection: close\r\n\r\n")
                return
            self._open |= {answer: host, request: host}
            if host in self._cut:
                raise ConnectionResetError  # cut while it was being opened
            answer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            if self._ends:
                await answer.start_tls(self._ends.browser)
            async with asyncio.TaskGroup() as directions:
                directions.create_task(_pump(browser, request, self._up, host))
                directions.create_task(_pump(world, answer, self._down, host))
        except* (OSError, asyncio.IncompleteReadError):
            pass  # the browser sees the broken connection, and reports it as its user would see it
        finally:
            for end in ends:
                self._open.pop(end, None)
                end.close()


class UnknownTraffic:
    """Traffic of which nothing can be said."""

    def __getattr__(self, name: str) -> Any:
        raise NotCheckable(NOT_OURS)


class DirectNetwork(ProxiedNetwork):
    """The network of a browser on a machine that does not reach this one: neither slowed, nor seen, nor cut."""

    is_ours = False

    @contextmanager
    def measured(self) -> Iterator[Traffic]:
        yield cast(Traffic, UnknownTraffic())

    @contextmanager
    def slow(self, megabits_per_second: float) -> Iterator[None]:
        yield

    def slow_download(self, megabits_per_second: float) -> AbstractContextManager[None]:
        raise NotCheckable(NOT_OURS)

    @contextmanager
    def like(self, link: Link) -> Iterator[None]:
        raise NotCheckable(NOT_OURS)
        yield

    @contextmanager
    def changing_address(self, *urls: str) -> Iterator[Callable[[], None]]:
        raise NotCheckable(NOT_OURS)
        yield

    def sent_to(self, url: str) -> int:
        raise NotCheckable(NOT_OURS)

    @contextmanager
    def cut(self, host: str) -> Iterator[None]:
        raise NotCheckable(NOT_OURS)
        yield


async def _pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter, direction: Direction, host: str) -> None:
    while chunk := await source.read(CHUNK):
        direction.counted[host] += len(chunk)
        await direction.travel()
        sink.write(chunk)
        await sink.drain()
        await direction.pause(len(chunk))
    with suppress(OSError):
        if sink.can_write_eof():
            sink.write_eof()
        else:  # TLS has no half of a connection
            sink.close()


@while_it_changes
def _proxy_to(host: str, port: int) -> str | None:
    """The machine's own proxy, where there is one for that host."""
    proxy = getproxies().get("https")
    return None if proxy_bypass(f"{host}:{port}") or proxy_bypass(host) else proxy


def _is_here(url: str) -> bool:
    """Whether a host is on this machine, which has more than one address of its own."""
    host, _, port = endpoint(url).rpartition(":")
    try:
        with socket.socket() as other:
            other.bind((ELSEWHERE, 0))
        found = socket.getaddrinfo(host.strip("[]"), int(port), type=socket.SOCK_STREAM)
    except OSError:
        return False
    return not _proxy_to(host, int(port)) and all(ip_address(one[4][0]).is_loopback for one in found)


async def _connect(host: str, port: int, own: str = "") -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection to the host, through the machine's own proxy where there is one for it, from this machine's `own`
    address where one is given. Raises OSError."""
    if not (proxy := _proxy_to(host, port)):
        local = (own, 0) if own else None
        return await asyncio.open_connection(host, port, limit=2 * CHUNK, local_addr=local)
    upstream = parse_url(proxy)
    tls = ssl.create_default_context() if upstream.scheme == "https" else None
    world, request = await asyncio.open_connection(upstream.host, upstream.port or 80, ssl=tls, limit=2 * CHUNK)
    try:
        at = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        headers = {"host": at}
        if upstream.auth:
            headers |= make_headers(proxy_basic_auth=unquote(upstream.auth))
        request.write(f"CONNECT {at} HTTP/1.1\r\n".encode())
        request.writelines(f"{name}: {value}\r\n".encode() for name, value in headers.items())
        request.write(b"\r\n")
        status = (await world.readuntil(END_OF_HEAD)).decode("latin-1").split(" ", 2)[1]
        if status != "200":
            raise ConnectionRefusedError(f"the proxy {upstream.host} answers {status} to a connection to {host}")
    except BaseException:
        request.close()
        raise
    return world, request
