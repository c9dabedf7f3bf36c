"""What Moodle's server says of itself, by the commands of `commands.py`. An answer that nobody understands is
NotCheckable."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import cached_property
from typing import Any

from clients.errors import NotCheckable
from clients.server.commands import (
    BACKUPS,
    CLOCK,
    COMPOSER,
    DISK,
    FACTS,
    HASHES,
    LOG_BYTES,
    MODES,
    PHP_LOG,
    PROCESSES,
    SCHEMA,
    SIZE,
    TASKS,
    WATCHER,
    WEB_LOG,
    Command,
)
from clients.server.shell import Answer, Shell


@dataclass(frozen=True, slots=True)
class Entry:
    """One of Moodle's upgrade log: 0 is normal, 1 a notice, 2 an error (lib/upgradelib.php)."""

    type: int
    version: str
    info: str


@dataclass(frozen=True, slots=True)
class Facts:
    """`sdk` maps folders to versions of the AWS SDK; `listed` is the version that Composer has installed, if any.

    `owner` owns Moodle's data, so the web server runs as him. `upgrade_log` and `may_create` are None where the
    database lets nobody in. `missing` are Moodle's tables that the restored database lacks, None where no
    such database lets Moodle's user in; `restored` is the plugin's version there.
    """

    wwwroot: str
    sdk: dict[str, str]
    listed: str | None
    owner: str
    owner_id: int
    user_id: int
    upgrade_log: list[Entry] | None
    may_create: bool | None
    missing: tuple[str, ...] | None = None
    restored: str | None = None


@dataclass(frozen=True, slots=True)
class File:
    """Of the plugin's folder: `kind` as find tells it (f, d, l), permissions such as 0o755, the owner, the path."""

    kind: str
    mode: int
    owner: str
    path: str


@dataclass(frozen=True, slots=True)
class Use:
    """What one user's processes take: seconds of a processor since they began, bytes of memory."""

    seconds: int
    memory: int


@dataclass(frozen=True, slots=True)
class Backup:
    """The newest of a kind; `holds` is what of it is known to belong there."""

    age: int
    bytes: int
    whole: bool
    holds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Log:
    """The end of a log; `whole` where that is all of it."""

    name: str
    text: str
    whole: bool


class Host:
    """Asked through a shell."""

    def __init__(self, shell: Shell) -> None:
        self.shell = shell

    @cached_property
    def facts(self) -> Facts:
        answer = self.shell.ask(FACTS)
        if answer.code or not answer.output.strip():
            raise NotCheckable(
                f"PHP does not read Moodle's config.php in {self.shell.place.moodle} on {self.shell.name}: "
                f"{_complaint(answer)}. Correct moodle or php in [server], or log in as the user that PHP runs as"
            )
        try:
            told: dict[str, Any] = json.loads(answer.output.strip().splitlines()[-1])
            log = told.get("upgrade_log")
            return Facts(
                wwwroot=str(told["wwwroot"]),
                sdk={str(folder): str(version) for folder, version in dict(told["sdk"] or {}).items()},
                listed=told["composer_lists"],
                owner=str(told["owner_name"]),
                owner_id=int(told["owner"]),
                user_id=int(told["user"]),
                upgrade_log=None if log is None else [Entry(int(kind), str(of), str(info)) for kind, of, info in log],
                may_create=told.get("may_create"),
                missing=None if told.get("missing") is None else tuple(map(str, told["missing"])),
                restored=told.get("restored"),
            )
        except (KeyError, TypeError, ValueError):
            raise self._garbled(FACTS) from None

    def composer(self) -> str:
        """Where Composer is; empty where it is not."""
        return self.shell.ask(COMPOSER).output.strip()

    def free_bytes(self) -> int:
        """On the disk that has Moodle's code."""
        try:
            return int(self._output(DISK).splitlines()[-1].split()[3]) * 1024
        except (IndexError, ValueError):
            raise self._garbled(DISK) from None

    def files(self) -> list[File]:
        """Of the plugin's folder, itself among them."""
        lines = [line.split(" ", 3) for line in self._output(MODES).splitlines()]
        try:
            return [File(kind, int(mode, 8), owner, path) for kind, mode, owner, path in lines]
        except ValueError:
            raise self._garbled(MODES) from None

    def digests(self) -> dict[str, str]:
        """SHA-256 of each of the plugin's files, by its path in the plugin's folder."""
        found = re.findall(r"^([0-9a-f]{64})  (.+)$", self._output(HASHES), re.M)
        if not found:
            raise self._garbled(HASHES)
        return {path.removeprefix(f"{self.shell.place.plugin}/"): digest for digest, path in found}

    def use(self) -> Use:
        """What the processes of the web server's user take."""
        rows = re.findall(r"^(\S+)\s+(\d+)\s+(\d+)$", self._output(PROCESSES), re.M)
        if not (own := [row for row in rows if row[0] == self.facts.owner]):
            raise NotCheckable(f"no process on {self.shell.name} is one of {self.facts.owner}, who owns Moodle's data")
        return Use(sum(int(row[1]) for row in own), sum(int(row[2]) for row in own) * 1024)

    def data_bytes(self) -> int:
        """What Moodle's data take on its disk."""
        try:
            return int(self._output(SIZE).split()[-1])
        except (IndexError, ValueError):
            raise self._garbled(SIZE) from None

    def now(self) -> datetime:
        """By the server's clock, in its time zone."""
        found = re.fullmatch(r"(\d+) ([+-])(\d\d)(\d\d)", self._output(CLOCK).strip())
        if not found:
            raise self._garbled(CLOCK)
        offset = timedelta(hours=int(found[3]), minutes=int(found[4])) * (-1 if found[2] == "-" else 1)
        return datetime.fromtimestamp(int(found[1]), timezone(offset))

    def php_log(self) -> Log:
        return self._log(PHP_LOG, self.shell.place.php_log)

    def web_log(self) -> Log:
        return self._log(WEB_LOG, self.shell.place.web_log)

    def _log(self, command: Command, name: str | None) -> Log:
        text = self._output(command)
        return Log(name or "", text, len(text.encode()) < LOG_BYTES)

    def backups(self) -> dict[str, Backup]:
        """The newest by kind: `database`, `files`."""
        found: dict[str, Backup] = {}
        kind, lines = "", self._output(BACKUPS).splitlines()
        for line in lines:
            if told := re.fullmatch(r"(database|files) (-?\d+) (\d+) (whole|broken)", line):
                kind = told[1]
                found[kind] = Backup(int(told[2]), int(told[3]), told[4] == "whole", ())
            elif kind:
                one = found[kind]
                found[kind] = Backup(one.age, one.bytes, one.whole, (*one.holds, line))
            else:
                raise self._garbled(BACKUPS)
        return found

    def watcher_runs(self) -> bool:
        return bool(self.shell.ask(WATCHER).output.strip())

    def tasks(self) -> str:
        """What Moodle's command line lists."""
        return self._output(self._safe(TASKS))

    def schema(self) -> str:
        """What Moodle says of its tables; its exit code tells whether they are right, and so do its words."""
        return self.shell.ask(self._safe(SCHEMA)).output.strip()

    def _safe(self, command: Command) -> Command:
        if command.starts_moodle and self.facts.user_id != self.facts.owner_id:
            raise NotCheckable(
                f"Moodle's own commands are run as {self.facts.owner} only, who owns its data: log in as that user, or "
                f'write php = "sudo -n -u {self.facts.owner} php" in [server]'
            )
        return command

    def _output(self, command: Command) -> str:
        answer = self.shell.ask(command)
        if answer.code != 0:
            what = command.shown(self.shell.place)
            raise NotCheckable(f"{what} failed on {self.shell.name}: {_complaint(answer)}")
        return answer.output

    def _garbled(self, command: Command) -> NotCheckable:
        what = command.shown(self.shell.place)
        return NotCheckable(f"the suite does not understand what {what} answers on {self.shell.name}: try it by hand")


def _complaint(answer: Answer) -> str:
    lines = (answer.complaint or answer.output).strip().splitlines()
    by_php = [line for line in lines if "error: " in line]  # where it was thrown comes last
    return (by_php or lines)[-1][:200].rstrip(".") if lines else f"it ended with {answer.code} and said nothing"
