"""pytest plugin inside of a run of the suite, of this checkout or another: runs one test after the other as it is told.

Orders come as lines of JSON from `--orders FIFO`, and what each test came to goes to `--told FIFO`. It imports nothing
of `selftest`, because the checkout whose tests run may have none of it.
"""

from __future__ import annotations

import json
from collections import defaultdict, deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

SLOTS = 60
"""How often a session can run each test."""


class Told(Exception):
    """A failure was seen that settles it: the rest of the test is not needed."""


class Between(pytest.Item):
    """Stands for the next test, which nobody knows: what belongs to a file is torn down before it."""

    def runtest(self) -> None:
        """Never called."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--orders", type=Path, metavar="FIFO")
    parser.addoption("--told", type=Path, metavar="FIFO")


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Served(config.option.orders, config.option.told))


class Served:
    def __init__(self, orders: Path, told: Path) -> None:
        self._orders = orders
        self._told = told
        self._order: dict[str, Any] = {}
        self._answer: dict[str, Any] = {}
        self._fresh = False

    @pytest.fixture(autouse=True)
    def mutants_slot(self, request: pytest.FixtureRequest, workspace: Any) -> None:
        """The first test of a mutant has a course of its own: what the mutant before has spoilt is in another."""
        if self._fresh:
            workspace._assignment = None
            self._fresh = False

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        metafunc.parametrize("mutants_slot", range(SLOTS), indirect=True, scope="function")

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        between = Between.from_parent(session, name="between")
        slots: dict[str, deque[pytest.Function]] = defaultdict(deque)
        for item in session.items:
            assert isinstance(item, pytest.Function)
            slots[item.originalname].append(item)
        with self._told.open("w", encoding="utf-8") as told, self._orders.open(encoding="utf-8") as orders:

            def tell(content: dict[str, Any]) -> None:
                print(json.dumps(content), file=told, flush=True)

            tell({"tests": {name: [*_lines(items[0])] for name, items in slots.items()}})
            for line in orders:
                self._order = json.loads(line)
                if not self._order.get("test"):
                    break
                self._fresh = self._fresh or self._order["fresh"]
                items = slots[self._order["test"]]
                self._answer = {"checks": {}, "broken": [], "seconds": 0.0, "cut": False}
                session.config.hook.pytest_runtest_protocol(item=items.popleft(), nextitem=between)
                tell(
                    {
                        **self._answer,
                        "checks": [*self._answer["checks"].values()],
                        "left": len(items),
                        "stopped": str(session.shouldstop or ""),
                    }
                )
        if session.shouldstop:
            raise session.Interrupted(session.shouldstop)
        return True

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        answer = self._answer
        checks = [json.loads(data) if isinstance(data, str) else data for data in _checks(report)]
        answer["checks"] |= {json.dumps([one["line"], one["title"], one["verdict"]]): _brief(one) for one in checks}
        if hasattr(report, "context"):  # a subtest: pytest exports no class for it
            if report.failed and checks and self._settles(checks[-1]):
                answer["cut"] = True
                raise Told
            return
        answer["seconds"] = round(answer["seconds"] + report.duration, 1)
        failed = any(one["verdict"] == "failed" for one in answer["checks"].values())
        if report.failed and not failed and not dict(report.user_properties).get("blocked"):
            answer["broken"].append(f"{report.when}: {str(report.longrepr)[-400:]}")

    def _settles(self, check: dict[str, Any]) -> bool:
        line, wanted = check["line"], self._order.get("wanted")
        return line not in self._order["known"] and (wanted is None or line in wanted)


def _brief(check: dict[str, Any]) -> dict[str, Any]:
    return {name: check.get(name) for name in ("line", "verdict", "title", "message", "seconds")}


def _checks(report: pytest.TestReport) -> Iterator[Any]:
    yield from (data for name, data in report.user_properties if name == "check")


def _lines(item: pytest.Item) -> Iterator[str]:
    yield from (str(line) for mark in item.iter_markers("lines") for line in mark.args)
