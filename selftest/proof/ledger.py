"""What a proof has settled so far: told fault by fault, and written each time, so that a proof cut off is not lost."""

from __future__ import annotations

import json
import time
from collections.abc import Collection, Mapping
from pathlib import Path
from threading import Lock
from typing import Any

from selftest.proof import report
from selftest.proof.outcome import NO_FAULT, Expectation, Outcome, Round, judge, void_because


class Ledger:
    """`file` is where `proof.json` goes; several workers settle rounds at a time."""

    def __init__(self, file: Path, expected: Mapping[str, Expectation], browser: str) -> None:
        self._file = file
        self._expected = expected
        self._browser = browser
        self._started = time.monotonic()
        self._lock = Lock()
        self._outcomes: dict[str, Outcome] = {}
        self.void: list[str] = []

    @property
    def outcomes(self) -> list[Outcome]:
        return [self._outcomes[name] for name in sorted(self._outcomes)]

    @property
    def left(self) -> Collection[str]:
        """The faults that are not settled."""
        return sorted(self._expected.keys() - self._outcomes.keys())

    def settle(self, name: str, round_: Round) -> None:
        """Judges a round, prints what it came to, and writes everything so far."""
        with self._lock:
            if name in NO_FAULT:
                self.void += (reasons := void_because({name: round_}))
                print("\n".join(f"VOID: {reason}" for reason in reasons) or f"  ✓ {name}: green", flush=True)
            else:
                self._outcomes[name] = outcome = judge(self._expected[name], round_)
                place = f"{len(self._outcomes)} of {len(self._expected)}"
                print(report.told(outcome, place), flush=True)
            self.write()

    def write(self) -> dict[str, Any]:
        """Writes and returns what `proof.json` holds now."""
        proof = report.proof_json(self.outcomes, self.left, self.void, self._browser, time.monotonic() - self._started)
        unfinished = self._file.with_suffix(".part")
        unfinished.write_text(json.dumps(proof, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        unfinished.replace(self._file)
        return proof
