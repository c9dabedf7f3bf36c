"""Which faults are on at a time, and which tests run then. Pure.

A fault is *involved* with the tests that must notice it, and with the happy paths that it may end before their time.
One that is involved with a happy path is on alone to be noticed: all other tests begin with what it breaks. Others that
are on together are of different lines and involved with different tests, so that each red line has one of them to
thank. Where a happy path is not involved, it runs with many faults on at a time, and has to be green but at these
faults' lines. What a shared turn leaves in doubt is tried again with the fault alone.

What this cannot tell is that a fault turns a line red which another one's turn was to do, with that one's message;
`--full` can.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import ceil

from checklist.verdicts import Verdict
from selftest.proof.outcome import ANYWHERE, GREEN, Expectation, Round, judge
from selftest.proof.suite import Suite

TOGETHER = 28
"""Faults that a happy path has to stand at a time."""

APART = 5
"""Places in the catalogue between them at least: neighbours are alike, and one might hide what the other does."""


@dataclass(frozen=True, slots=True)
class Turn:
    """These `faults` are on while these `tests` run."""

    faults: tuple[str, ...]
    tests: tuple[str, ...]

    @property
    def alone(self) -> bool:
        return len(self.faults) == 1


def noticing(fault: Expectation, suite: Suite) -> set[str]:
    """The tests of which one must notice the fault."""
    return {fault.test} if fault.test else {test.name for test in suite.values() if set(test.lines) & set(fault.lines)}


def involved(fault: Expectation, suite: Suite) -> set[str]:
    """Those that must notice the fault, and the happy paths that it may end before their time."""
    return noticing(fault, suite) | {name for name in happy_paths(fault, suite) if suite[name].ends & fault.allowed}


def happy_paths(fault: Expectation, suite: Suite) -> set[str]:
    """The tests that the fault must not harm but at its lines."""
    return {test.name for test in suite.values() if test.happy_path} if fault.needs_happy_path else set()


def catching(faults: Sequence[Expectation], suite: Suite) -> list[Turn]:
    """Each fault with the tests it is involved with, shared with faults of other lines and other tests.

    One that has to be alone has all of its tests here.
    """
    tests = {one.fault: involved(one, suite) | (happy_paths(one, suite) if one.alone else set()) for one in faults}
    apart = {one.fault for one in faults if one.alone or any(suite[name].happy_path for name in tests[one.fault])}

    def meet(one: Expectation, other: Expectation) -> bool:
        alone = {one.fault, other.fault} & apart
        return bool(alone or one.allowed & other.allowed or tests[one.fault] & tests[other.fault])

    turns: list[list[Expectation]] = []
    for fault in sorted(faults, key=lambda fault: (-len(tests[fault.fault]), fault.fault)):
        fitting = (ones for ones in turns if not any(meet(fault, other) for other in ones))
        ones = next(fitting, None)
        if ones is None:
            turns.append([fault])
        else:
            ones.append(fault)
    return [
        Turn(tuple(one.fault for one in ones), tuple(sorted(set().union(*(tests[one.fault] for one in ones)))))
        for ones in turns
    ]


def sparing(faults: Sequence[Expectation], suite: Suite) -> list[Turn]:
    """Each happy path with the faults that must not harm it but at their lines, some of them together."""
    turns = []
    for test in suite.values():
        idle = [
            one.fault for one in faults if not one.alone and test.name in happy_paths(one, suite) - involved(one, suite)
        ]
        apart = max(APART, ceil(len(idle) / TOGETHER))
        groups = [tuple(idle[start::apart]) for start in range(apart)]
        turns += [Turn(group, (test.name,)) for group in groups if group]
    return turns


def whole(faults: Iterable[Expectation], suite: Suite) -> list[Turn]:
    """Each fault alone, with every test."""
    return [Turn((fault.fault,), tuple(suite)) for fault in faults]


def pieces(
    turn: Turn, round_: Round, expected: Mapping[str, Expectation], suite: Suite
) -> Iterator[tuple[Expectation, Round, bool]]:
    """What a turn says of each of its faults, and whether that is beyond doubt."""
    on = [expected[name] for name in turn.faults]
    for fault in on:
        if turn.alone:
            yield fault, round_, _is_judged(fault, round_)
        elif mine := involved(fault, suite) & set(turn.tests):
            others = set().union(*(other.allowed for other in on if other is not fault))
            own = round_.of(mine, but=others)
            yield fault, own, _is_caught(fault, own)
        else:
            rest = round_.of(turn.tests, but=ANYWHERE.union(*(one.allowed for one in on)))
            yield fault, rest, _is_green(rest, turn.tests)


def _is_judged(fault: Expectation, round_: Round) -> bool:
    """Not where a check of its lines could not judge, as on a replica where an earlier fault left something."""
    could_not = any(one.verdict is Verdict.NOT_CHECKABLE and one.line in fault.lines for one in round_.checks)
    return _is_caught(fault, round_) or not could_not


def _is_caught(fault: Expectation, round_: Round) -> bool:
    outcome = judge(fault, round_)
    return bool(outcome.caught_by) and not outcome.collateral


def _is_green(round_: Round, tests: Collection[str]) -> bool:
    ran = [round_.tests[name] for name in tests if name in round_.tests]
    return len(ran) == len(tests) and not any(
        one.broken or not one.checks or any(check.verdict not in GREEN for check in one.checks) for one in ran
    )
