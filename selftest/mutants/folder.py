"""The plugin's folder on the site: changed for a while, and put back byte for byte, after a kill too."""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from collections.abc import Mapping
from pathlib import Path


class FolderError(Exception):
    """The plugin's folder is not what it must be; the message says what to do."""


class PluginFolder:
    """`folder` is on the site; the copy of the original is in `state`, where `changed` stands while they may differ.

    Whoever opens it puts back first what one that was killed has left.
    """

    def __init__(self, folder: Path, state: Path) -> None:
        if not (folder / "version.php").is_file():
            raise FolderError(f"{folder} is no plugin: it has no version.php")
        if state.resolve().is_relative_to(folder.resolve()):
            raise FolderError(f"{state} is inside of {folder}: give the state a folder elsewhere")
        self.folder = folder
        self._copy = state / "original"
        self._changed = state / "changed"
        self.restored: set[str] = set()
        """Files that a run before had left changed."""
        state.mkdir(parents=True, exist_ok=True)
        if self._changed.exists():
            self.restored = self.put({})
        else:
            fresh = state / "original.part"
            shutil.rmtree(fresh, ignore_errors=True)
            shutil.copytree(folder, fresh)
            shutil.rmtree(self._copy, ignore_errors=True)
            fresh.rename(self._copy)
        self.original = contents(self._copy)

    @property
    def digest(self) -> str:
        """Of the original."""
        return digest(self.original)

    def put(self, files: Mapping[str, bytes]) -> set[str]:
        """The plugin with these files in it, and all others as they were; returns those that changed."""
        target = {**contents(self._copy), **files}
        now = contents(self.folder)
        differ = {file for file in target.keys() | now.keys() if target.get(file) != now.get(file)}
        if files:
            self._changed.touch()
        for file in sorted(differ):
            path = self.folder / file
            if file in target:
                path.parent.mkdir(parents=True, exist_ok=True)
                _write(path, target[file])
            else:
                path.unlink()
        if not files:
            if digest(contents(self.folder)) != digest(contents(self._copy)):
                raise FolderError(f"{self.folder} could not be put back; copy {self._copy} over it")
            self._changed.unlink(missing_ok=True)
        return differ


def _write(path: Path, content: bytes) -> None:
    """In place, because the folder's owner and mode are the site's; never with the time that it had before."""
    before = path.stat().st_mtime if path.exists() else 0
    path.write_bytes(content)
    if int(path.stat().st_mtime) <= int(before):  # PHP's cache looks at whole seconds
        os.utime(path, (time.time(), int(before) + 1))


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }


def digest(files: Mapping[str, bytes]) -> str:
    told = hashlib.sha256()
    for name, content in sorted(files.items()):
        told.update(f"{name}\0{hashlib.sha256(content).hexdigest()}\0".encode())
    return told.hexdigest()
