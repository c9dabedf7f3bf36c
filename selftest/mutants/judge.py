"""Which tests run for a change, in which order, when that is enough, and what it then comes to. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

TOLD = "told"
SURVIVED = "survived"
NO_EFFECT = "no effect"

RIGHT = "told by the right line"
ELSEWHERE = "told elsewhere"
NOT_TOLD = "not told"

UNDECIDED = "undecided"
"""The run broke, or its time was over, before it came to a failure; it is tried again when it is asked for."""

BROKEN = "the test broke"

SETTLED = {TOLD, SURVIVED, NO_EFFECT, RIGHT, ELSEWHERE, NOT_TOLD}


@dataclass(frozen=True, slots=True)
class Failure:
    """`line` is empty where a test failed outside of its lines."""

    test: str
    line: str
    message: str

    @classmethod
    def of(cls, test: str, answer: Mapping[str, Any]) -> list[Failure]:
        """The failures in what a test came to."""
        failed = [check for check in answer["checks"] if check["verdict"] == "failed"]
        found = [cls(test, check["line"], f"{check['title']}: {check['message']}") for check in failed]
        return [*found, *(cls(test, "", reason) for reason in answer["broken"])]


@dataclass
class Baseline:
    """What the tests come to without a change: those that judge something, and their `seconds`."""

    failures: dict[str, list[str]] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)

    def add(self, test: str, answer: Mapping[str, Any]) -> None:
        """A second answer of the same test adds to what is known to fail."""
        if not answer["broken"] and all(check["verdict"] == "not checkable" for check in answer["checks"]):
            self.failures.pop(test, None)
            return
        known = set(self.failures.get(test, ())) | {failure.line for failure in Failure.of(test, answer)}
        self.failures[test] = sorted(known)
        self.seconds[test] = answer["seconds"]

    def known(self, test: str) -> list[str]:
        """The lines that fail there anyway; an empty one stands for the test itself."""
        return self.failures.get(test, [])

    def new(self, failures: Iterable[Failure]) -> list[Failure]:
        return [failure for failure in failures if failure.line not in self.known(failure.test)]


@dataclass
class Verdict:
    """What a change came to; `left` are tests that could have told and were not run."""

    id: str
    verdict: str
    told_by: list[Failure] = field(default_factory=list)
    ran: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    seconds: float = 0.0
    patience: float = 0.0
    """Seconds that its tests were given."""
    note: str = ""
    about: dict[str, Any] = field(default_factory=dict)

    def is_settled(self, patience: float) -> bool:
        """Whether it stands, also for who has that much patience: a test that was left may tell yet."""
        if self.verdict == UNDECIDED:
            return False
        return not self.left or self.verdict not in (SURVIVED, NOT_TOLD, ELSEWHERE) or patience <= self.patience

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Verdict:
        return cls(**{**data, "told_by": [Failure(**failure) for failure in data["told_by"]]})


class Order:
    """The likeliest test to tell, and the shortest, first; it learns from what told before."""

    def __init__(self, baseline: Baseline) -> None:
        self._baseline = baseline
        self._told: Counter[tuple[str, str]] = Counter()
        self._ran: Counter[tuple[str, str]] = Counter()

    def learn(self, file: str, verdict: Verdict) -> None:
        for test in verdict.ran:
            for where in (file, ""):
                self._ran[test, where] += 1
                self._told[test, where] += any(failure.test == test for failure in verdict.told_by)

    def of(
        self, tests: Iterable[str], file: str, lines: Mapping[str, Collection[str]], right: Sequence[str]
    ) -> list[str]:
        """With `right` lines the tests that judge them come before all others."""

        def gain(test: str) -> tuple[bool, float]:
            here = (self._told[test, file] + 0.3) / (self._ran[test, file] + 1)
            anywhere = (self._told[test, ""] + 0.3) / (self._ran[test, ""] + 1)
            judges = bool(set(lines.get(test, ())) & set(right))
            return judges, (2 * here + anywhere) / (self._baseline.seconds.get(test, 10) + 3)

        return sorted(sorted(tests), key=gain, reverse=True)


def wanted(lines: Collection[str], right: Collection[str]) -> Collection[str] | None:
    """The lines whose failure ends a test at once; None for any."""
    return set(lines) & set(right) if right and set(lines) & set(right) else None


def is_enough(
    failures: Sequence[Failure], right: Collection[str], tests_left: Iterable[str], lines: Mapping[str, Collection[str]]
) -> bool:
    """Whether the rest need not run: the right line told, or another one and no test is left that could be right."""
    if any(failure.line in right for failure in failures):
        return True
    return bool(failures) and not any(set(lines.get(test, ())) & set(right) for test in tests_left)


def verdict_of(failures: Sequence[Failure], right: Collection[str] | None, executed: bool) -> str:
    """`right` is None for a mutant, which any failure tells."""
    if right is None:
        return TOLD if failures else SURVIVED if executed else NO_EFFECT
    if any(failure.line in right for failure in failures):
        return RIGHT
    return ELSEWHERE if failures else NOT_TOLD
