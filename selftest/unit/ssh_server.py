"""An SSH server on loopback, in a thread of its own, which answers each command as a test says."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import asyncssh

Respond = Callable[[str], tuple[int, str, str] | None]
"""A command to its exit code, output and complaint; None for no answer at all."""


@dataclass
class SshServer:
    port: int
    host_key: str
    """The public half, as `ssh-keyscan` prints it."""
    client_key: str
    """The private half of the one key that it takes."""
    asked: list[str]


def new_key() -> str:
    return asyncssh.generate_private_key("ssh-ed25519").export_private_key().decode()


@contextmanager
def serving(respond: Respond) -> Iterator[SshServer]:
    host, client = (asyncssh.generate_private_key("ssh-ed25519") for _ in range(2))
    found = SshServer(0, _public(host), client.export_private_key().decode(), [])
    loop, ready = asyncio.new_event_loop(), threading.Event()

    async def answer(process: asyncssh.SSHServerProcess[str]) -> None:
        found.asked.append(process.command or "")
        told = respond(process.command or "")
        if told is None:
            await asyncio.Event().wait()
            return
        code, output, complaint = told
        process.stdout.write(output)
        process.stderr.write(complaint)
        process.exit(code)

    async def listen() -> asyncssh.SSHAcceptor:
        return await asyncssh.listen(
            "127.0.0.1",
            0,
            server_host_keys=[host],
            authorized_client_keys=asyncssh.import_authorized_keys(_public(client)),
            process_factory=answer,
        )

    def run() -> None:
        asyncio.set_event_loop(loop)
        acceptor = loop.run_until_complete(listen())
        found.port = acceptor.get_port()
        ready.set()
        loop.run_forever()
        acceptor.close()
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.run_until_complete(asyncio.sleep(0))
        loop.close()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    assert ready.wait(10)
    try:
        yield found
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)


def _public(key: asyncssh.SSHKey) -> str:
    return key.export_public_key().decode().strip()
