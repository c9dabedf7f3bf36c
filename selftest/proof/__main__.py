"""Command line of the proof: `python -m selftest.proof --help`.

Exit code 0 when every fault was caught without collateral and no fault was all green, 1 when not, 4 on usage; 2, 3, 4
or 6 when an inner run ended so.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from replica.faults import CATALOGUE
from runner.replica import CHECKOUT
from selftest.proof import report
from selftest.proof.ledger import Ledger
from selftest.proof.outcome import ENGINES, NO_FAULT, Expectation, ExpectationError, Round, read, share
from selftest.proof.warm import warm_replica
from services.errors import ConfigurationError

REPORTS = CHECKOUT / "reports"
GUESS = 30.0
"""Seconds that a fault is thought to take before a proof has measured it."""


class InnerRunFailed(Exception):
    """A session of the proof ended before its time; `code` is its exit code."""

    def __init__(self, code: int, log: Path) -> None:
        super().__init__(f"An inner run ended with exit code {code}; its end, from {log}:\n{_end_of(log)}")
        self.code = code


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m selftest.proof", description="Does each fault turn its line red?")
    parser.add_argument("--faults", help="only these, separated by commas")
    parser.add_argument("--third", type=int, choices=range(3), help="every third fault only, beginning with this one")
    parser.add_argument("--full", action="store_true", help="run every test for every fault")
    parser.add_argument("--browser", choices=ENGINES, default="chromium")
    parser.add_argument("--workers", type=int, default=3, help="replicas, each with a browser, side by side")
    options = parser.parse_args()
    suffix = "" if options.browser == "chromium" else f"-{options.browser}"
    file = REPORTS / f"proof{suffix}.json"
    try:
        expected = read((Path(__file__).parent / "expected.toml").read_text(encoding="utf-8"), CATALOGUE)
        chosen = _choose(expected, options.faults, options.third, options.browser)
    except ExpectationError as error:
        print(error, file=sys.stderr)
        return 4
    shares = share({name: _measured(file).get(name, GUESS) for name in chosen}, options.workers)
    workers = [
        Worker(number, [chosen[name] for name in sorted(one)], options.browser, options.full)
        for number, one in enumerate(shares)
    ]
    REPORTS.mkdir(exist_ok=True)
    ledger = Ledger(file, chosen, options.browser)
    code = _run(workers, ledger)
    proof = ledger.write()
    if not (options.faults or options.third is not None or proof["void"] or proof["partial"]):
        text = report.proof_markdown(ledger.outcomes, options.browser)
        (CHECKOUT / "docs" / f"proof{suffix}.md").write_text(text, encoding="utf-8")
    print(report.summary(ledger.outcomes, ledger.left, ledger.void))
    figures = {name: len(proof[name]) for name in ("faults", "caught", "survivors", "collateral")}
    told = ", ".join(f"{number} {name}" for name, number in figures.items())
    print(f"{told} in {proof['seconds'] / 60:.1f} minutes{', cut off' if proof['partial'] else ''}")
    return code or int(bool(proof["void"] or proof["survivors"] or proof["collateral"]))


def _run(workers: Sequence[Worker], ledger: Ledger) -> int:
    """Has the workers settle their faults; 0, or the code with which the proof ends before its time."""
    try:
        with ThreadPoolExecutor(len(workers)) as pool:
            list(pool.map(partial(Worker.run, settle=ledger.settle), workers))
    except InnerRunFailed as failed:
        print(failed, file=sys.stderr)
        return failed.code or 1
    except ConfigurationError as reason:
        print(reason, file=sys.stderr)
        return 4
    except KeyboardInterrupt:
        return 2
    return 0


def _choose(
    expected: dict[str, Expectation], names: str | None, third: int | None, browser: str
) -> dict[str, Expectation]:
    wanted = names.split(",") if names else sorted(expected)
    if unknown := [name for name in wanted if name not in expected]:
        raise ExpectationError(f"no such fault: {', '.join(unknown)}; see python -m replica --list-faults")
    chosen = [name for name in wanted if names or browser in expected[name].engines]
    if third is not None:
        chosen = chosen[third::3]
    if not chosen:
        raise ExpectationError(f"no fault is left to prove in {browser}")
    return {name: expected[name] for name in chosen}


def _measured(file: Path) -> dict[str, float]:
    if not file.exists():
        return {}
    details = json.loads(file.read_text(encoding="utf-8"))["details"]
    return {name: outcome["seconds"] for name, outcome in details.items()}


def _end_of(log: Path) -> str:
    return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-20:])


class Worker:
    """A warm replica and one pytest session on it, for a share of the faults."""

    def __init__(self, number: int, faults: Sequence[Expectation], browser: str, whole: bool) -> None:
        self.faults = faults
        self.browser = browser
        self.whole = whole
        self.reports = REPORTS / "proof" / str(number)

    def run(self, settle: Callable[[str, Round], None]) -> None:
        """Tells `settle` each round by the name of its fault, as it ends. Raises InnerRunFailed."""
        shutil.rmtree(self.reports, ignore_errors=True)
        self.reports.mkdir(parents=True)
        log = self.reports / "pytest.log"
        reading, telling = os.pipe()
        left = {*NO_FAULT, *(one.fault for one in self.faults)}
        with (
            os.fdopen(reading, encoding="utf-8") as rounds,
            tempfile.TemporaryDirectory(prefix="proof-") as folder,
            warm_replica(Path(folder), self.browser) as warm,
            log.open("w") as output,
        ):
            plan = Path(folder) / "plan.json"
            faults = {
                one.fault: {"lines": one.lines, "test": one.test, "canary": one.needs_canary} for one in self.faults
            }
            plan.write_text(json.dumps({"faults": faults, "whole": self.whole}), encoding="utf-8")
            # With "=", because pytest takes its root from arguments that look like paths.
            command = [
                *(sys.executable, "-m", "pytest", "-p", "selftest.proof.inner", "-p", "selftest.proof.plugin"),
                *(f"--proof={plan}", f"--rounds=/dev/fd/{telling}", f"--reports={self.reports}", f"--env={warm.file}"),
                *(f"--browser={self.browser}", "--keep"),
            ]
            process = subprocess.Popen(
                command,
                cwd=CHECKOUT,
                env=warm.variables,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                pass_fds=[telling],
            )
            os.close(telling)
            for line in rounds:
                name, round_ = Round.from_json(line)
                left.remove(name)
                settle(name, round_)
            code = process.wait()
        if code in (2, 3, 6) or left:  # a fault may well make Moodle refuse a set-up, which is 4
            raise InnerRunFailed(code, log)


if __name__ == "__main__":
    sys.exit(main())
