"""A video file, and how to grow it to a size."""

import hashlib
import os
import shutil
import tempfile
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Protocol

import av

MIME = {
    ".mp4": "video/mp4",
    ".mov": "video/quicktime",
    ".avi": "video/x-msvideo",
    ".mkv": "video/x-matroska",
    ".webm": "video/webm",
}
WATCHED_BYTES = 24 * 1024**2
"""Of a clip whose upload can be watched: on 64 Mbit/s 17 values of progress were counted in Chromium and Firefox."""

SEGMENT = bytes.fromhex("18538067")
SMALLEST_GROWTH = 32


class Readable(Protocol):
    """Anything that reads bytes: an open file, a boto3 `StreamingBody`, a raw HTTP response."""

    def read(self, size: int, /) -> bytes: ...


def digest(source: Path | Readable) -> str:
    """SHA-256 in hex of a file or stream, read 1 MiB at a time."""
    if isinstance(source, Path):
        with source.open("rb") as file:
            return digest(file)
    sha256 = hashlib.sha256()
    while block := source.read(1 << 20):
        sha256.update(block)
    return sha256.hexdigest()


@dataclass(frozen=True)
class Clip:
    """A playable video file. Size, duration and digest are read from the file when asked for."""

    path: Path
    mark: int | None = None
    """The number that its picture shows, if it shows one."""

    @property
    def mime(self) -> str:
        """Media type by suffix; what a browser reports as `File.type` may differ."""
        return MIME[self.path.suffix.lower()]

    @property
    def bytes(self) -> int:
        return self.path.stat().st_size

    @cached_property
    def seconds(self) -> float:
        """Duration the container declares."""
        with av.open(self.path) as container:
            if container.duration is None:
                raise ValueError(f"{self.path} declares no duration")
            return container.duration / av.time_base

    @cached_property
    def sha256(self) -> str:
        return digest(self.path)


MP4 = Clip(Path(__file__).with_name("clip.mp4"))
WEBM = Clip(Path(__file__).with_name("clip.webm"))

MP4_CODECS = 'video/mp4; codecs="avc1.42C01E, mp4a.40.2"'


def plays_h264(can_play: Callable[[str], str]) -> bool:
    """Whether a browser plays what cameras and phones make; `can_play` is its `HTMLMediaElement.canPlayType`."""
    return bool(can_play(MP4_CODECS))


def grow(path: Path, size: int) -> None:
    """Make an MP4 or WebM file exactly `size` bytes long, in place and still playable.

    The tail is one `free` box (ISO/IEC 14496-12, 8.1.2) or one Void element (RFC 8794, 11.3.2) inside the
    enlarged Segment; it starts with 16 bytes that differ each time, the rest is a hole that takes no disk.
    Raises ValueError if that is less than 32 bytes of growth or the file is neither MP4 nor WebM.
    """
    before = path.stat().st_size
    gap = size - before
    if gap < SMALLEST_GROWTH:
        raise ValueError(f"{path} has {before} bytes; ask for {before + SMALLEST_GROWTH} or more, not {size}")
    with path.open("r+b") as file:
        if path.suffix == ".mp4":
            header = (1).to_bytes(4) + b"free" + gap.to_bytes(8)
        elif path.suffix == ".webm":
            field = file.read(64).index(SEGMENT) + len(SEGMENT)
            file.seek(field)
            if file.read(1) != b"\x01":
                raise ValueError(f"{path}: the Segment has no 8-byte size to enlarge; write it with a seekable muxer")
            file.seek(field)
            file.write(_vint(size - field - 8))
            header = b"\xec" + _vint(gap - 9)
        else:
            raise ValueError(f"{path} is neither .mp4 nor .webm")
        file.seek(0, os.SEEK_END)
        file.write(header + uuid.uuid4().bytes)
        file.truncate(size)


def _vint(size: int) -> bytes:
    """`size` as an EBML data size of 8 bytes."""
    return (1 << 56 | size).to_bytes(8)


def padded(clip: Clip, size: int, folder: Path) -> Clip:
    """A copy of `clip` in `folder`, `size` bytes long, that still plays. No two have the same digest."""
    path = folder / f"{clip.path.stem}-{size}-{uuid.uuid4().hex[:8]}{clip.path.suffix}"
    shutil.copyfile(clip.path, path)
    grow(path, size)
    return Clip(path, clip.mark)


def named(clip: Clip, name: str, folder: Path) -> Clip:
    """A copy of `clip` under that name, in a folder of its own within `folder`."""
    path = Path(tempfile.mkdtemp(dir=folder)) / f"{name}{clip.path.suffix}"
    return Clip(Path(shutil.copyfile(clip.path, path)), clip.mark)


def oversized(size: int, folder: Path) -> Clip:
    """A playable .mp4 of any size, such as 5 GiB + 1: a sparse file, so it takes no disk. Do not ask its digest."""
    return padded(MP4, size, folder)
