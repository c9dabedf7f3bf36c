"""What a run would do, told by its tests: they are collected, and none is run."""

from __future__ import annotations

import shutil
import textwrap
import time
from collections.abc import Sequence

import pytest

import media
from checklist.lines import ALL_TARGETS, LINES
from checklist.verdicts import TargetState, judged_on
from runner.configuration.connect import new_site
from runner.configuration.environment import Environment
from runner.pytest_plugin.options import PRODUCTION, TESTS
from runner.reservation.people_pool import PER_WORKER

MIB = 1024**2

SECONDS_PER_LINE = 2.5
"""Of the suite and its browser; measured on the replica, two cores, one worker."""

PAGES_PER_LINE = 6
"""Pages and answers of the site that a line takes, those of preparation and clean-up among them."""


def plan(
    environment: Environment, targets: Sequence[TargetState], *, large: int, workers: int = 1, crowd: int = 0
) -> list[str]:
    """Targets, lines, volume, time and traces on the site, a sentence each; `large` in bytes, as for the run."""
    able = [*(target.name for target in targets if not target.missing), ALL_TARGETS]
    items = [item for item in _collected() if environment.test_site or item.get_closest_marker(PRODUCTION)]
    there = {line for item in items for line in _lines(item)}
    on = {target: _on(target, targets) for target in able}
    tests = {target: [item for item in items if _lines(item) & on[target]] for target in able}
    sent = sum(_bytes(item, large) for mine in tests.values() for item in mine)
    lines = [line for line in LINES.values() if line.judged and line.id in there]
    per_run, over_targets = sum(line.per_run for line in lines), sum(line.over_targets for line in lines)
    judged = sum(len(on[target] & there) for target in able[:-1])
    by_link = sent * 8 / 1e6 / environment.budgets.upload_link_mbit
    by_worker = judged * (SECONDS_PER_LINE + PAGES_PER_LINE * _page_seconds(environment))
    with_two = f", {_minutes(by_link + by_worker / 2)} with -n 2" if workers == 1 and _have_two(environment) else ""
    one_file = (
        f", {round(large / MIB)} MiB of them in one file for each target of step 2.12" if "2.12.1" in there else ""
    )
    is_given = environment.accounts.given is not None
    people, stay = f"{workers * PER_WORKER + crowd} people of the suite's own", "stay as suspended accounts"
    return [
        f"Targets: {', '.join(able[:-1]) or 'none'}.",
        f"Tests: {''.join(f'{len(tests[target])} in {target}, ' for target in able[:-1])}"
        f"{len(tests[ALL_TARGETS])} of the set-up.",
        f"Lines: {len(lines) - per_run} on each target, {over_targets} over all targets, "
        f"{per_run - over_targets} of the site and its AWS account.",
        f"To send: about {round(sent / MIB)} MiB of video to the bucket {environment.storage.bucket}{one_file}.",
        f"Time: {_minutes(by_link + by_worker / workers)} or so{with_two}.",
        f"On the site, in the course category {environment.mark}: a lock, some courses with assignments, "
        f"{'the given accounts' if is_given else people} enrolled there.",
        f"Afterwards all of that is removed, on S3 too; the people {'keep what they had' if is_given else stay}.",
    ]


def _minutes(seconds: float) -> str:
    return f"{max(1, round(seconds / 60))} min"


def _have_two(environment: Environment) -> bool:
    """Whether there are people for two workers: the suite's own, or two of each kind that every worker needs."""
    given = environment.accounts.given
    there = given is None or (len(given.student) > 1 and len(given.teacher) > 1)
    return environment.test_site and there


def print_plan(plan: Sequence[str]) -> None:
    width = shutil.get_terminal_size((120, 24)).columns
    print("\nA run would do this:")
    for sentence in plan:
        print(textwrap.fill(sentence, width, initial_indent="- ", subsequent_indent="  "))


class _Collector:
    items: Sequence[pytest.Item] = ()

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self.items = session.items


def _collected() -> Sequence[pytest.Item]:
    collector = _Collector()
    silently = ["--collect-only", "-p", "no:terminal", "-p", "no:cacheprovider"]
    pytest.main([str(TESTS), *silently, "-o", "addopts=--import-mode=importlib"], plugins=[collector])
    return collector.items


def production_lines() -> set[str]:
    """The lines that may be judged where `test_site = false`."""
    return {line for item in _collected() if item.get_closest_marker(PRODUCTION) for line in _lines(item)}


def declared(*, reads_only: bool) -> dict[str, list[str]]:
    """The lines that each test declares that may run on this site, whatever the command line leaves out."""
    items = [item for item in _collected() if item.get_closest_marker(PRODUCTION) or not reads_only]
    return {str(getattr(item, "originalname", item.name)): sorted(_lines(item)) for item in items}


def _lines(item: pytest.Item) -> set[str]:
    return {str(line) for mark in item.iter_markers("lines") for line in mark.args}


def _on(target: str, targets: Sequence[TargetState]) -> set[str]:
    """The lines that are judged on a target."""
    names = {line: {state.name for state in judged_on(LINES[line], targets)} for line in LINES}
    return {line for line, judged in names.items() if target in judged and LINES[line].judged}


def _bytes(item: pytest.Item, large: int) -> int:
    """Bytes of video that a test sends at least, told by the fixtures that it asks for."""
    sizes = {"clip": media.WATCHED_BYTES, "large_clip": large, "submission": media.MP4.bytes}
    return sum(size for name, size in sizes.items() if name in getattr(item, "fixturenames", ()))


def _page_seconds(environment: Environment) -> float:
    started = time.perf_counter()
    new_site(environment, environment.budgets.probe).probe()
    return time.perf_counter() - started
