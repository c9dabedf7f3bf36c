"""A proxy as companies have one: CONNECT only, and it asks who is there. It leads to loopback, whatever the host."""

import asyncio
import base64
import hmac
import socket
from collections import Counter

from replica.settings import new_password

_LARGEST_HEAD = 16 * 1024


class Proxy:
    """`hosts` counts the connections by "host:port", `refused` those who did not say who they are."""

    def __init__(self, listening: socket.socket) -> None:
        self.listening = listening
        self.username, self.password = "acceptance", new_password()
        self.hosts: Counter[str] = Counter()
        self.refused = 0

    @property
    def url(self) -> str:
        """With name and password, as HTTPS_PROXY has it."""
        return f"http://{self.username}:{self.password}@127.0.0.1:{self.listening.getsockname()[1]}"

    async def start(self) -> asyncio.Server:
        return await asyncio.start_server(self._serve, sock=self.listening, limit=_LARGEST_HEAD)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            method, target = head.split(" ", 2)[:2]
            port = target.rpartition(":")[2]
            if method != "CONNECT" or not port.isdigit():
                await _answer(writer, "405 Method Not Allowed", "Allow: CONNECT")
            elif not self._knows(head):
                self.refused += 1
                await _answer(writer, "407 Proxy Authentication Required", 'Proxy-Authenticate: Basic realm="replica"')
            else:
                self.hosts[target] += 1
                await _tunnel(reader, writer, int(port))
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError):
            pass  # whoever asked has gone
        finally:
            writer.close()

    def _knows(self, head: str) -> bool:
        named = (line.partition(":") for line in head.splitlines()[1:])
        given = next((value.strip() for name, _, value in named if name.lower() == "proxy-authorization"), "")
        right = base64.b64encode(f"{self.username}:{self.password}".encode()).decode()
        return hmac.compare_digest(given.encode(), f"Basic {right}".encode())


async def _answer(writer: asyncio.StreamWriter, status: str, header: str) -> None:
    writer.write(f"HTTP/1.1 {status}\r\n{header}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
    await writer.drain()


async def _tunnel(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, port: int) -> None:
    try:
        inner, outer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        await _answer(writer, "502 Bad Gateway", "Via: replica")
        return
    writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
    await asyncio.gather(_pass_on(reader, outer), _pass_on(inner, writer))


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except ConnectionError:
        pass  # one end has gone; the other is told below
    finally:
        writer.close()
