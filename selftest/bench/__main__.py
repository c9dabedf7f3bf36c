"""`python -m selftest.bench`: what the suite costs, beside other ways to the same end; writes docs/benchmarks.md.

`--only a,e` measures some parts and keeps what is known of the others; `--env` measures on another site.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psutil
import pytest

from checklist.standard_streams import make_safe
from runner.configuration import environment as environments
from runner.configuration.replica import CHECKOUT, describe, started, variables
from runner.pytest_plugin.preparation import suite_revision
from selftest.bench.document import Row, write

KNOWN = CHECKOUT / "reports" / "bench.json"

UPLOAD, PLAYBACK = "tests/test_2_07_upload.py::test_upload", "tests/test_2_08_playback.py::test_playback"
LARGE, MEASURED = "tests/test_2_12_large.py", "selftest/bench/measured.py"

LATENCY = 0.1
"""Seconds by which each page of the replica is slower in the last part."""


@dataclass
class Bench:
    """`environment` is the option that names the site; `site` the process id of its replica, or 0."""

    environment: str
    site: int
    times: int
    browsers: list[str]
    folder: Path

    def measure(self, *arguments: str, note: str = "") -> list[Row]:
        """Runs these tests so often, and returns what they took; `note` goes into each name."""
        told = self.folder / f"{time.time_ns()}.jsonl"
        options = [f"--bench={told}", f"--bench-times={self.times}", f"--bench-site={self.site}"]
        self.run("-p", "selftest.bench.plugin", *options, *arguments)
        rows = [json.loads(line) for line in told.read_text("utf-8").splitlines()]
        return [{**row, "name": f"{row['name']}{note}"} for row in rows]

    def run(self, *arguments: str) -> Path:
        """One run; returns its folder. A verdict is not asked for."""
        reports = self.folder / f"{time.time_ns()}"
        command = [sys.executable, "-m", "pytest", self.environment, f"--reports={reports}", *arguments]
        done = subprocess.run(
            command, cwd=CHECKOUT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
        )
        print(done.stdout[-1500:] if done.returncode else done.stdout.splitlines()[-1], file=sys.stderr)
        if not (reports / "latest").is_dir():
            raise SystemExit(f"bench: a run did not come to its end:\n{done.stdout}")
        return (reports / "latest").resolve()

    def in_browsers(self) -> list[str]:
        return [f"--browser={name}" for name in self.browsers]


def journey(bench: Bench) -> list[Row]:
    """(a), (b), (d): steps 2.7 and 2.8 by the suite, by a bare script, and in Selenium."""
    others = [f"{MEASURED}::test_other_upload", f"{MEASURED}::test_other_playback"]
    return bench.measure(*bench.in_browsers(), UPLOAD, PLAYBACK, *others)


def workers(bench: Bench) -> list[Row]:
    """(c): the whole suite, once for each number of workers."""
    first = bench.in_browsers()[:1]
    runs = {"1 worker": "-n1", "2 workers": "-n2", "4 workers": "-n4"}
    return [_whole(bench, name, [number, *first]) for name, number in runs.items()]


def engines(bench: Bench) -> list[Row]:
    """(g): the whole suite with two workers, in one engine and in all."""
    first = bench.in_browsers()[:1]
    runs = {bench.browsers[0]: first, " and ".join(bench.browsers): bench.in_browsers()}
    return [_whole(bench, name, ["-n2", *options]) for name, options in runs.items()]


def _whole(bench: Bench, name: str, options: list[str]) -> Row:
    begun = time.perf_counter()
    results = json.loads((bench.run(*options) / "results.json").read_text("utf-8"))
    failed = sum(line["verdict"] == "failed" for line in results["lines"])
    return {"name": name, "wall": time.perf_counter() - begun, "failed": failed}


def large(bench: Bench) -> list[Row]:
    """(e): 1 GiB by the suite and by curl."""
    return bench.measure("--browser=chromium", "--large=1GiB", LARGE, MEASURED, "-k", "large_in or large_by")


def memory(bench: Bench) -> list[Row]:
    """(m): what step 2.12 says of the suite's own processes."""
    return [_grown(bench, size) for size in ("64MiB", "1GiB", "5GiB")]


def _grown(bench: Bench, size: str) -> Row:
    begun = time.perf_counter()
    folder = bench.run("--browser=chromium", f"--large={size}", LARGE)
    judged = json.loads((folder / "results.json").read_text("utf-8"))["lines"]
    lines = {line["id"]: line for line in judged if line["browser"] == "chromium"}
    sent, stored = lines["2.12.1"], lines["2.12.3"]
    return {
        "bytes": sent["evidence"].get("bytes"),
        "grown": stored["evidence"].get("bytes the suite grew by", 0),
        "verdict": stored["verdict"],
        "wall": time.perf_counter() - begun,
    }


def latency(bench: Bench) -> list[Row]:
    """(f): the journey on a replica whose pages take longer."""
    browser = bench.in_browsers()[:1]
    near = bench.measure(*browser, UPLOAD, PLAYBACK, note=" near")
    with replica("--site", f"slow={LATENCY}") as (environment, site):
        far = Bench(environment, site, bench.times, bench.browsers, bench.folder)
        return [*near, *far.measure(*browser, UPLOAD, PLAYBACK, note=" far")]


def start(bench: Bench) -> list[Row]:
    """(s): what somebody waits for before anything is tested, on a site that is up; the first test on a new replica."""
    pytest_, browser = [sys.executable, "-m", "pytest"], bench.in_browsers()[:1]
    commands = {
        "pytest --collect-only": [*pytest_, "--collect-only", "--quiet"],
        "pytest --doctor": [*pytest_, bench.environment, "--doctor"],
    }
    rows = [_spent(name, command) for _ in range(bench.times) for name, command in commands.items()]
    first = [*pytest_, f"--reports={bench.folder}", f"{UPLOAD.partition('::')[0]}::test_set_up", *browser]
    return [*rows, *(_spent("to the first test", first, until="::test_set_up") for _ in range(bench.times))]


def selftests(bench: Bench) -> list[Row]:
    """(t): what `make test` takes."""
    return [_spent("make test", ["make", "test"])]


def _spent(name: str, command: Sequence[str], until: str = "") -> Row:
    """Wall clock and processor of a command and its children, to its end or until it prints these words."""
    begun, before = time.perf_counter(), _children()
    with subprocess.Popen(
        command, cwd=CHECKOUT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdout
        tree, wall = psutil.Process(process.pid), 0.0
        for line in process.stdout:
            if until and until in line and not wall:
                wall = time.perf_counter() - begun
                used = sum(sum(one.cpu_times()[:4]) for one in (tree, *tree.children(recursive=True)))
        wall, used = (wall, used) if wall else (time.perf_counter() - begun, 0.0)
    return {"name": name, "target": "chromium", "wall": wall, "used": used or _children() - before}


def _children() -> float:
    return sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2])


PARTS: dict[str, Callable[[Bench], list[Row]]] = {
    "a": journey,
    "c": workers,
    "e": large,
    "m": memory,
    "f": latency,
    "g": engines,
    "s": start,
    "t": selftests,
}


ONCE = "cgmt"
"""Parts that would take hours five times."""


@contextmanager
def replica(*options: str) -> Iterator[tuple[str, int]]:
    """A replica is up: the option that names it, and its process id."""
    before = {child.pid for child in psutil.Process().children()}
    with started(*options) as ready, pytest.MonkeyPatch.context() as process:
        for name, value in variables(ready).items():
            process.setenv(name, value)
        (site,) = {child.pid for child in psutil.Process().children()} - before
        yield f"--env={describe(ready, Path(ready['ca_file']).parent)}", site


def main() -> None:
    make_safe()
    parser = argparse.ArgumentParser(prog="python -m selftest.bench", description=__doc__)
    parser.add_argument("--env", default="replica", help="as pytest takes it; a replica by default")
    parser.add_argument("--only", default=",".join(PARTS), help="parts: a (with b and d), c, e, f, g, m, s, t")
    parser.add_argument("--times", type=int, default=5, help="how often, where the median counts")
    parser.add_argument("--browser", action="append", help="chromium and firefox, unless said otherwise")
    options = parser.parse_args()
    known = json.loads(KNOWN.read_text("utf-8")) if KNOWN.exists() else {}
    folder = KNOWN.parent / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    browsers = options.browser or ["chromium", "firefox"]

    def measure(environment: str, site: int, name: str) -> None:
        bench = Bench(environment, site, options.times, browsers, folder)
        for part in options.only.split(","):
            load = os.getloadavg()[0]
            rows = PARTS[part](bench)
            known.setdefault(name, {})[part] = {
                "at": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
                "revision": suite_revision(),
                "times": 1 if part in ONCE else options.times,
                "machine": f"{os.cpu_count()} cores, load {load:.1f} before",
                "rows": rows,
            }
            KNOWN.write_text(json.dumps(known, indent=1), encoding="utf-8")
            (CHECKOUT / "docs" / "benchmarks.md").write_text(write(known), encoding="utf-8")

    if options.env == "replica":
        with replica() as (environment, site):
            measure(environment, site, "replica")
    else:
        measure(f"--env={options.env}", 0, environments.load(options.env).name)


if __name__ == "__main__":
    main()
