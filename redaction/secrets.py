"""Keep the run's secrets out of `reports/`: collect them, redact them, and prove that none is left.

A secret is looked for as it is, escaped for HTML and JSON, URL-encoded, and inside base64 at any
alignment. Session keys, signatures and private keys are recognised by their form as well, so they
are found even when nobody registered them. Redaction and scan share one definition of both.
"""

from __future__ import annotations

import gzip
import io
import mmap
import os
import shutil
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from cryptography.fernet import Fernet

from redaction.secret_patterns import MARK, SHORTEST_SECRET, Detector, as_bytes

_MARK = MARK.encode()

_ZIP, _GZIP = b"PK\x03\x04", b"\x1f\x8b"

_DAMAGED = (zipfile.BadZipFile, EOFError, OSError, zlib.error, NotImplementedError, RuntimeError)


class Secrets:
    """The secret values of a run, shared by its processes through `path`, which only the owner can read.

    `path` must be outside `reports/`. A line a value, encrypted with a `key` that only the run's processes have: what a
    run leaves that is killed can be read by nobody.
    """

    def __init__(self, path: Path, key: str | None = None) -> None:
        self.path = path
        self.key = key or Fernet.generate_key().decode()
        self._cipher = Fernet(self.key)
        self._read: dict[bytes, str] = {}
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)

    def add(self, value: str) -> None:
        """Remember `value`, unless it is too short to be looked for."""
        if len(value) < SHORTEST_SECRET or value in self.values():
            return
        descriptor = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.fchmod(descriptor, 0o600)
            os.write(descriptor, self._cipher.encrypt(as_bytes(value)) + b"\n")
        finally:
            os.close(descriptor)

    def values(self) -> list[str]:
        """All values so far, from every process, in the order they were added."""
        if not self.path.exists():
            return []
        for line in self.path.read_bytes().splitlines():
            if line not in self._read:
                self._read[line] = self._cipher.decrypt(line).decode(errors="surrogatepass")
        return list(dict.fromkeys(self._read.values()))

    def remove(self) -> None:
        """Forget everything, when the run is over and its reports are scanned."""
        self.path.unlink(missing_ok=True)


@dataclass(frozen=True)
class Leak:
    """A secret in a file. `path` is relative to the scanned folder, `archive.zip > member` inside archives."""

    path: str
    kind: str


def redact(text: str, values: Iterable[str]) -> str:
    """`text` with every secret in it replaced by `[redacted]`."""
    return Detector(values).redact(as_bytes(text)).decode(errors="surrogatepass")


def holds(text: str, value: str) -> bool:
    """Whether `value` stands in `text`, in whatever spelling."""
    return bool(Detector([value]).matches(as_bytes(text)))


def redact_zip(path: Path, values: Iterable[str]) -> None:
    """Rewrite the archive at `path`, such as a Playwright trace, so that a scan finds nothing in it.

    The old archive stays until the new one is complete. Raises zipfile.BadZipFile if it is damaged.
    """
    detector = Detector(values)
    partial = path.with_name(f"{path.name}.partial")
    try:
        with path.open("rb") as source, partial.open("wb") as target:
            _rewrite_zip(source, target, detector)
        shutil.copymode(path, partial)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def scan(folder: Path, values: Iterable[str]) -> list[Leak]:
    """Search names and contents of all files under `folder`, and inside zip and gzip archives.

    Links are not followed. An archive that cannot be read is reported too. Raises NotADirectoryError.
    """
    if not folder.is_dir():
        raise NotADirectoryError(folder)
    detector = Detector(values)
    files = [Path(directory, name) for directory, _, names in os.walk(folder) for name in names]
    leaks: list[Leak] = []
    for file in sorted(file for file in files if file.is_file() and not file.is_symlink()):
        with file.open("rb") as stream:
            # Mapped, because a video may be larger than what we want to hold; an empty file cannot be.
            content = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) if file.stat().st_size else b""
            leaks += _leaks(str(file.relative_to(folder)), content, detector)
    return leaks


def _leaks(path: str, content: bytes | mmap.mmap, detector: Detector) -> Iterator[Leak]:
    shown = detector.redact(as_bytes(path)).decode(errors="surrogatepass")
    for kind in sorted(detector.kinds(as_bytes(path)) | detector.kinds(content)):
        yield Leak(shown, kind)
    try:
        for name, member in _members(content):
            yield from _leaks(f"{path} > {name}", member, detector)
    except _DAMAGED:
        yield Leak(shown, "archive that cannot be read")


def _members(content: bytes | mmap.mmap) -> Iterator[tuple[str, bytes]]:
    if content[:4] == _ZIP:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for info in archive.infolist():
                yield info.filename, archive.read(info)
    elif content[:2] == _GZIP:
        yield "content", gzip.decompress(content)


def _redact_file(content: bytes, detector: Detector) -> bytes:
    try:
        if content[:4] == _ZIP:
            rewritten = io.BytesIO()
            _rewrite_zip(io.BytesIO(content), rewritten, detector)
            return rewritten.getvalue()
        if content[:2] == _GZIP:
            return gzip.compress(_redact_file(gzip.decompress(content), detector), mtime=0)
    except _DAMAGED:
        return _MARK
    return detector.redact(content)


def _rewrite_zip(source: IO[bytes], target: IO[bytes], detector: Detector) -> None:
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for info in old.infolist():
            name = detector.redact(as_bytes(info.filename)).decode(errors="surrogatepass")
            kept = zipfile.ZipInfo(name, info.date_time)
            kept.compress_type = info.compress_type
            new.writestr(kept, _redact_file(old.read(info), detector))
