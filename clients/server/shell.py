"""A shell on Moodle's server, by SSH or on this machine. It runs the commands of `commands.py`, and nothing else."""

from __future__ import annotations

import asyncio
from asyncio.subprocess import DEVNULL
from collections.abc import Collection, Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from shlex import join
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

from tenacity import retry, retry_if_exception_type, stop_after_attempt

from clients.errors import ConfigurationError, NotCheckable, Unreachable, root_of
from clients.server.commands import COMMANDS, Command, Place
from redaction.environment import variables_without_secrets

if TYPE_CHECKING:
    from asyncssh import SSHClientConnection

LOST = 5
"""Connections that may be lost before that is an outage. A server that has no host key of the kind that is known says
so and hangs up, and what it said is lost with the connection now and then."""

NO_SUCH_COMMAND = 127
"""What a shell answers, by POSIX."""

LARGEST = 64 * 1024**2
"""Bytes of an output that is read whole."""

CHUNK = 64 * 1024


class TooLong(Exception):
    """A command has printed more than `LARGEST` bytes, and nobody knows whether it ends."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command came to: its exit code, what it printed, and what it complained of."""

    code: int
    output: str
    complaint: str = ""


class Way(Protocol):
    """How to run words on the server. Raises Unreachable, ConfigurationError; TooLong; TimeoutError after so many
    seconds."""

    @property
    def name(self) -> str: ...

    def run(self, words: list[str], seconds: float) -> Answer: ...


@dataclass(frozen=True)
class Here:
    """The server is this machine. What is run there knows none of `secrets`."""

    secrets: Collection[str] = field(default=(), repr=False)
    name: str = "this machine"

    def run(self, words: list[str], seconds: float) -> Answer:
        return _apart(self._run(words, seconds))

    async def _run(self, words: list[str], seconds: float) -> Answer:
        variables = variables_without_secrets(self.secrets)
        try:
            process, printed = await asyncio.get_running_loop().subprocess_exec(
                _Printed, *words, stdin=DEVNULL, env=variables
            )
        except OSError as reason:
            return Answer(NO_SUCH_COMMAND, "", str(reason.strerror))
        try:
            async with asyncio.timeout(seconds):
                await printed.ended
        finally:
            process.close()  # kills what runs still
        code = process.get_returncode()
        return Answer(-1 if code is None else code, *(text.decode(errors="replace") for text in printed.texts.values()))


class _Printed(asyncio.SubprocessProtocol):
    """What a program prints and complains of, until it has ended. `ended` raises TooLong."""

    def __init__(self) -> None:
        self.texts = {1: bytearray(), 2: bytearray()}
        self.ended = asyncio.get_running_loop().create_future()

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        self.texts[fd] += data
        if len(self.texts[fd]) > LARGEST and not self.ended.done():
            self.ended.set_exception(TooLong())

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.ended.done():
            self.ended.set_result(None)


@dataclass(frozen=True)
class Ssh:
    """`login` is `user@host` or `user@host:port`; `key` a private key in PEM, without which the agent and
    `~/.ssh` are asked.

    `host_key` is the server's public key as `ssh-keyscan` prints it, without the name in front; without it the host
    must stand in `known_hosts`.
    """

    login: str
    key: str | None = field(default=None, repr=False)
    host_key: str | None = None
    patience: float = 10
    known_hosts: Path = Path("~/.ssh/known_hosts")

    @property
    def name(self) -> str:
        return self.login

    def run(self, words: list[str], seconds: float) -> Answer:
        return _apart(self._run(join(words), seconds))

    async def _run(self, command: str, seconds: float) -> Answer:
        import asyncssh  # takes long, and most environments have no shell

        again = retry(
            retry=retry_if_exception_type(asyncssh.ConnectionLost), stop=stop_after_attempt(LOST), reraise=True
        )
        try:
            connection = await again(self._connect)()
        except (asyncssh.HostKeyNotVerifiable, asyncssh.KeyExchangeFailed) as reason:
            if "host key" not in str(reason).lower():
                raise Unreachable(f"{self.login} does not answer by SSH: {str(reason).rstrip('.')}.") from reason
            raise ConfigurationError(self._unknown_host()) from reason
        except asyncssh.PermissionDenied as reason:
            raise ConfigurationError(self._refused()) from reason
        except (OSError, asyncssh.Error) as reason:  # TimeoutError is an OSError
            why = "no answer in time" if isinstance(reason, TimeoutError) else root_of(reason).rstrip(".")
            raise Unreachable(f"{self.login} does not answer by SSH: {why}.") from reason
        async with connection:
            try:
                async with asyncio.timeout(seconds):
                    process = await connection.create_process(command, stdin=asyncssh.DEVNULL, encoding=None)
                    output, complaint = await asyncio.gather(_whole(process.stdout), _whole(process.stderr))
                    await process.wait_closed()
            except asyncssh.Error as reason:
                raise Unreachable(f"{self.login} ended the connection: {str(reason).rstrip('.')}.") from reason
        return Answer(-1 if process.exit_status is None else process.exit_status, output, complaint)

    async def _connect(self) -> SSHClientConnection:
        import asyncssh

        user, _, address = self.login.rpartition("@")
        parts = urlsplit(f"ssh://{address}")
        return await asyncssh.connect(
            parts.hostname or "",
            parts.port or 22,
            username=user,
            config=None,
            known_hosts=self._trusted(),
            client_keys=[asyncssh.import_private_key(self.key)] if self.key else (),
            agent_path=None if self.key else (),
            preferred_auth="publickey",
            connect_timeout=self.patience,
            login_timeout=self.patience,
        )

    def _trusted(self) -> object:
        import asyncssh

        if self.host_key:
            return [asyncssh.import_public_key(self.host_key)], [], []
        file = self.known_hosts.expanduser()
        if not file.exists():
            return [], [], []
        try:
            return asyncssh.read_known_hosts(str(file))
        except (ValueError, OSError) as reason:
            raise ConfigurationError(
                f"{file} is no list of host keys ({reason}): mend it, or give the key as host_key in [server]."
            ) from reason

    def _refused(self) -> str:
        if self.key:
            return f"{self.login} refuses the key of [server]: add its public half to authorized_keys there."
        return (
            f"{self.login} takes no key of the SSH agent or of ~/.ssh: add its public half to authorized_keys there, "
            "or name the variable that holds the private key as key in [server]."
        )

    def _unknown_host(self) -> str:
        if self.host_key:
            return (
                f"{self.login} shows another host key than host_key in [server]. Find out whether the server was set "
                "up anew before you correct it: this may be another machine."
            )
        return (
            f"The host key of {self.login} is not known here, or is another than before. Log in once by hand, compare "
            "the fingerprint with the server's, and let ssh note it in ~/.ssh/known_hosts; or give the key as host_key "
            "in [server]."
        )


def _apart(running: Coroutine[None, None, Answer]) -> Answer:
    # A thread of its own has no loop yet, whoever calls: Playwright runs one in the main thread.
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, running).result()


class Stream(Protocol):
    async def read(self, n: int, /) -> bytes: ...


async def _whole(stream: Stream) -> str:
    """Raises TooLong."""
    said = bytearray()
    while some := await stream.read(CHUNK):
        said += some
        if len(said) > LARGEST:
            raise TooLong
    return said.decode(errors="replace")


class Shell:
    """Runs commands of the list at one place. What a command cannot tell is NotCheckable."""

    def __init__(self, way: Way, place: Place) -> None:
        self._way = way
        self.place = place
        self.name = way.name

    def check(self) -> None:
        """Raises ConfigurationError where the server lets nobody in, Unreachable where it does not answer."""
        try:
            self._way.run(["true"], 10)
        except TimeoutError:
            raise Unreachable(f"{self.name} does not answer by SSH in time.") from None
        except TooLong:
            raise ConfigurationError(
                f"{self.name} prints more than {LARGEST // 1024**2} MiB to whoever logs in: look at what the shell "
                "starts there."
            ) from None

    def ask(self, command: Command) -> Answer:
        """Runs it. Raises NotCheckable where the environment file lacks what it needs, where the server has no such
        command, and where no answer comes in time."""
        assert command in COMMANDS
        if not getattr(self.place, command.needs):
            raise NotCheckable(f"name it as {command.needs} in [server] of the environment file")
        what = f"{command.shown(self.place)} on {self.name}"
        try:
            answer = self._way.run(list(command.words(self.place)), command.seconds)
        except TimeoutError:
            raise NotCheckable(f"{what} came to no end within {command.seconds:g} s") from None
        except TooLong:
            raise NotCheckable(f"{what} printed more than {LARGEST // 1024**2} MiB") from None
        except Unreachable as reason:
            raise NotCheckable(str(reason)) from reason
        if answer.code == NO_SUCH_COMMAND and answer.complaint:
            raise NotCheckable(f"{what} cannot be run: {answer.complaint.strip().splitlines()[-1][:200]}")
        return answer
