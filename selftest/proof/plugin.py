"""pytest plugin of the proof: takes one turn after the other, in one warm session.

`--proof PLAN.json` tells the turns by name: the faults that are on, the tests that run, and on which targets: those
where they judge `lines`. `claims` there is a folder where workers mark the turns that they take. What a turn came to is
written to `--rounds FILE` as it ends.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest

from checklist.lines import CONSOLES
from checklist.verdicts import Check
from clients import http
from runner.configuration.context import RunContext
from runner.configuration.environment import Environment
from runner.pytest_plugin.compat import is_subtest, parameter
from runner.pytest_plugin.lines import BLOCKED, PROPERTY, declared_lines
from runner.reservation.administrator import Administrator
from runner.reservation.clean_up import CleanUp
from runner.reservation.workspace import Workspace
from selftest.proof.outcome import Ran, Round
from selftest.proof.warm import PHONE

FAULT = "fault"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--proof", type=Path, metavar="PLAN.json", help="faults to switch on, and lines that must notice")
    parser.addoption("--rounds", type=Path, metavar="FILE", help="where each round is told, as a line of JSON")


@pytest.hookimpl(wrapper=True)
def pytest_cmdline_main(config: pytest.Config) -> Iterator[None]:
    """Before the run looks for its targets: with Chromium goes a phone."""
    if config.option.target == ["chromium"]:
        config.option.target = ["chromium", PHONE]
    return (yield)


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Proof(config.option.proof, config.option.rounds))


class Proof:
    """The plan, and the round that is on."""

    def __init__(self, plan: Path, rounds: Path) -> None:
        content = json.loads(plan.read_text(encoding="utf-8"))
        self.turns: dict[str, dict[str, Any]] = content["turns"]
        self.claims = Path(content["claims"])
        self.told = rounds.open("w", encoding="utf-8")
        self.round = Round()
        self.on = ""

    @pytest.fixture(scope="session")
    def workspace(self, fault: None, run: RunContext, environment: Environment) -> Workspace:
        """In place of the run's one: each turn has courses of its own, where all its people are new."""
        return Workspace(environment, run.workspace, "main")

    @pytest.fixture(scope="session", autouse=True)
    def fault(self, request: pytest.FixtureRequest, environment: Environment) -> Iterator[None]:
        """The replica has the defects of the turn that the parameter names, until the next one's."""
        faults = self.turns[request.param]["faults"]

        def switch(faults: list[str]) -> None:
            url = environment.url("/__replica__/fault")
            http.request("PUT", url, json={"faults": faults}, verify=environment.verify, timeout=10).raise_for_status()

        switch(faults)
        yield
        switch([])
        # What a dashboard adds up would become too large to show one video more.
        report = CleanUp()
        Administrator(environment).cleaner().delete_courses(report)
        assert not report.problems, report.problems

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        name = metafunc.function.__name__
        turns = [turn for turn, content in self.turns.items() if name in content["tests"]]
        metafunc.parametrize(FAULT, turns, indirect=True, scope="session")

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        order = {turn: number for number, turn in enumerate(self.turns)}
        idle = [item for item in items if turn_of(item) not in order or not self._is_for(item)]
        config.hook.pytest_deselected(items=idle)
        # File by file, or a module's fixtures would outlive their fault where a browser changes.
        kept = [item for item in items if item not in idle]
        items[:] = sorted(kept, key=lambda item: (order[turn_of(item)], item.path))
        for turn in self.turns.keys() - {turn_of(item) for item in items}:  # whose lines are of other targets
            if self._claim(turn):
                self._tell(turn)

    def _is_for(self, item: pytest.Item) -> bool:
        """A happy path, or it judges on its target what the faults must turn red; any line, where none is on."""
        wanted = self.turns[turn_of(item)]["lines"]
        judged = {*declared_lines(item), CONSOLES}
        return bool(item.get_closest_marker("happy_path") or not wanted or judged.intersection(wanted))

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """As pytest's own, but for the turns that another worker has taken."""
        items = self._ours(session.items)
        item = next(items, None)
        while item is not None:
            after = next(items, None)  # what stays set up for it has to be known before the test ends
            if turn_of(item) != self.on:
                self.on, self.round = turn_of(item), Round()
            session.config.hook.pytest_runtest_protocol(item=item, nextitem=after)
            if after is None or turn_of(after) != self.on:
                self._tell(self.on)
            if session.shouldstop:
                raise session.Interrupted(session.shouldstop)
            item = after
        return True

    def _ours(self, items: Sequence[pytest.Item]) -> Iterator[pytest.Item]:
        for turn, tests in groupby(items, turn_of):
            if self._claim(turn):
                yield from tests

    def _claim(self, turn: str) -> bool:
        try:
            (self.claims / turn).touch(exist_ok=False)
        except FileExistsError:
            return False
        return True

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if is_subtest(report):
            return
        told = dict(report.user_properties)
        name = report.nodeid.rpartition("::")[2].partition("[")[0]
        ran = self.round.tests.setdefault(name, Ran())
        ran.seconds = round(ran.seconds + report.duration, 1)
        if (
            report.failed
            and not told.get(BLOCKED)
            and not any(check["verdict"] == "failed" for check in _checks(report))
        ):
            ran.broken.append(f"{report.nodeid} ({report.when}): {str(report.longrepr)[-300:]}")
        if report.when == "teardown" or (report.when == "setup" and not report.passed):
            ran.checks += [Check.from_json(data) for data in _checks(report)]

    def _tell(self, turn: str) -> None:
        print(self.round.to_json(turn), file=self.told, flush=True)


def _checks(report: pytest.TestReport) -> list[dict[str, Any]]:
    properties: list[tuple[str, Any]] = report.user_properties
    return [data for name, data in properties if name == PROPERTY]


def turn_of(item: pytest.Item) -> str:
    return parameter(item, FAULT)
