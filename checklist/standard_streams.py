"""Standard output and error: what comes of what is printed must not decide how a program ends."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any


class _Forbearing(io.FileIO):
    """Drops what cannot be written: the disk is full, or whoever read it has gone."""

    def write(self, data: Any) -> int:
        try:
            return super().write(data)
        except OSError:
            return len(data)


def make_safe() -> None:
    """Standard output and error take whatever is printed, until the process ends.

    A descriptor that is closed leads nowhere: a file of the run would come to have its number, and get what is printed.
    What the terminal cannot show is written out.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            nowhere = os.open(os.devnull, os.O_RDWR)
            os.dup2(nowhere, number)
            os.set_inheritable(number, True)
    for number, name in ((1, "stdout"), (2, "stderr")):
        stream = getattr(sys, name)
        if stream is None or stream is getattr(sys, f"__{name}__"):
            encoding = getattr(stream, "encoding", None) or "utf-8"
            if stream is not None:
                with suppress(OSError):
                    stream.flush()
            own = io.BufferedWriter(_Forbearing(number, "w", closefd=False))
            setattr(sys, name, io.TextIOWrapper(own, encoding, "backslashreplace", line_buffering=True))
        elif hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


@contextmanager
def as_far_as_read() -> Iterator[None]:
    """What the body prints may be more than its reader wants, such as `head`; a full disk is an error still."""
    try:
        try:
            yield
        finally:
            sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
