"""One of the proof's workers: a warm replica, and pytest sessions on it that take turns."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from clients import http
from runner.configuration.replica import CHECKOUT
from selftest.proof.outcome import Expectation, Round
from selftest.proof.turns import Turn
from selftest.proof.warm import RUSH, Warm

UPGRADED = "X.4.1"
"""The line that takes an upgrade."""


class InnerRunFailed(Exception):
    """A session of the proof ended before its time; `code` is its exit code."""

    def __init__(self, code: int, log: Path) -> None:
        super().__init__(f"An inner run ended with exit code {code}; its end, from {log}:\n{_end_of(log)}")
        self.code = code


def _end_of(log: Path) -> str:
    return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-20:])


class Worker:
    def __init__(self, warm: Warm, browser: str, expected: Mapping[str, Expectation], reports: Path) -> None:
        self._warm = warm
        self._browser = browser
        self._expected = expected
        self._reports = reports

    def work(self, turns: Mapping[str, Turn], claims: Path, settle: Callable[[Turn, Round], None]) -> None:
        """Takes those of the turns that no other worker has claimed, and tells `settle` each. Raises InnerRunFailed."""
        self._reports.mkdir(parents=True)
        plan, log = self._reports / "plan.json", self._reports / "pytest.log"
        told = {name: self._told(turn) for name, turn in turns.items()}
        plan.write_text(json.dumps({"turns": told, "claims": str(claims)}, indent=1), encoding="utf-8")
        reading, telling = os.pipe()
        with os.fdopen(reading, encoding="utf-8") as rounds, log.open("w") as output:
            # With "=", because pytest takes its root from arguments that look like paths.
            command = [
                *(sys.executable, "-m", "pytest", "-p", "selftest.proof.inner", "-p", "selftest.proof.plugin"),
                *(f"--proof={plan}", f"--rounds=/dev/fd/{telling}", f"--reports={self._reports}"),
                *(f"--env={self._warm.file}", f"--target={self._browser}", f"--rush={RUSH}", "--keep"),
            ]
            if any(UPGRADED in one["lines"] for one in told.values()):
                command.append(f"--after-upgrade={self._upgrade()}")
            process = subprocess.Popen(
                command,
                cwd=CHECKOUT,
                env=self._warm.variables,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                pass_fds=[telling],
            )
            os.close(telling)
            began = False
            for line in rounds:
                name, round_ = Round.from_json(line)
                settle(turns[name], round_)
                began = True
            code = process.wait()
        # 5 is a run whose browser has none of the tests; 4 one that cannot start, or in which a fault has Moodle refuse
        # a set-up.
        if code not in (0, 1, 5, 7) and not (code == 4 and began):
            raise InnerRunFailed(code, log)

    def _upgrade(self) -> Path:
        """Leaves a video on the replica, has its plugin upgraded, and returns the file that tells of it.

        Raises InnerRunFailed.
        """
        file, log = self._reports / "before-upgrade", self._reports / "before-upgrade.log"
        arguments = [f"--env={self._warm.file}", f"--reports={self._reports}", f"--before-upgrade={file}"]
        command = [sys.executable, "-m", "pytest", *arguments]
        with log.open("w") as output:
            run = subprocess.Popen(command, cwd=CHECKOUT, env=self._warm.variables, stdout=output, stderr=output)
        if code := run.wait():
            raise InnerRunFailed(code, log)
        http.request("PUT", f"{self._warm.base_url}/__replica__/upgrade", verify=self._warm.ca_file, timeout=10)
        return file

    def _told(self, turn: Turn) -> dict[str, Any]:
        lines = sorted({line for name in turn.faults for line in self._expected[name].allowed})
        return {"faults": turn.faults, "tests": turn.tests, "lines": lines}
