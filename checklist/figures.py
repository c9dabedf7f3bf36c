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


def _numbers(value: Any) -> list[float]:
    return [float(one) for one in (value if isinstance(value, list) else [value]) if isinstance(one, int | float)]
