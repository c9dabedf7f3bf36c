"""What a proof has settled so far: told fault by fault, and written each time, so that a proof cut off is not lost."""

from __future__ import annotations

import json
import time
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from threading import Lock
from typing import Any

from selftest.proof import report
from selftest.proof.outcome import Expectation, Outcome, Round, judge, void_because
from selftest.proof.suite import Suite
from selftest.proof.turns import Turn, involved, pieces


class Ledger:
    """`file` is where `proof.json` goes; several workers tell of turns at a time."""

    def __init__(self, file: Path, expected: Mapping[str, Expectation], suite: Suite, browser: str) -> None:
        self._file = file
        self._expected = expected
        self._suite = suite
        self._browser = browser
        self._started = time.monotonic()
        self._lock = Lock()
        self._to_come: list[Turn] = []
        self._seen: defaultdict[str, Round] = defaultdict(Round)
        self._doubts: defaultdict[str, set[str]] = defaultdict(set)
        self._again: set[str] = set()
        self._outcomes: dict[str, Outcome] = {}
        self._wrong: list[str] = []
        self._ran_clean = False
        self.red: set[tuple[str, str]] = set()
        """Lines and titles of the checks that some fault has turned red."""

    @property
    def outcomes(self) -> list[Outcome]:
        return [self._outcomes[name] for name in sorted(self._outcomes)]

    @property
    def void(self) -> list[str]:
        """Why the proof proves nothing. A worker may have no test that this browser runs, but not all of them."""
        return self._wrong if self._ran_clean else [*self._wrong, "without a fault: nothing ran"]

    @property
    def left(self) -> Collection[str]:
        """The faults that are not settled."""
        return sorted(self._expected.keys() - self._outcomes.keys())

    def begin(self, turns: Sequence[Turn]) -> None:
        """A fault is settled with the last of these turns that it is in, unless one leaves it in doubt."""
        self._doubts.clear()
        self._to_come = [turn for turn in turns if turn.faults]

    def doubts(self) -> list[Turn]:
        """What has to be tried again, each fault alone: turns that a worker did not come to are as much in doubt."""
        for turn in self._to_come:
            for name in turn.faults:
                self._doubt(self._expected[name], turn)
        self._again |= self._doubts.keys()
        return [Turn((name,), tuple(sorted(tests))) for name, tests in sorted(self._doubts.items())]

    def settle(self, turn: Turn, round_: Round) -> None:
        """Takes what a turn came to; tells of each fault that is settled by it, and writes everything so far."""
        with self._lock:
            if turn.faults:
                self._to_come.remove(turn)
                self.red |= {(check.line, check.title) for check in round_.failed()}
            else:
                self._settle_without_a_fault(round_)
            for fault, piece, sure in pieces(turn, round_, self._expected, self._suite):
                name = fault.fault
                if sure or name in self._again:
                    self._seen[name].tests |= piece.tests
                else:
                    self._doubt(fault, turn)
                if name not in self._doubts and not any(name in other.faults for other in self._to_come):
                    self._outcomes[name] = judge(fault, self._seen[name])
                    place = f"{len(self._outcomes)} of {len(self._expected)}"
                    print(report.told(self._outcomes[name], place), flush=True)
            self.write()

    def _doubt(self, fault: Expectation, turn: Turn) -> None:
        self._doubts[fault.fault] |= involved(fault, self._suite) & {*turn.tests} or {*turn.tests}

    def _settle_without_a_fault(self, round_: Round) -> None:
        reasons = void_because(round_)
        self._wrong += reasons
        self._ran_clean |= bool(round_.checks)
        if reasons or round_.checks:
            print("\n".join(f"VOID: {reason}" for reason in reasons) or "  ✓ without a fault: green", flush=True)

    def write(self) -> dict[str, Any]:
        """Writes and returns what `proof.json` holds now."""
        proof = report.proof_json(self.outcomes, self.left, self.void, self._browser, time.monotonic() - self._started)
        proof["red"] = sorted(self.red)
        unfinished = self._file.with_suffix(".part")
        unfinished.write_text(json.dumps(proof, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        unfinished.replace(self._file)
        return proof
