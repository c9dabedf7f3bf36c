"""pytest plugin of the bench: repeats tests, and writes what each took, as a line of JSON, to `--bench FILE`.

Seconds are told as `wall` and, of processor time, `suite` (Python and Playwright's driver), `browser` and `site` (the
replica, by its process id in `--bench-site`).
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import psutil
import pytest

from runner.pytest_plugin.compat import parameter

Clock = Callable[[str], AbstractContextManager[None]]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--bench", type=Path, required=True)
    parser.addoption("--bench-times", type=int, default=1)
    parser.addoption("--bench-site", type=int, default=0)


def pytest_configure(config: pytest.Config) -> None:
    option = config.option
    config.pluginmanager.register(Bench(option.bench, option.bench_times, option.bench_site))


class Bench:
    def __init__(self, told: Path, times: int, site: int) -> None:
        self._told = told.open("a", encoding="utf-8")
        self._times = times
        self._site = site

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        metafunc.fixturenames.append("round")
        metafunc.parametrize("round", range(self._times))

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Iterator[None]:
        with self._timed(item, str(getattr(item, "originalname", item.name))):
            return (yield)

    @pytest.fixture
    def clock(self, request: pytest.FixtureRequest) -> Clock:
        """Times a part of a test by a name of its own."""
        return lambda name: self._timed(request.node, name)

    @contextmanager
    def _timed(self, item: pytest.Item, name: str) -> Iterator[None]:
        before, started = self._used(), time.perf_counter()
        yield
        wall, after = time.perf_counter() - started, self._used()
        used = {part: round(after[part] - before[part], 2) for part in after}
        told = {"name": name, "target": parameter(item, "browser_name"), "wall": round(wall, 2), **used}
        print(json.dumps(told), file=self._told, flush=True)

    def _used(self) -> dict[str, float]:
        """Processor seconds so far, those of children that have ended among them."""
        used = dict.fromkeys(("suite", "browser", "site"), 0.0)
        this = psutil.Process()
        drivers = [this, *this.children()]
        for process in [this, *this.children(recursive=True)]:
            used["suite" if process in drivers else "browser"] += _seconds(process)
        if self._site:
            site = psutil.Process(self._site)
            used["site"] = sum(_seconds(process) for process in [site, *site.children(recursive=True)])
        return used


def _seconds(process: psutil.Process) -> float:
    try:
        return float(sum(process.cpu_times()[:4]))
    except psutil.NoSuchProcess:
        return 0.0
