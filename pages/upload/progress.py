"""What an upload's progress bar and messages must have shown: pure functions over what the recorder saw.

Times in a recording are milliseconds since the page was opened.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import TypedDict


class Step(TypedDict):
    """What the bar showed from `at` on: `value` in percent."""

    at: float
    value: float


class Message(TypedDict):
    at: float
    success: bool
    text: str


class End(TypedDict):
    """When the request to the address `name` ended."""

    at: float
    name: str


class Recording(TypedDict):
    """One upload, by recorder.js: `chosen` is when its file was, `type` the file's `File.type`.

    `handlers` are the scripts that came into the widget with an element, as `onerror`, however short its stay.
    `limits` are the `timeout` of the requests that carried a file, in milliseconds, 0 for none.
    `progress` is what the bar showed while it was visible, each change once; `origin` is when the page was opened, in
    milliseconds since the epoch.
    """

    chosen: float
    type: str | None
    progress: list[Step]
    messages: list[Message]
    handlers: list[str]
    limits: list[float]
    origin: float
    ended: list[End]


def expect_whole(steps: Iterable[Step], distinct: int, largest_step: float = 100) -> list[float]:
    """The bar went from near 0 to 100% in at least `distinct` values, never back; returns them, in percent."""
    values = [step["value"] for step in steps]
    told = ", ".join(f"{value:g}" for value in values) or "nothing"
    if any(later < earlier for earlier, later in pairwise(values)):
        raise AssertionError(f"expected progress that never goes back, seen {told}")
    if not values or values[-1] != 100:
        raise AssertionError(f"expected progress up to 100%, seen {told}")
    if len(set(values)) < distinct:
        raise AssertionError(f"expected at least {distinct} distinct values of progress, seen {told}")
    gap = max(later - earlier for earlier, later in pairwise([0.0, *values]))
    if gap > largest_step:
        raise AssertionError(f"expected no step over {largest_step:g} points, seen one of {gap:g} in {told}")
    return values


def expect_no_stall(seen: Recording, stall: float) -> float:
    """On its way to 100% the bar never stood still for longer than `stall` and one percent's time; returns seconds.

    A percent takes its time on a slow network, and the bar shows whole ones.
    """
    changes = [seen["chosen"], *(step["at"] for step in seen["progress"])]
    longest = max((later - earlier for earlier, later in pairwise(changes)), default=0.0) / 1000
    allowed = stall + (changes[-1] - seen["chosen"]) / 1000 / 100
    if longest > allowed:
        raise AssertionError(f"expected progress without a stall over {allowed:.1f} s, seen one of {longest:.1f} s")
    return round(longest, 2)


def expect_truthful(seen: Recording, sent: Sequence[tuple[float, int]], size: int, ahead: float) -> float:
    """The bar never showed more than `ahead` points more than what was sent of `size` bytes; returns the most.

    `sent` pairs a time, in seconds since the epoch, with the bytes that had been sent by then.
    """
    worst, told = 0.0, "nothing"
    for step in seen["progress"]:
        at = (seen["origin"] + step["at"]) / 1000
        share = next((bytes_ for time, bytes_ in sent if time >= at), sent[-1][1]) * 100 / size
        if step["value"] - share > worst:
            worst, told = step["value"] - share, f"{step['value']:g}% with {share:.0f}% of the file sent"
    if worst > ahead:
        raise AssertionError(f"expected a bar that shows what has been sent, seen {told}")
    return round(worst, 1)


def expect_told_last(seen: Recording, to_storage: Iterable[str], to_confirm: Iterable[str]) -> dict[str, float]:
    """The success message came after the requests to these addresses had ended: of storage, and of the confirmation.

    Returns milliseconds since the file was chosen: `stored`, `confirmed`, `told`.
    """
    stored = _last(seen, to_storage, "the transfer to storage")
    confirmed = _last(seen, to_confirm, "confirm_upload")
    told = next((message["at"] for message in seen["messages"] if message["success"]), None)
    if told is None:
        raise AssertionError("expected a success message, seen none")
    moments = {"stored": stored, "confirmed": confirmed, "told": told}
    times: dict[str, float] = {name: round(at - seen["chosen"]) for name, at in moments.items()}
    if told < stored or told < confirmed:
        raise AssertionError(
            "expected the success message after storage had the file and Moodle had confirmed it, seen it too early: "
            f"told after {times['told']:g} ms, stored after {times['stored']:g}, confirmed after {times['confirmed']:g}"
        )
    return times


def _last(seen: Recording, addresses: Iterable[str], what: str) -> float:
    wanted = set(addresses)
    times = [end["at"] for end in seen["ended"] if end["name"] in wanted]
    if not times:
        raise AssertionError(f"expected {what} to have ended before the success message, seen no such request end")
    return float(max(times))
