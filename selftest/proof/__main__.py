"""Command line of the proof: `python -m selftest.proof --help`.

Exit code 0 when every fault was caught without collateral, no fault was all green, and in Chromium each check was red
once or has its reason in unproven.toml; 1 when not, 4 on usage; 2, 3, 4
or 6 when an inner run ended so.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

from filelock import FileLock, Timeout

from checklist.standard_streams import make_safe
from clients.errors import ConfigurationError
from runner.configuration.replica import CHECKOUT
from runner.pytest_plugin.preparation import suite_revision
from selftest.proof import report
from selftest.proof.ledger import Ledger
from selftest.proof.outcome import ENGINES, Expectation, ExpectationError, expectations
from selftest.proof.suite import suite
from selftest.proof.touched import changes, touched
from selftest.proof.turns import Turn, catching, sparing, whole
from selftest.proof.warm import warm_replica
from selftest.proof.worker import InnerRunFailed, Worker
from selftest.proof.written import unproven

REPORTS = CHECKOUT / "reports"

AT_A_TIME = 3 * (os.cpu_count() or 1)
"""Workers: a red line is mostly waited for. With half as many, a quarter and more of the cores' time was idle."""


def main() -> int:
    make_safe()
    parser = argparse.ArgumentParser(prog="python -m selftest.proof", description="Does each fault turn its line red?")
    parser.add_argument("--faults", help="only these, separated by commas")
    parser.add_argument("--since", metavar="REV", help="only those that the changes since that revision touch")
    parser.add_argument("--third", type=int, choices=range(3), help="every third fault only, beginning with this one")
    parser.add_argument("--full", action="store_true", help="each fault alone, with every test")
    parser.add_argument("--browser", choices=ENGINES, default="chromium")
    parser.add_argument("--workers", type=int, default=AT_A_TIME, help="replicas, each with a browser, side by side")
    options = parser.parse_args()
    suffix = "" if options.browser == "chromium" else f"-{options.browser}"
    try:
        if options.since is not None:
            options.faults = ",".join(_touched(options.since, options.browser))
            if not options.faults:
                print(f"The changes since {options.since} touch no fault of {options.browser}: nothing to prove.")
                return 0
        chosen = _choose(expectations(), options.faults, options.third, options.browser)
    except ExpectationError as error:
        print(error, file=sys.stderr)
        return 4
    REPORTS.mkdir(exist_ok=True)
    try:
        with FileLock(REPORTS / "proof.lock", timeout=0):
            return _prove(chosen, options, suffix)
    except Timeout:
        print(f"Another proof runs in this checkout, and writes into {REPORTS}: wait until it ends.", file=sys.stderr)
        return 4


def _prove(chosen: Mapping[str, Expectation], options: argparse.Namespace, suffix: str) -> int:
    revision = suite_revision()
    in_order = [chosen[name] for name in expectations() if name in chosen]
    turns = whole(in_order, suite()) if options.full else [*sparing(in_order, suite()), *catching(in_order, suite())]
    shutil.rmtree(REPORTS / "proof", ignore_errors=True)
    ledger = Ledger(REPORTS / f"proof{suffix}.json", chosen, suite(), options.browser)
    code = _run(ledger, chosen, turns, options.browser, options.workers)
    proof, idle = ledger.write(), []
    if not (options.faults or options.third is not None or proof["void"] or proof["partial"]):
        idle = unproven(ledger.red) if not suffix else []  # other engines have a part of the catalogue
        text = report.proof_markdown(ledger.outcomes, options.browser, revision, idle)
        (CHECKOUT / "docs" / f"proof{suffix}.md").write_text(text, encoding="utf-8")
    print(report.summary(ledger.outcomes, ledger.left, ledger.void))
    print(said := report.without_reason(idle))
    figures = {name: len(proof[name]) for name in ("faults", "caught", "survivors", "collateral")}
    told = ", ".join(f"{number} {name}" for name, number in figures.items())
    print(f"{told} in {proof['seconds'] / 60:.1f} minutes{', cut off' if proof['partial'] else ''}")
    wrong = proof["partial"] or proof["void"] or proof["survivors"] or proof["collateral"] or said
    return code or int(bool(wrong))


def _run(ledger: Ledger, expected: Mapping[str, Expectation], turns: Sequence[Turn], browser: str, workers: int) -> int:
    """Has the workers settle their faults; 0, or the code with which the proof ends before its time."""
    try:
        _share_out(turns, ledger, expected, browser, workers, "together")
        if doubts := ledger.doubts():
            print(f"  {len(doubts)} faults once more, each alone", flush=True)
            _share_out(doubts, ledger, expected, browser, workers, "alone")
    except InnerRunFailed as failed:
        print(failed, file=sys.stderr)
        return failed.code or 1
    except ConfigurationError as reason:
        print(reason, file=sys.stderr)
        return 4
    except KeyboardInterrupt:
        return 2
    return 0


def _share_out(
    turns: Sequence[Turn], ledger: Ledger, expected: Mapping[str, Expectation], browser: str, workers: int, name: str
) -> None:
    """All the turns, and after them, on the replicas that had the faults, every test of theirs without one.

    Each on one of new replicas, because what the faults of earlier turns left in the bucket would stop a run before it
    begins.
    """
    ledger.begin(turns)
    needed = {test for turn in turns for test in turn.tests}
    tests = [test for test in suite() if test in needed]
    shared = {f"turn-{number}": turn for number, turn in enumerate(turns)}
    with tempfile.TemporaryDirectory(prefix="proof-") as folder, ExitStack() as replicas:
        claims = Path(folder) / "claims"
        claims.mkdir()
        team = []
        for number in range(min(workers, len(turns))):
            own = Path(folder) / str(number)
            own.mkdir()
            warm = replicas.enter_context(warm_replica(own, browser, profiles=["expired-video"]))
            team.append(Worker(warm, browser, expected, REPORTS / "proof" / str(number) / name))

        def work(number: int) -> None:
            after = Turn((), tuple(tests[number :: len(team)]))
            mine = {**shared, f"after-{number}": after} if after.tests else shared
            team[number].work(mine, claims, ledger.settle)

        with ThreadPoolExecutor(len(team)) as pool:
            list(pool.map(work, range(len(team))))


def _touched(since: str, browser: str) -> list[str]:
    try:
        changed = changes(since)
    except subprocess.CalledProcessError:
        raise ExpectationError(f"git knows no revision {since} here; name one, such as main or HEAD~1") from None
    expected = {name: one for name, one in expectations().items() if browser in one.engines}
    names = touched(changed, expected, suite())
    print(f"{len(names)} of {len(expected)} faults are touched: {', '.join(names)}", flush=True)
    return names


def _choose(
    expected: Mapping[str, Expectation], names: str | None, third: int | None, browser: str
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


if __name__ == "__main__":
    sys.exit(main())
