"""docs/benchmarks.md, made of what was measured."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Row = dict[str, Any]
"""One time that something was measured: `name`, `target`, `wall` seconds, and what that part is about."""

HEAD = """# Benchmarks

`make bench` writes this. `.venv/bin/python -m selftest.bench --only a,e` measures some parts and keeps what this
checkout measured of the others (`reports/bench.json`); `--env NAME` measures on another site, which gets a chapter of
its own. Each figure is a median of as many times as its part says. Other machines have other seconds: what counts is
one column beside the other.
"""

FASTER = """
## What was aimed at

Each by its last measurement, on machines of 2 cores; what is not met stands as it is.

| aim | before | now | met |
|---|---|---|---|
| `make test` takes at most 0.4 of its time: clock | 14 to 23 minutes | 518 s | no: 0.4 to 0.6 |
| the same: CI | 35 minutes | 1015 s | no: 0.48 |
| the whole suite with 2 workers takes at most 0.6 of the time with 1 | 0.61 | 0.67 | no |
| nothing waits for what can no longer change a verdict | 600 s for a CDN | 0 of 1200 s | yes |
| a real Moodle in both engines takes at most half of 978 s | 978 s | 2208 s | no |
| 1 GiB by the suite takes at most 1.3 times as long as by curl | 1.56 | 0.97 | yes |
| a proof without shared turns takes at most 1.5 times as long | | 2.4 | so turns stay |
| `pytest --collect-only` takes at most 2 s | | 1.5 | yes |
| `pytest --doctor` takes at most 5 s | | 2.8 | yes |
| from the command to the first test 8 s pass at most | 20 | 11.8 | no |

`make test` had 1235 tests then, and has 5470; the 518 s were taken with a proof beside. Most of it is whole runs of the
suite that judge its lifecycle; what of these was left to the night, and what else was tried, stands below. The 0.67 are
of 2026-11-28, in Chromium alone. The real Moodle was judged in two engines and 147 lines before, in four targets and
with chapter X in the 2208 s, with helpers beside; Chromium alone took 915 s. Of the 11.8 s the replica takes 4.3 to
start, of which Python's imports are 0.8.

## What was made faster

Seconds of processor, children included, before and after on one machine, 2 cores that others used too; so no clock.

| on 2026-11-29, 91180fb and what came after | before | after |
|---|---|---|
| `pytest --collect-only` | 1.5 | 1.1 |
| a run that ends at its environment file | 1.3 | 0.9 |
| unit tests of AWS's clients, 134 | 30.1 | 4.4 |
| a report with 30 defects, for each test of it | 6.1 | 0 after the first |
| `selftest/unit/test_adding.py` in `make test` | 18.7 | 5.3 |
| `selftest/unit/test_lines.py`, alone | 19.1 | 4.1 |
| `selftest/unit/test_signing.py` | 13.3 | 6.0 |
| packages' code in a process of which coverage is taken, in one of which none is | 0.62 | 0.29 |
| 256 MiB through the proxy, which ends TLS: chunks of 32 KiB, of 128 KiB | 0.47 | 0.45 |
| the same on uvloop, of 32 KiB, of 256 KiB | 0.42 | 0.38 |

So the proxy stayed as it is: other chunks win next to nothing, and uvloop a tenth, or a fifth with them, for one
package more.

| on 2026-11-30, 8431770 and what came after | before | after |
|---|---|---|
| a run of three lines in a selftest, measured for coverage; not measured | 6.2 | 3.6 |
| `selftest/unit/test_borders.py` | 6.6 | 3.2 |
| the same, measured for coverage | 15.1 | 7.0 |

So `make coverage` measures, and `make test` does not. Tests wait half of the time: on 2 cores the workers of a whole
`make test`, and what they started and saw end, took 941 s of a processor in 996 s by clock. So there are three workers
now. And these tests were left to `make test-nightly`; the seconds are by clock, in a run of `selftest/runs` and
`selftest/replica` of 973 s with 2 workers, where they were among its 40 dearest:

| file | tests in `make test` before | after | left to the night |
|---|---|---|---|
| `test_driven_targets.py` | 4 | 3 | 2.7 and 2.13 by a debugging port: 80 |
| `test_interrupted_runs.py` | 16 | 13 | storage silent half way: 61; the site before clean-up: 23; SIGTERM: 17 |
| `test_site_profiles.py` | 7 | 5 | whole steps: 2.8, 31 and 29; 2.9, 15; 2.10, 19; 2.11, 27; three tests stay |
| `test_settings_guard.py` | 21 | 20 | a whole run after one that was killed; `--restore` stays: 24 |
| `test_partial_runs.py` | 4 | 3 | three shards that come to NO-GO: 15 |
| `test_report.py`, `test_media.py`, `test_proxy.py` | 99 | 77 | Firefox |
| `test_known_issues.py` | 42 | 40 | two lists that are out of date, told like the one that stays |
| `test_maintenance.py` | 3 | 2 | `--restore`; a whole run after one that was killed stays |
| `test_rush.py` | 18 | 17 | Locust on two machines: 8.5 alone |

Seconds of processor of some of these files, not measured for coverage, at a load of 12 to 17; what a worker's replica
and its browsers take is not in them:

| file | of the tests that stay | of tests left to the night |
|---|---|---|
| `test_interrupted_runs.py` | 73.6 | 15.1, of the two that are silent |
| `test_settings_guard.py` | 58.0 | 11.5 |
| `test_partial_runs.py` | 43.7 | 15.0 |
| `test_site_profiles.py` | 36.9 | 13.1, of 2.10 alone |
| `test_proxy.py` | 20.1 | 18.6, set-up included |
| `test_maintenance.py` | 19.8 | 5.8 |
| `test_known_issues.py` | 17.8 | 8.0 |

The proof tries many faults at a time where none can hide another (`selftest/proof/turns.py`, 126 lines). Without that,
each fault alone with the tests of its lines and the happy paths that it must not harm, 643 turns of 2281 tests would
take the place of 224 turns of 891: 171 minutes for 71, by the seconds that each test took in a green run. That is 2.4
times as long, and 1.5 would have been enough to do without: it stays.
"""

JOURNEY = """
### The journey of steps 2.7 and 2.8, beside plain scripts

The same clicks over the same slow link (`upload_link_mbit`), the same seconds watched, from the opening of a tab on
(Selenium: from the log-in on, for its first tab opens with the browser); what is set up over HTTP before is in none of
them. The suite verifies each step, keeps evidence, reads S3 and the CDN; the scripts (`selftest/bench/bare.py`,
`webdriver.py`) do nothing of that. In Selenium a new session is a new browser. The aim: the suite takes at most 1.25
times as long as the plain Playwright script.

| engine | suite | plain Playwright | suite / plain | Selenium | suite / Selenium |
|---|---|---|---|---|---|
"""

WHERE = """
Where that time goes, in seconds: processor time of the site (the replica; unknown of another), of the browser, and of
Python with Playwright's driver; waiting is what is left of the wall clock, for the link and for playback above all.

| engine | way | wall | site | browser | driver and Python | waiting |
|---|---|---|---|---|---|---|
"""

WORKERS = """
### The whole suite

With set-up and clean-up, each once: five times would take hours. The aim: 2 workers are 1.6 times as fast as 1.

| run | seconds | as fast as 1 worker | failed lines |
|---|---|---|---|
"""

ENGINES = """
### One more engine

The whole suite with 2 workers, each once.

| engines | seconds | more | failed lines |
|---|---|---|---|
"""

LARGE = """
### 1 GiB to storage

From choosing the file to the success message, through the suite's proxy, beside `curl -F` with the same form; Moodle's
confirmation is in the first only. The aim: at most 1.2 times as long.

| suite | curl | suite / curl |
|---|---|---|
"""

MEMORY = """
### Memory

By how much Python and Playwright's driver grew at most in step 2.12, upload and verification byte for byte, each once.
The aim: less than 150 MB, whatever the size; from 150 MiB on the test fails.

| size in bytes | grown by MB | 2.12.3 | seconds of the run |
|---|---|---|---|
"""

LATENCY = """
### Latency

The journey while each page and each answer of Moodle takes 100 ms longer.

| without | with 100 ms | more seconds |
|---|---|---|
"""

START = """
### Start

What somebody waits for, and the seconds of processor of all processes in it. The doctor asks a site that is up; to the
first test a replica starts, too. The aims: 2 s to collect, 5 s for the doctor, 8 s to the first test.

| command | seconds | seconds of processor |
|---|---|---|
"""

SELFTESTS = """
### The tests of the suite itself

Linters among them, once.

| command | seconds | seconds of processor |
|---|---|---|
"""

SUITE = ("test_upload", "test_playback")
WAYS = {"suite": SUITE, "plain": ("bare 2.7", "bare 2.8"), "Selenium": ("selenium 2.7", "selenium 2.8")}


def write(known: Mapping[str, Mapping[str, Any]]) -> str:
    text = HEAD + FASTER
    for site, parts in known.items():
        text += f"\n## {site}\n"
        for part, tell in TELL.items():
            if told := parts.get(part):
                text += "".join(tell(told["rows"]))
                text += f"\n{told['times']} times, {told['at']}, suite {told['revision']}, {told['machine']}.\n"
    return text


def median(rows: Sequence[Row], name: str, target: str = "chromium", what: str = "wall") -> float:
    """Nothing that was not measured: NaN."""
    found = [row[what] for row in rows if (row["name"], row["target"]) == (name, target)]
    return statistics.median(found) if found else float("nan")


def _sum(rows: Sequence[Row], names: Sequence[str], target: str, what: str = "wall") -> float:
    return sum(median(rows, name, target, what) for name in names)


def _journey(rows: Sequence[Row]) -> Iterator[str]:
    targets = list(dict.fromkeys(row["target"] for row in rows))
    yield JOURNEY
    for target in targets:
        suite, plain, selenium = (_sum(rows, names, target) for names in WAYS.values())
        yield _row(target, suite, plain, suite / plain, selenium, suite / selenium)
    yield WHERE
    for target in targets:
        for way, names in WAYS.items():
            wall, *used = (_sum(rows, names, target, what) for what in ("wall", "site", "browser", "suite"))
            if not math.isnan(wall):
                yield _row(target, way, wall, *used, wall - sum(used))


def _workers(rows: Sequence[Row]) -> Iterator[str]:
    yield WORKERS
    for row in rows:
        yield _row(row["name"], row["wall"], rows[0]["wall"] / row["wall"], row["failed"])


def _engines(rows: Sequence[Row]) -> Iterator[str]:
    yield ENGINES
    for row in rows:
        yield _row(row["name"], row["wall"], row["wall"] - rows[0]["wall"], row["failed"])


def _large(rows: Sequence[Row]) -> Iterator[str]:
    suite, curl = (median(rows, f"large by {way}") for way in ("the suite", "curl"))
    yield LARGE + _row(suite, curl, suite / curl)


def _memory(rows: Sequence[Row]) -> Iterator[str]:
    yield MEMORY
    for row in rows:
        yield _row(row["bytes"], row["grown"] / 1e6, row["verdict"], row["wall"])


def _latency(rows: Sequence[Row]) -> Iterator[str]:
    near, far = (_sum(rows, [f"{name} {where}" for name in SUITE], "chromium") for where in ("near", "far"))
    yield LATENCY + _row(near, far, far - near)


def _start(rows: Sequence[Row]) -> Iterator[str]:
    yield START
    yield from _spent(rows)


def _selftests(rows: Sequence[Row]) -> Iterator[str]:
    yield SELFTESTS
    yield from _spent(rows)


def _spent(rows: Sequence[Row]) -> Iterator[str]:
    for name in dict.fromkeys(row["name"] for row in rows):
        yield _row(name, median(rows, name), median(rows, name, what="used"))


def _row(*cells: object) -> str:
    return f"| {' | '.join(_cell(cell) for cell in cells)} |\n"


def _cell(cell: object) -> str:
    if not isinstance(cell, float):
        return str(cell)
    return "" if math.isnan(cell) else f"{cell:.2f}" if cell < 10 else f"{cell:.1f}"


TELL = {
    "a": _journey,
    "c": _workers,
    "g": _engines,
    "e": _large,
    "m": _memory,
    "f": _latency,
    "s": _start,
    "t": _selftests,
}
