"""Files that somebody else has written, or put in the place of one: read whole, and within bounds."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO

LARGEST = 64 * 1024**2
"""Bytes."""


def content(path: Path, largest: int = LARGEST) -> bytes:
    """Raises OSError for what cannot be read, is larger than that many bytes, or is no file.

    A pipe would be waited for, and a device never ends.
    """
    with open(path, "rb", opener=_open) as file:
        read = file.read(largest + 1)
    if len(read) > largest:
        raise OSError(errno.EFBIG, f"it is larger than {largest // 1024**2} MiB", str(path))
    return read


def appended(path: Path) -> BinaryIO:
    """The file, to be added to. Raises OSError for a pipe that nobody reads."""
    return open(path, "ab", opener=lambda name, flags: os.open(name, flags | os.O_NONBLOCK, 0o666))


def _open(path: str, flags: int) -> int:
    opened = os.open(path, flags | os.O_NONBLOCK)
    if not stat.S_ISREG(os.fstat(opened).st_mode):
        os.close(opened)
        raise OSError(errno.EINVAL, "it is a folder, or no file", path)
    return opened
