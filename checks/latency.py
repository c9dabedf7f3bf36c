"""How long Moodle takes to answer, sampled while something else goes on."""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

from clients.addresses import LOGIN
from clients.errors import Unreachable
from clients.http import Trusting
from clients.moodle.client import MoodleClient
from clients.words import answered

Sample = TypeVar("Sample")


@contextmanager
def sampled(take: Callable[[], Sample], every: float) -> Iterator[list[Sample]]:
    """Collects what `take` returns, called in a thread every so many seconds while the context lasts, at least once.

    What `take` raises is raised when the context ends.
    """
    samples: list[Sample] = []
    over = threading.Event()

    def sample() -> None:
        samples.append(take())
        while not over.wait(every):
            samples.append(take())

    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(sample)
        try:
            yield samples
        finally:
            over.set()
    running.result()


@dataclass(frozen=True, slots=True)
class Reply:
    """Moodle's answer to one small request, after so many seconds; `trouble` when it is none or a 5xx."""

    seconds: float
    trouble: str = ""


class LatencyProbe:
    """Asks a site for a small page; called once, it returns one Reply. `site` is its own, nobody logged in."""

    def __init__(self, site: MoodleClient) -> None:
        self._site = site
        # Each answer takes what it takes a newcomer.
        self._site.session.mount("https://", Trusting())
        self._site.session.headers["Connection"] = "close"

    def __call__(self) -> Reply:
        started = time.perf_counter()
        trouble = ""
        try:
            status = self._site.get(LOGIN).status_code
            if status >= 500:
                trouble = answered(status)
        except Unreachable as reason:
            trouble = str(reason)
        return Reply(round(time.perf_counter() - started, 3), trouble)


NOTICED = 0.5
"""Seconds. Who waits for less notices nothing, however much more it is than before."""


def expect_quick(before: Sequence[Reply], during: Sequence[Reply], ratio: float, seconds: float) -> float:
    """The median answer took at most `ratio` times what it took before, and at most `seconds`; returns how many times.

    Below half a second the ratio does not count.
    """
    usual, now = (statistics.median(answer.seconds for answer in answers) for answers in (before, during))
    times = round(now / max(usual, 0.001), 1)
    if now > seconds or (now > NOTICED and times > ratio):
        raise AssertionError(
            f"expected Moodle to answer within {seconds:g} s and {ratio:g} times as long as before, "
            f"seen {now:.2f} s after {usual:.2f} s before"
        )
    return times


def expect_quick_confirmation(times: Mapping[str, float], usual: Sequence[Reply], seconds: float) -> float:
    """Moodle took at most `seconds` longer than for a small page to confirm what storage had; returns how long.

    `times` are milliseconds: `stored` is when storage had the file, `confirmed` when Moodle had noted it. Who asks
    storage for a file's size is told it at once; who fetches the file waits the longer, the larger it is.
    """
    took = (times["confirmed"] - times["stored"]) / 1000
    small = statistics.median(answer.seconds for answer in usual)
    if took > small + seconds:
        raise AssertionError(
            f"expected Moodle to confirm the video within {seconds:g} s more than it takes for a page, which is "
            f"{small:.2f} s, seen it take {took:.1f} s"
        )
    return round(took, 2)


def expect_answers(answers: Sequence[Reply]) -> dict[str, float]:
    """Every request was answered; returns how many there were, and the seconds they took."""
    if trouble := [answer.trouble for answer in answers if answer.trouble]:
        raise AssertionError(
            f"expected Moodle to answer all {len(answers)} requests, seen trouble with {len(trouble)}: {trouble[0]}"
        )
    seconds = [answer.seconds for answer in answers]
    return {"requests": len(seconds), "median seconds": statistics.median(seconds), "slowest seconds": max(seconds)}
