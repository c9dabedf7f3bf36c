"""A shell on Moodle's server, by SSH or on this machine. It runs the commands of `commands.py`, and nothing else."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from shlex import join
from typing import Protocol

from clients.errors import ConfigurationError, NotCheckable, Unreachable, root_of
from clients.server.commands import COMMANDS, Command, Place
from redaction.environment import variables_without_secrets

NO_SUCH_COMMAND = 127
"""What a shell answers, by POSIX."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command came to: its exit code, what it printed, and what it complained of."""

    code: int
    output: str
    complaint: str = ""


class Way(Protocol):
    """How to run words on the server. Raises Unreachable, ConfigurationError; TimeoutError after so many seconds."""

    @property
    def name(self) -> str: ...

    def run(self, words: list[str], seconds: float) -> Answer: ...


@dataclass(frozen=True)
class Here:
    """The server is this machine. What is run there knows none of `secrets`."""

    secrets: Collection[str] = field(default=(), repr=False)
    name: str = "this machine"

    def run(self, words: list[str], seconds: float) -> Answer:
        variables = variables_without_secrets(self.secrets)
        try:
            done = subprocess.run(
                words, capture_output=True, timeout=seconds, check=False, stdin=subprocess.DEVNULL, env=variables
            )
        except subprocess.TimeoutExpired:
            raise TimeoutError from None
        except OSError as reason:
            return Answer(NO_SUCH_COMMAND, "", str(reason.strerror))
        return Answer(done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace"))


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
        # A thread of its own has no loop yet, whoever calls: Playwright runs one in the main thread.
        with ThreadPoolExecutor(1) as thread:
            return thread.submit(asyncio.run, self._run(join(words), seconds)).result()

    async def _run(self, command: str, seconds: float) -> Answer:
        import asyncssh  # takes long, and most environments have no shell

        user, _, address = self.login.rpartition("@")
        host, _, port = address.partition(":")
        try:
            connection = await asyncssh.connect(
                host,
                int(port or 22),
                username=user,
                config=None,
                known_hosts=self._trusted(),
                client_keys=[asyncssh.import_private_key(self.key)] if self.key else (),
                agent_path=None if self.key else (),
                preferred_auth="publickey",
                connect_timeout=self.patience,
                login_timeout=self.patience,
            )
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
                done = await asyncio.wait_for(connection.run(command, encoding="utf-8", errors="replace"), seconds)
            except asyncssh.Error as reason:
                raise Unreachable(f"{self.login} ended the connection: {str(reason).rstrip('.')}.") from reason
        code = -1 if done.exit_status is None else done.exit_status
        return Answer(code, str(done.stdout or ""), str(done.stderr or ""))

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
        except Unreachable as reason:
            raise NotCheckable(str(reason)) from reason
        if answer.code == NO_SUCH_COMMAND and answer.complaint:
            raise NotCheckable(f"{what} cannot be run: {answer.complaint.strip().splitlines()[-1][:200]}")
        return answer
