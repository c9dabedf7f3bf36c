"""False alarms: `python -m selftest.proof.soak --times 30` repeats the clean run and counts what was red anyway.

Each time in another order of tests, with CPU load beside it and 0 to 400 ms added to each answer of the site. Writes
`reports/soak.json`; traces and reports of each time are in `reports/soak/`. Exit code 0 when all were clean, 1 when
not, 4 when a replica cannot start.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import requests

from checklist.standard_streams import make_safe
from clients.errors import ConfigurationError
from runner.configuration.replica import CHECKOUT
from selftest.proof.outcome import ENGINES
from selftest.proof.warm import SMALL, Warm, warm_replica

REPORTS = CHECKOUT / "reports"
LATENCY = {"min_ms": 0, "max_ms": 400}
RED = ("failed", "not reached")

HALF_A_CORE = """
import select, sys, time
while not select.select([sys.stdin], [], [], 0.05)[0]:
    until = time.perf_counter() + 0.05
    while time.perf_counter() < until: pass
"""
"""It ends when its standard input does."""


@dataclass(frozen=True, slots=True)
class Time:
    """One repetition: pytest's exit code, `seconds`, and the message of each line that was red."""

    seed: int
    code: int
    seconds: int
    red: dict[str, str]

    @property
    def clean(self) -> bool:
        return self.code == 0 and not self.red


def soak_json(times: Sequence[Time], browser: str) -> dict[str, Any]:
    """`flakes` says for each line how often it was red, and with what messages."""
    lines = sorted(
        {line for one in times for line in one.red}, key=lambda line: [int(part) for part in line.split(".")]
    )
    flakes = {line: [one.red[line] for one in times if line in one.red] for line in lines}
    return {
        "browser": browser,
        "times": len(times),
        "clean": sum(one.clean for one in times),
        "flakes": {line: {"red": len(told), "messages": sorted(set(told))} for line, told in flakes.items()},
        "details": [asdict(one) for one in times],
    }


def red_lines(results: dict[str, Any], browser: str) -> dict[str, str]:
    """Message by line of what was red for `browser` in a run's `results.json`."""
    mine = (entry for entry in results["lines"] if entry["browser"] in (browser, "all"))
    return {entry["id"]: entry["message"] for entry in mine if entry["verdict"] in RED}


def table(found: dict[str, Any]) -> str:
    told = [
        f"  {line:<8} red {flake['red']} of {found['times']}: {'; '.join(flake['messages'])[:300]}"
        for line, flake in found["flakes"].items()
    ]
    return "\n".join([*told, f"{found['clean']} of {found['times']} times clean in {found['browser']}"])


@contextmanager
def load() -> Iterator[None]:
    """A process beside the run that takes half a core."""
    process = subprocess.Popen([sys.executable, "-c", HALF_A_CORE], stdin=subprocess.PIPE)
    assert process.stdin
    try:
        yield
    finally:
        process.stdin.close()
        process.wait(10)


def run_once(warm: Warm, browser: str, seed: int) -> Time:
    reports = REPORTS / "soak" / str(seed)
    reports.mkdir(parents=True)
    started = time.monotonic()
    command = [
        *(sys.executable, "-m", "pytest", "-p", "selftest.proof.inner", f"--reports={reports}"),
        *(f"--shuffle={seed}", f"--env={warm.file}", f"--browser={browser}", "--tracing=retain-on-failure"),
    ]
    with (reports / "pytest.log").open("w") as log:
        done = subprocess.run(command, cwd=CHECKOUT, env=warm.variables, stdout=log, stderr=log, check=False)
    results = reports / "results.json"
    red = red_lines(json.loads(results.read_text(encoding="utf-8")), browser) if results.exists() else {}
    return Time(seed, done.returncode, round(time.monotonic() - started), red)


def repeat(times: int, browser: str, workers: int, profiles: Sequence[str]) -> Iterator[Time]:
    """The repetitions, in the order of their seeds; `workers` of them side by side, each on a replica of its own."""
    with tempfile.TemporaryDirectory(prefix="soak-") as folder, ExitStack() as replicas, load():
        idle: SimpleQueue[Warm] = SimpleQueue()
        for number in range(workers):
            own = Path(folder) / str(number)
            own.mkdir()
            warm = replicas.enter_context(warm_replica(own, browser, SMALL, profiles))
            requests.put(f"{warm.base_url}/__replica__/latency", json=LATENCY, verify=warm.ca_file, timeout=10)
            idle.put(warm)

        def once(seed: int) -> Time:
            warm = idle.get()
            try:
                return run_once(warm, browser, seed)
            finally:
                idle.put(warm)

        with ThreadPoolExecutor(workers) as pool:
            yield from pool.map(once, range(1, times + 1))


def main() -> int:
    make_safe()
    parser = argparse.ArgumentParser(prog="python -m selftest.proof.soak", description="Is green always green?")
    parser.add_argument("--times", type=int, default=30)
    parser.add_argument("--browser", choices=ENGINES, default="chromium")
    parser.add_argument("--workers", type=int, default=2, help="replicas, each with a browser, side by side")
    parser.add_argument("--site", action="append", default=[], help="a site profile, such as moodle=5.1")
    options = parser.parse_args()
    shutil.rmtree(REPORTS / "soak", ignore_errors=True)
    times = []
    try:
        for one in repeat(options.times, options.browser, options.workers, options.site):
            times.append(one)
            word = "clean" if one.clean else f"exit code {one.code}, red: {', '.join(one.red)}"
            print(f"{one.seed:>4}  {one.seconds} s  {word}", flush=True)
    except ConfigurationError as reason:
        print(reason, file=sys.stderr)
        return 4
    found = soak_json(times, options.browser)
    (REPORTS / "soak.json").write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(table(found))
    return 0 if found["clean"] == found["times"] else 1


if __name__ == "__main__":
    sys.exit(main())
