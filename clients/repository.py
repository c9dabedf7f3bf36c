"""A git repository on this machine, read only: what was ever committed, tags, and files of a revision."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryFile

from clients.errors import NotCheckable

CHUNK = 2**24
"""Bytes of an object in memory at a time."""

OVERLAP = 4096
"""Bytes that a chunk has in common with the one before it: no secret is longer."""

TORN = "it ends in the middle of the history; try git fsck there"

PATIENCE = 60
"""Seconds for one question, such as which objects there are."""

ALONE = {
    "GIT_ALLOW_PROTOCOL": "",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
}
"""It asks nobody, fetches nothing and writes nothing."""


class Repository:
    """Raises NotCheckable for what is no repository, nor a folder that one holds, and where there is no git."""

    def __init__(self, path: Path) -> None:
        self._path = path
        if self._git("rev-parse", "--is-shallow-repository").strip() == "true":
            raise NotCheckable(f"{path.name} has a part of its history only: fetch the rest (git fetch --unshallow)")
        below = self._git("rev-parse", "--show-prefix").strip()
        if below and not self._git("rev-list", "--all", "--max-count=1", "--", "."):
            around = Path(self._git("rev-parse", "--show-toplevel").strip())
            raise NotCheckable(
                f"{path.name} is no repository, and the one around it, {around.name}, has never held it: name the "
                "plugin's repository as local.repository"
            )

    def objects(self) -> Iterator[tuple[str, bytes]]:
        """All that was ever committed on a branch, under a tag, or is in the reflog: where it stands, and its content.

        Commits and tags are among it. A large object comes in several pieces, which overlap.
        """
        places = dict(_split(line) for line in self._git("rev-list", "--objects", "--all", "--reflog").splitlines())
        with TemporaryFile() as asked:
            asked.write("\n".join([*places, ""]).encode())
            asked.seek(0)
            process = subprocess.Popen(
                self._command("cat-file", "--batch", "--buffer"), stdin=asked, stdout=subprocess.PIPE, env=_variables()
            )
            assert process.stdout
            try:
                while header := process.stdout.readline():
                    id_, *kind_and_size = header.decode().split()
                    if kind_and_size == ["missing"]:
                        raise self._unreadable(f"the object {id_} is missing; clone it anew")
                    left, before = int(kind_and_size[-1]), b""
                    while left:
                        piece = process.stdout.read(min(left, CHUNK))
                        if not piece:
                            raise self._unreadable(TORN)
                        left -= len(piece)
                        yield f"{places.get(id_) or kind_and_size[0]} ({id_[:10]})", before + piece
                        before = piece[-OVERLAP:]
                    process.stdout.read(1)
                if process.wait():
                    raise self._unreadable(TORN)
            finally:
                process.stdout.close()
                process.kill()
                process.wait()

    def tags(self) -> list[str]:
        return self._git("for-each-ref", "--format=%(refname:strip=2)", "refs/tags").splitlines()

    def file(self, ending: str, revision: str) -> bytes | None:
        """Content of the plugin's file whose path ends so; None where the revision has none."""
        names = self._git("ls-tree", "-r", "--full-tree", "--name-only", revision).splitlines()
        fitting = [name for name in names if name == ending or name.endswith(f"s3video/{ending}")]
        if not fitting:
            return None
        return self._git("show", f"{revision}:{fitting[0]}").encode(errors="surrogateescape")

    def _git(self, *arguments: str) -> str:
        done = self._run(*arguments)
        if done.returncode:
            raise self._unreadable(done.stderr.decode(errors="replace").strip().partition("\n")[0])
        return done.stdout.decode(errors="surrogateescape")

    def _run(self, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        try:
            return subprocess.run(
                self._command(*arguments), capture_output=True, check=False, timeout=PATIENCE, env=_variables()
            )
        except FileNotFoundError:
            raise NotCheckable("there is no git on this machine; install it") from None
        except subprocess.TimeoutExpired:
            raise NotCheckable(f"git takes more than {PATIENCE} s for the history of {self._path.name}") from None

    def _unreadable(self, why: str) -> NotCheckable:
        """git has words of its own, in each version others, for what a partial clone would have to fetch."""
        if self._run("config", "--get-regexp", r"^remote\..*\.promisor$").returncode == 0:
            return NotCheckable(
                f"{self._path.name} is a partial clone, which lacks content of its history: fetch that "
                "(git fetch --refetch --no-filter)"
            )
        return NotCheckable(f"git cannot read {self._path.name}: {why or 'it says nothing'}")

    def _command(self, *arguments: str) -> list[str]:
        return ["git", "-c", "core.quotePath=false", "-C", str(self._path), *arguments]


def _variables() -> dict[str, str]:
    """Nothing of the run's, in which there are secrets."""
    return {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ} | ALONE


def _split(line: str) -> tuple[str, str]:
    id_, _, path = line.partition(" ")
    return id_, path
