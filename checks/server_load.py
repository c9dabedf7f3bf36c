"""What a large upload costs Moodle's server: processor, memory and disk, before it and meanwhile."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from checks.latency import sampled
from clients.errors import NotCheckable
from clients.server.host import Host, Use

MIB = 1024**2

CORES = 0.5
"""How much of a processor the upload may take: the video goes past Moodle, which answers a few requests."""

MEMORY = 256 * MIB
"""Bytes that the web server's processes may grow by: some more of them are normal."""

DISK = 32 * MIB
"""Bytes that Moodle's data may grow by: caches and logs."""


@dataclass(frozen=True, slots=True)
class Sample:
    at: float
    use: Use


class ServerLoad:
    """Looks at the processes of the web server's user and at Moodle's data. `host` is what reaches the server, or why
    nothing does."""

    def __init__(self, host: Host | NotCheckable) -> None:
        self._host = host
        self._before: list[Sample] = []
        self._during: list[Sample] = []
        self._data: list[int] = []
        self._trouble: NotCheckable | None = host if isinstance(host, NotCheckable) else None

    @contextmanager
    def before(self) -> Iterator[None]:
        """What goes on meanwhile is as usual."""
        with self._watched() as self._before:
            yield

    @contextmanager
    def during(self) -> Iterator[None]:
        """The upload goes on meanwhile."""
        with self._watched() as self._during:
            yield

    @contextmanager
    def _watched(self) -> Iterator[list[Sample]]:
        """Samples at the beginning, every second, and at the end. Trouble with the server ends no test."""
        self._take_data()
        samples: list[Sample] = []
        with sampled(lambda: self._take(samples), every=1):
            yield samples
        self._take(samples)
        self._take_data()

    def _take(self, samples: list[Sample]) -> None:
        if isinstance(self._host, Host) and not self._trouble:
            try:
                samples.append(Sample(time.monotonic(), self._host.use()))
            except NotCheckable as reason:
                self._trouble = reason

    def _take_data(self) -> None:
        if isinstance(self._host, Host) and not self._trouble:
            try:
                self._data.append(self._host.data_bytes())
            except NotCheckable as reason:
                self._trouble = reason

    def expect_idle(self) -> dict[str, float]:
        """The upload took little of a processor more than there was before; returns how much of one each took."""
        self._expect_seen()
        before, during = _cores(self._before), _cores(self._during)
        if during > before + CORES:
            raise AssertionError(
                f"expected the upload to cost Moodle's server at most {CORES:g} of a processor, "
                f"seen {during:.2f} after {before:.2f} before"
            )
        return {"before": before, "during": during}

    def expect_memory(self) -> dict[str, int]:
        """The web server's processes did not grow with the video; returns the most MiB of each time."""
        self._expect_seen()
        before, during = (max(sample.use.memory for sample in samples) for samples in (self._before, self._during))
        if during > before + MEMORY:
            raise AssertionError(
                f"expected the upload to take at most {MEMORY // MIB} MiB of the server's memory, "
                f"seen {(during - before) // MIB} MiB more than before"
            )
        return {"before": before // MIB, "during": during // MIB}

    def expect_disk(self) -> dict[str, int]:
        """Moodle's data did not grow with the video; returns the MiB before and after."""
        self._expect_seen()
        before, after = self._data[0], self._data[-1]
        if after > before + DISK:
            raise AssertionError(
                f"expected the upload to take at most {DISK // MIB} MiB of Moodle's disk, "
                f"seen {(after - before) // MIB} MiB more than before"
            )
        return {"before": before // MIB, "after": after // MIB}

    def _expect_seen(self) -> None:
        if self._trouble:
            raise self._trouble


def _cores(samples: list[Sample]) -> float:
    first, last = samples[0], samples[-1]
    return round(max(0, last.use.seconds - first.use.seconds) / max(1.0, last.at - first.at), 2)
