"""What a run measured: the numbers that its checks left as evidence under these names."""

from __future__ import annotations

from collections.abc import Iterable
from statistics import median
from typing import Any

from checklist.verdicts import Check

FIGURES = {
    "upload Mbit/s": "Upload throughput, Mbit/s",
    "download Mbit/s": "Download throughput, Mbit/s",
    "first frame after seconds": "Time to first frame, s",
    "seek took seconds": "Seek latency, s",
    "upload URL in a rush after seconds": "Upload URL in a rush, s",
    "confirmation in a rush after seconds": "Confirmation in a rush, s",
}
"""The names of evidence that is a measure: a number, or a list of them; and what reports call it."""

WAITED = "seconds waited"
"""The name of evidence that says of each reason how long it took, and how long it could have."""


def figures(checks: Iterable[Check]) -> dict[str, dict[str, float]]:
    """The median of each measure on each target."""
    found: dict[str, dict[str, list[float]]] = {}
    for check in checks:
        for name in FIGURES.keys() & check.evidence.keys():
            found.setdefault(name, {}).setdefault(check.target, []).extend(_numbers(check.evidence[name]))
    return {
        name: {target: round(median(numbers), 3) for target, numbers in found[name].items() if numbers}
        for name in FIGURES
        if any(found.get(name, {}).values())
    }


def waited(checks: Iterable[Check]) -> list[str]:
    """A sentence for each reason, over the checks of a run."""
    found: dict[str, tuple[float, float]] = {}
    for check in checks:
        for reason, (seconds, most) in check.evidence.get(WAITED, {}).items():
            before = found.get(reason, (0.0, 0.0))
            found[reason] = (before[0] + seconds, before[1] + most)
    return [f"waited {reason}: {seconds:.0f} of {most:.0f} s" for reason, (seconds, most) in found.items()]


def _numbers(value: Any) -> list[float]:
    """Those above 0: what took no time was not measured, as of a picture that was there before."""
    numbers = value if isinstance(value, list) else [value]
    return [float(one) for one in numbers if isinstance(one, int | float) and one > 0]
