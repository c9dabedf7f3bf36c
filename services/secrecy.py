"""Keep the run's secrets out of `reports/`: collect them, redact them, and prove that none is left.

A secret is looked for as it is, escaped for HTML and JSON, URL-encoded, and inside base64 at any
alignment. Session keys, signatures and private keys are recognised by their form as well, so they
are found even when nobody registered them. Redaction and scan share one definition of both.
"""

from __future__ import annotations

import base64
import gzip
import io
import json
import mmap
import os
import re
import shutil
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from operator import methodcaller
from pathlib import Path
from typing import IO
from urllib.parse import quote, quote_plus

from ahocorasick_rs import BytesAhoCorasick
from cryptography.fernet import Fernet

SHORTEST_SECRET = 6
"""Characters. Anything shorter could not be told from ordinary text."""

MARK = "[redacted]"

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
            os.write(descriptor, self._cipher.encrypt(value.encode()) + b"\n")
        finally:
            os.close(descriptor)

    def values(self) -> list[str]:
        """All values so far, from every process, in the order they were added."""
        if not self.path.exists():
            return []
        for line in self.path.read_bytes().splitlines():
            if line not in self._read:
                self._read[line] = self._cipher.decrypt(line).decode()
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
    return _detector(frozenset(values)).redact(_bytes(text)).decode(errors="surrogatepass")


def holds(text: str, value: str) -> bool:
    """Whether `value` stands in `text`, in whatever spelling."""
    return bool(_detector(frozenset({value}))._matches(_bytes(text)))


def redact_zip(path: Path, values: Iterable[str]) -> None:
    """Rewrite the archive at `path`, such as a Playwright trace, so that a scan finds nothing in it.

    The old archive stays until the new one is complete. Raises zipfile.BadZipFile if it is damaged.
    """
    detector = _detector(frozenset(values))
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
    detector = _detector(frozenset(values))
    files = [Path(directory, name) for directory, _, names in os.walk(folder) for name in names]
    leaks: list[Leak] = []
    for file in sorted(file for file in files if file.is_file() and not file.is_symlink()):
        with file.open("rb") as stream:
            # Mapped, because a video may be larger than what we want to hold; an empty file cannot be.
            content = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) if file.stat().st_size else b""
            leaks += _leaks(str(file.relative_to(folder)), content, detector)
    return leaks


# What a session key and its like may be separated by from their value, in HTML, JSON, a multipart or URL-encoded form.
_NEWLINE = rb"(?:\r?\n|(?:\\+r)?\\+n)"

_QUOTE = rb"""(?:\\+[rn]|["'\\\s,]|%(?:25)*2[2cC]|&quot;|&\#34;|&\#0?39;|&\#x2[27];|\\+u0022|value|type|hidden|name)"""

_EQUALS = rb"(?:[:=]|%(?:25)*3[aAdD]|" + _NEWLINE + _NEWLINE + rb")"

_IS = _QUOTE + rb"{0,20}" + _EQUALS + rb"(?:" + _QUOTE + rb"|" + _EQUALS + rb"){0,40}"

_RANDOM = rb"(?=[a-z]*[A-Z0-9])"

# Each begins with letters that keep their case, and re finds those fast; so ignoring case costs nothing.
_PATTERNS = tuple(
    (kind, re.compile(rb"(" + name + rb")" + value))
    for kind, name, value in (
        ("session key", rb"sesskey" + _IS, _RANDOM + rb"[A-Za-z0-9]{8,}"),
        ("login token", rb"logintoken" + _IS, _RANDOM + rb"[A-Za-z0-9]{8,}"),
        ("session cookie", rb"MoodleSession\w*" + _IS, _RANDOM + rb"[A-Za-z0-9,-]{16,}"),
        ("signature", rb"ignature" + _IS, _RANDOM + rb"[A-Za-z0-9~_+/=%-]{20,}"),
        ("signature", rb"ignatureProvided(?:>|&gt;)", rb"[A-Za-z0-9+/=]{20,}"),
        ("security token", rb"ecurity-Token" + _IS, _RANDOM + rb"[A-Za-z0-9~_+/=%-]{20,}"),
        ("credential", rb"redential" + _IS, rb"[A-Za-z0-9%/\\_-]{8,200}?aws4_request"),
        ("policy", rb"olicy" + _IS, rb"e[yw][A-Za-z0-9~_+/=%-]{40,}"),
        (
            "private key",
            rb"PRIVATE(?: |\+|%20)KEY-----(?:\s|\\+[rn]|%0[aAdD]|&\#1[03];|<br ?/?>)*",
            rb"(?:[A-Za-z0-9+/]|%2[bBfF]|\\+/){32}[A-Za-z0-9+/=\s\\%&#;]*",
        ),
    )
)

_DATA_URI = re.compile(rb"(;base64,)([A-Za-z0-9+/]{16,}={0,2})")

# Python, Jinja, PHP, and what a browser writes for text and for attributes.
_HTML = (
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#x27;"},
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&#34;", "'": "&#39;"},
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#039;"},
    {"&": "&amp;", "<": "&lt;", ">": "&gt;"},
    {"&": "&amp;", '"': "&quot;"},
)

_ESCAPES: tuple[Callable[[str], str], ...] = (
    *(methodcaller("translate", str.maketrans(table)) for table in _HTML),
    lambda text: json.dumps(text)[1:-1],
    lambda text: json.dumps(text, ensure_ascii=False)[1:-1],
    lambda text: json.dumps(text)[1:-1].replace("/", "\\/"),  # PHP
    lambda text: repr(text)[1:-1],
)

# RFC 3986 with and without the slash, a Python form, encodeURIComponent, a browser's form.
_URL: tuple[Callable[[bytes], str], ...] = (
    lambda text: quote(text, safe=""),
    quote,
    quote_plus,
    lambda text: quote(text, safe="!'()*"),
    lambda text: quote_plus(text, safe="*").replace("~", "%7E"),
)


@lru_cache(maxsize=1000)
def _spellings(value: str) -> dict[bytes, str]:
    """Every way `value` may be written, with what a leak of it is called."""
    # A key in PEM loses its line breaks to escaping of many kinds, so its lines count by themselves.
    lines = {line for line in value.splitlines() if len(line) >= 16 and "-----" not in line}
    plain = {text for text in {value, value.strip(), *lines} if len(text) >= SHORTEST_SECRET}
    escaped = set(plain)
    for _ in range(3):  # such as a page's HTML in a log in JSON in the HTML of the report
        escaped |= {escape(text) for text in escaped for escape in _ESCAPES}
    encoded = {encode(_bytes(text)) for text in escaped for encode in _URL}
    encoded |= {re.sub("%[0-9A-F]{2}", lambda match: match[0].lower(), text) for text in encoded}
    in_base64 = {core for text in plain for core in _base64_cores(_bytes(text))}
    return {
        **dict.fromkeys(in_base64, "secret in base64"),
        **dict.fromkeys(map(_bytes, encoded), "secret, URL-encoded"),
        **dict.fromkeys(map(_bytes, escaped), "secret"),
    }


def _base64_cores(secret: bytes) -> Iterator[bytes]:
    """What is the same in the base64 of any text with `secret` in it, for its three alignments."""
    for before in range(3):
        bits = 8 * (before + len(secret))
        core = base64.b64encode(bytes(before) + secret)[-(-8 * before // 6) : bits // 6]
        yield core
        yield core.translate(bytes.maketrans(b"+/", b"-_"))
        yield quote(core, safe="").encode()


class _Detector:
    """Finds and redacts the spellings of some values, and what `_PATTERNS` describe, in bytes."""

    def __init__(self, values: Iterable[str]) -> None:
        spellings = {text: kind for value in values for text, kind in _spellings(value).items() if text not in _MARK}
        self._kinds = list(spellings.values())
        self._values = BytesAhoCorasick(spellings)

    def kinds(self, content: bytes | mmap.mmap) -> set[str]:
        found = {self._kinds[index] for index, _, _ in self._matches(content)}
        found |= {kind for kind, pattern in _PATTERNS if pattern.search(content)}
        for uri in _DATA_URI.finditer(content):
            found |= self.kinds(_decoded(uri[2])[0])
        return found

    def redact(self, content: bytes) -> bytes:
        content = _DATA_URI.sub(self._redact_uri, content)
        for _, pattern in _PATTERNS:
            content = pattern.sub(rb"\1" + _MARK, content)
        pieces = []
        done = 0
        for start, end in _merged((start, end) for _, start, end in self._matches(content)):
            pieces += [content[done:start], _MARK]
            done = end
        return b"".join([*pieces, content[done:]])

    def _matches(self, content: bytes | mmap.mmap) -> list[tuple[int, int, int]]:
        return self._values.find_matches_as_indexes(content, overlapping=True)

    def _redact_uri(self, uri: re.Match[bytes]) -> bytes:
        decoded, rest = _decoded(uri[2])
        clean = self.redact(decoded)
        return uri[0] if clean == decoded else uri[1] + base64.b64encode(clean) + rest


@lru_cache(maxsize=4)
def _detector(values: frozenset[str]) -> _Detector:
    return _Detector(values)


def _bytes(text: str) -> bytes:
    return text.encode(errors="surrogatepass")


def _decoded(text: bytes) -> tuple[bytes, bytes]:
    """The content of whole groups of base64, and the characters left over."""
    whole = len(text) // 4 * 4
    return base64.b64decode(text[:whole]), text[whole:]


def _merged(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Overlapping spans as one, so that no end of a secret survives beside another."""
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _leaks(path: str, content: bytes | mmap.mmap, detector: _Detector) -> Iterator[Leak]:
    shown = detector.redact(_bytes(path)).decode(errors="surrogatepass")
    for kind in sorted(detector.kinds(_bytes(path)) | detector.kinds(content)):
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


def _redact_file(content: bytes, detector: _Detector) -> bytes:
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


def _rewrite_zip(source: IO[bytes], target: IO[bytes], detector: _Detector) -> None:
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for info in old.infolist():
            name = detector.redact(_bytes(info.filename)).decode(errors="surrogatepass")
            kept = zipfile.ZipInfo(name, info.date_time)
            kept.compress_type = info.compress_type
            new.writestr(kept, _redact_file(old.read(info), detector))
