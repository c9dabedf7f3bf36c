"""What was waited for, how long, and how long it could have taken: a run tells where its time went."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

_taken: dict[str, tuple[float, float]] = {}
"""Seconds, and the most that it could have been, by reason."""


@contextmanager
def waiting(reason: str, most: float) -> Iterator[None]:
    """`reason` says what for, such as "for the CDN to forget a deleted video"; at `most` so many seconds."""
    began = time.monotonic()
    try:
        yield
    finally:
        seconds, allowed = _taken.get(reason, (0.0, 0.0))
        _taken[reason] = (seconds + time.monotonic() - began, allowed + most)


def taken() -> dict[str, tuple[float, float]]:
    """What was waited for since this was asked last."""
    told = {reason: (round(seconds, 1), most) for reason, (seconds, most) in _taken.items()}
    _taken.clear()
    return told
