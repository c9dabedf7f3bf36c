"""pytest plugin of the proof: runs the tests that must notice a fault once for each, in one warm session.

`--proof PLAN.json` names the faults with their lines; each round is written to `--rounds FILE` as it ends.
"""

from __future__ import annotations

import json
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from checklist.verdicts import Check
from runner.administrator import Administrator
from runner.clean_up import CleanUp
from runner.compat import is_subtest, parameter
from runner.context import RunContext
from runner.environment import Environment
from runner.lines import BLOCKED, PROPERTY, declared_lines
from runner.workspace import Workspace
from selftest.proof.outcome import NO_FAULT, Round
from selftest.proof.warm import PHONE

FAULT = "fault"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--proof", type=Path, metavar="PLAN.json", help="faults to switch on, and lines that must notice")
    parser.addoption("--rounds", type=Path, metavar="FILE", help="where each round is told, as a line of JSON")


@pytest.hookimpl(wrapper=True)
def pytest_cmdline_main(config: pytest.Config) -> Iterator[None]:
    """Before the run looks for its targets: with Chromium goes a phone, whose name the command line does not take."""
    if config.option.browser == ["chromium"]:
        config.option.browser = ["chromium", PHONE]
    return (yield)


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Proof(config.option.proof, config.option.rounds))


class Proof:
    """The plan, and the round that is on."""

    def __init__(self, plan: Path, rounds: Path) -> None:
        self.told = rounds.open("w", encoding="utf-8")
        content = json.loads(plan.read_text(encoding="utf-8"))
        self.faults: dict[str, Any] = content["faults"]
        self.whole: bool = content["whole"]
        self.round = Round()

    @pytest.fixture(scope="session")
    def workspace(self, fault: None, run: RunContext, environment: Environment) -> Workspace:
        """In place of the run's one: each fault has courses of its own, where all its people are new."""
        return Workspace(environment, run.workspace, "main")

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        lines = {line for mark in metafunc.definition.iter_markers("lines") for line in mark.args}
        canary = self.whole or metafunc.definition.get_closest_marker("canary")
        name = metafunc.function.__name__
        chosen = [
            fault
            for fault, wanted in self.faults.items()
            if (canary and (self.whole or wanted["canary"]))
            or (lines & set(wanted["lines"]) and wanted["test"] in ("", name))
        ]
        before, after = NO_FAULT
        metafunc.parametrize(FAULT, [before, *chosen, after] if chosen else [], indirect=True, scope="session")

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        order = {fault: number for number, fault in enumerate((NO_FAULT[0], *self.faults, NO_FAULT[1]))}
        idle = [item for item in items if fault_of(item) not in order or not self._is_for(item)]
        config.hook.pytest_deselected(items=idle)
        # File by file, or a module's fixtures would outlive their fault where a browser changes.
        kept = [item for item in items if item not in idle]
        items[:] = sorted(kept, key=lambda item: (order[fault_of(item)], item.path))

    def _is_for(self, item: pytest.Item) -> bool:
        """A canary, or it judges on its target what the fault must turn red; any fault, where none is on."""
        on = [self.faults[fault_of(item)]] if fault_of(item) in self.faults else self.faults.values()
        wanted = {line for fault in on for line in fault["lines"]}
        canary = self.whole or item.get_closest_marker("canary")
        return bool(canary or wanted & set(declared_lines(item)))

    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        item.user_properties.append((FAULT, fault_of(item)))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if is_subtest(report):
            return
        told, round_ = dict(report.user_properties), self.round
        round_.seconds = round(round_.seconds + report.duration, 1)
        if (
            report.failed
            and not told.get(BLOCKED)
            and not any(check["verdict"] == "failed" for check in _checks(report))
        ):
            round_.broken.append(f"{report.nodeid} ({report.when}): {str(report.longrepr)[-300:]}")
        if report.when == "teardown" or (report.when == "setup" and not report.passed):
            round_.checks += [Check.from_json(data) for data in _checks(report)]

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(
        self, item: pytest.Item, nextitem: pytest.Item | None
    ) -> Generator[None, object, object]:
        result = yield
        if nextitem is None or fault_of(nextitem) != fault_of(item):
            print(self.round.to_json(fault_of(item)), file=self.told, flush=True)
            self.round = Round()
        return result


def _checks(report: pytest.TestReport) -> list[dict[str, Any]]:
    properties: list[tuple[str, Any]] = report.user_properties
    return [data for name, data in properties if name == PROPERTY]


def fault_of(item: pytest.Item) -> str:
    return parameter(item, FAULT)


@pytest.fixture(scope="session", autouse=True)
def fault(request: pytest.FixtureRequest, environment: Environment) -> Iterator[None]:
    """The replica has the defect that the parameter names, until the next one's turn."""
    name = request.param

    def switch(faults: list[Any]) -> None:
        url = environment.url("/__replica__/fault")
        requests.put(url, json={"faults": faults}, verify=environment.verify, timeout=10).raise_for_status()

    switch([] if name in NO_FAULT else [name])
    yield
    switch([])
    # What a dashboard adds up would become too large to show one video more.
    report = CleanUp()
    Administrator(environment).cleaner().delete_courses(report)
    assert not report.problems, report.problems
