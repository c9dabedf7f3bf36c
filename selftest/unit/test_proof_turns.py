"""Which faults share a turn of the proof, what it says of each, and how a proof settles them."""

import json
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checklist.verdicts import Check, Verdict
from replica.faults import CATALOGUE
from selftest.proof import __main__ as proof
from selftest.proof.ledger import Ledger
from selftest.proof.outcome import Expectation, Ran, Round, expectations, read
from selftest.proof.plugin import Proof
from selftest.proof.suite import SuiteTest, suite
from selftest.proof.turns import Turn, catching, happy_paths, involved, noticing, pieces, sparing, whole
from selftest.proof.warm import Warm
from selftest.proof.worker import InnerRunFailed, Worker

SUITE = {
    test.name: test
    for test in (
        SuiteTest("upload", ("2.7.5", "2.7.14", "2.7.15"), happy_path=True, ends=frozenset({"2.7.14"})),
        SuiteTest("playback", ("2.8.5", "2.8.6"), happy_path=True, ends=frozenset({"2.8.5"})),
        SuiteTest("tricks", ("2.9.4", "2.9.6")),
        SuiteTest("bucket", ("1.1.7",)),
        SuiteTest("types", ("2.13.5",)),
    )
}


def fault(name: str, line: str, *also: str, test: str = "", alone: bool = False) -> Expectation:
    table = {"lines": [line], "also": also, "symptom": "seen", "test": test}
    toml = "\n".join(f"{key} = {json.dumps(value)}" for key, value in (table | {"alone": alone}).items())
    return read(f"[{name}.expected]\n{toml}")[name]


BAR = fault("bar", "2.7.15")
PLAYER = fault("player", "2.8.5")
TRICK = fault("trick", "2.9.4")
BUCKET = fault("bucket", "1.1.7")


LIMIT = fault("limit", "2.7.5")


def green(name: str) -> Ran:
    return Ran([Check(line, "chromium", Verdict.PASSED, line) for line in SUITE[name].lines], seconds=2.0)


def red(name: str, *lines: str, message: str = "expected it, seen that") -> Ran:
    passed = [Check(one, "chromium", Verdict.PASSED, one) for one in SUITE[name].lines if one not in lines]
    return Ran([*passed, *(Check(line, "chromium", Verdict.FAILED, line, message) for line in lines)], seconds=3.0)


def test_a_fault_is_involved_with_who_must_notice_and_with_happy_paths_that_it_may_end() -> None:
    shows, ends = (fault("shows", "2.9.4", also) for also in ("2.8.6", "2.8.5"))
    assert noticing(ends, SUITE) == {"tricks"}
    assert involved(ends, SUITE) == {"tricks", "playback"}
    assert involved(shows, SUITE) == {"tricks"}
    assert noticing(fault("named", "2.7.15", test="upload"), SUITE) == {"upload"}


def test_what_ends_a_test_is_read_from_its_checks() -> None:
    assert suite()["test_who_may_what"].ends == {"2.9.6"}
    assert suite()["test_upload_and_playback"].ends == set(suite()["test_upload_and_playback"].lines)


def test_faults_of_other_lines_and_tests_are_noticed_together() -> None:
    (turn,) = catching([TRICK, BUCKET], SUITE)
    assert sorted(turn.faults) == ["bucket", "trick"]
    assert turn.tests == ("bucket", "tricks")


@pytest.mark.parametrize(
    "other",
    [
        fault("links", "2.9.6"),
        fault("shows", "1.1.7", "2.9.4"),
        fault("loner", "1.1.7", alone=True),
        BAR,
        fault("ends", "2.13.5", "2.8.5"),
    ],
    ids=["the same test", "may show in the same line", "would hide others", "of a happy path", "may end a happy path"],
)
def test_faults_that_could_not_be_told_apart_are_noticed_one_by_one(other: Expectation) -> None:
    assert len(catching([TRICK, other], SUITE)) == 2


def test_a_happy_path_is_spared_by_faults_not_involved_with_it_neighbours_apart() -> None:
    faults = [fault(f"bar-{number}", "2.7.15") for number in range(20)]
    turns = sparing([*faults, BUCKET], SUITE)
    assert {turn.tests for turn in turns} == {("playback",)}
    assert ("bar-0", "bar-5", "bar-10", "bar-15") in [turn.faults for turn in turns]
    assert sum(len(turn.faults) for turn in turns) == 20


def test_a_fault_that_has_to_be_alone_meets_everything_in_one_turn() -> None:
    loner = fault("loner", "2.7.15", alone=True)
    assert sparing([loner], SUITE) == []
    assert catching([loner], SUITE) == [Turn(("loner",), ("playback", "upload"))]


@settings(deadline=None)
@given(st.sets(st.sampled_from(sorted(CATALOGUE)), min_size=1))
def test_every_fault_meets_all_that_must_notice_it_and_every_happy_path_once(names: set[str]) -> None:
    faults = [one for name, one in expectations().items() if name in names]
    turns = [*catching(faults, suite()), *sparing(faults, suite())]
    for one in faults:
        met = [test for turn in turns if one.fault in turn.faults for test in turn.tests]
        needed = involved(one, suite()) | happy_paths(one, suite())
        assert needed <= set(met)


def test_in_full_each_fault_is_alone_with_every_test() -> None:
    assert whole([BAR, TRICK], SUITE) == [Turn(("bar",), tuple(SUITE)), Turn(("trick",), tuple(SUITE))]


def told(turn: Turn, round_: Round, *faults: Expectation) -> list[tuple[Expectation, Round, bool]]:
    return [*pieces(turn, round_, {one.fault: one for one in faults}, SUITE)]


def said(turn: Turn, round_: Round, *faults: Expectation) -> dict[str, bool]:
    return {one.fault: sure for one, _, sure in told(turn, round_, *faults)}


TOGETHER = Turn(("bar", "player", "trick"), ("playback", "tricks", "upload"))


def test_each_of_those_together_is_sure_when_its_own_test_has_named_its_symptom() -> None:
    round_ = Round(
        {"upload": red("upload", "2.7.15"), "playback": red("playback", "2.8.5"), "tricks": red("tricks", "2.9.4")}
    )
    assert said(TOGETHER, round_, BAR, PLAYER, TRICK) == {"bar": True, "player": True, "trick": True}


def test_who_is_not_noticed_or_has_another_line_red_is_in_doubt_and_the_others_are_not() -> None:
    round_ = Round({"upload": green("upload"), "playback": red("playback", "2.8.6"), "tricks": red("tricks", "2.9.4")})
    assert said(TOGETHER, round_, BAR, PLAYER, TRICK) == {"bar": False, "player": False, "trick": True}


def test_faults_in_one_test_are_each_sure_when_the_red_lines_are_theirs() -> None:
    turn = Turn(("bar", "limit"), ("upload",))
    both, more = (Round({"upload": red("upload", "2.7.5", "2.7.15", *other)}) for other in ([], ["2.7.14"]))
    assert said(turn, both, BAR, LIMIT) == {"bar": True, "limit": True}
    assert said(turn, more, BAR, LIMIT) == {"bar": False, "limit": False}
    own = {one.fault: [check.line for check in round_.failed()] for one, round_, _ in told(turn, both, BAR, LIMIT)}
    assert own == {"bar": ["2.7.15"], "limit": ["2.7.5"]}


def test_a_happy_path_may_be_red_at_a_line_of_a_fault_that_is_on_and_no_fault_is_caught_by_that() -> None:
    turn = Turn(("bar", "shows"), ("playback",))
    faults = (BAR, fault("shows", "2.9.4", "2.8.6"))
    allowed, harmed = (Round({"playback": red("playback", line)}) for line in ("2.8.6", "2.8.5"))
    assert said(turn, allowed, *faults) == {"bar": True, "shows": True}
    assert [round_.failed() for _, round_, _ in told(turn, allowed, *faults)] == [[], []]
    assert said(turn, harmed, *faults) == {"bar": False, "shows": False}


@pytest.mark.parametrize(
    ("ran", "sure"),
    [(green("playback"), True), (red("playback", "2.8.5"), False), (Ran(broken=["no such fixture"]), False)],
    ids=["green", "red", "broken"],
)
def test_those_that_must_do_nothing_are_in_doubt_together(ran: Ran, sure: bool) -> None:
    turn = Turn(("bar", "trick"), ("playback",))
    assert said(turn, Round({"playback": ran}), BAR, TRICK) == {"bar": sure, "trick": sure}
    assert said(turn, Round(), BAR, TRICK) == {"bar": False, "trick": False}


def test_what_a_fault_alone_does_is_beyond_doubt() -> None:
    assert said(Turn(("bar",), ("upload",)), Round({"upload": green("upload")}), BAR) == {"bar": True}


def test_a_fault_alone_whose_line_could_not_be_judged_is_asked_once_more_on_a_new_replica(tmp_path: Path) -> None:
    could_not = Ran([Check("2.7.15", "chromium", Verdict.NOT_CHECKABLE, "2.7.15", "videos of other people")])
    turn = Turn(("bar",), ("upload",))
    ledger = Ledger(tmp_path / "proof.json", {"bar": BAR}, SUITE, "chromium")
    ledger.begin([turn])
    ledger.settle(turn, Round({"upload": could_not}))
    assert ledger.left == ["bar"]
    doubts = ledger.doubts()
    assert doubts == [turn]
    ledger.begin(doubts)
    ledger.settle(turn, Round({"upload": could_not}))
    assert [one.fault for one in ledger.outcomes if not one.caught_by] == ["bar"]


def test_a_test_that_did_not_run_is_tried_again_with_the_others(tmp_path: Path) -> None:
    shows = fault("shows", "2.9.4", "2.8.5")
    ledger = Ledger(tmp_path / "proof.json", {"shows": shows, "bar": BAR}, SUITE, "chromium")
    shared = Turn(("bar", "shows"), ("playback", "tricks", "upload"))
    ledger.begin([shared])
    ledger.settle(shared, Round({"playback": green("playback"), "upload": red("upload", "2.7.15")}))
    assert ledger.doubts() == [Turn(("shows",), ("playback", "tricks"))]


def test_a_turn_that_no_worker_came_to_is_tried_again_and_settles_nothing_before(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "proof.json", {"bar": BAR}, SUITE, "chromium")
    caught, spared = Turn(("bar",), ("upload",)), Turn(("bar",), ("playback",))
    ledger.begin([caught, spared])
    ledger.settle(spared, Round({"playback": green("playback")}))
    assert ledger.left == ["bar"]
    assert ledger.doubts() == [caught]
    ledger.begin([caught])
    ledger.settle(caught, Round({"upload": red("upload", "2.7.15")}))
    assert not ledger.left
    assert [check.line for check in ledger.outcomes[0].caught_by] == ["2.7.15"]


def test_each_fault_is_told_and_written_as_it_is_settled(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "proof.json"
    expected = {one.fault: one for one in (BAR, PLAYER)}
    ledger = Ledger(file, expected, SUITE, "chromium")
    noticed = Turn(("bar", "player"), ("playback", "upload"))
    ledger.begin([Turn(("bar",), ("playback",)), Turn(("player",), ("upload",)), noticed])

    ledger.settle(Turn((), ("upload",)), Round({"upload": green("upload")}))
    ledger.settle(Turn(("bar",), ("playback",)), Round({"playback": green("playback")}))
    ledger.settle(Turn(("player",), ("upload",)), Round({"upload": red("upload", "2.7.14", message="boom")}))
    _, travelled = Round.from_json(
        Round({"upload": red("upload", "2.7.15"), "playback": green("playback")}).to_json("turn-1")
    )
    ledger.settle(noticed, travelled)
    written = json.loads(file.read_text(encoding="utf-8"))
    assert (written["partial"], written["caught"], written["left"]) == (True, ["bar"], ["player"])

    doubts = ledger.doubts()
    assert doubts == [Turn(("player",), ("playback",))]
    ledger.begin(doubts)
    ledger.settle(doubts[0], Round({"playback": green("playback")}))
    ledger.settle(Turn((), ("playback",)), Round({"playback": red("playback", "2.8.5")}))
    written = json.loads(file.read_text(encoding="utf-8"))
    assert (written["partial"], written["survivors"], written["left"]) == (False, ["player"], [])
    assert written["collateral"] == ["player"]
    (void,) = written["void_because"]
    assert void.startswith("without a fault: 2.8.5")

    told = capsys.readouterr().out.splitlines()
    assert told[0] == "  ✓ without a fault: green"
    assert re.fullmatch(r"  ✓ bar +caught by 2\.7\.15 \(5 s\)  1 of 2", told[1])
    assert re.fullmatch(r"  ✗ player +SURVIVED \(5 s\)  2 of 2", told[2])
    assert told[3:] == ["      collateral: 2.7.14 (2.7.14): boom", f"VOID: {void}"]


def test_a_worker_may_have_no_test_that_the_browser_runs_but_not_all_of_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ledger = Ledger(tmp_path / "proof.json", {"bar": BAR}, SUITE, "webkitgtk")
    ledger.settle(Turn((), ("playback",)), Round())
    assert ledger.void == ["without a fault: nothing ran"]
    ledger.settle(Turn((), ("upload",)), Round({"upload": green("upload")}))
    assert not ledger.void
    assert capsys.readouterr().out == "  ✓ without a fault: green\n"


def test_workers_take_turns_whole_and_none_twice(tmp_path: Path) -> None:
    plan, claims = tmp_path / "plan.json", tmp_path / "claims"
    claims.mkdir()
    plan.write_text(json.dumps({"turns": {}, "claims": str(claims)}), encoding="utf-8")
    items: Any = [
        SimpleNamespace(number=number, callspec=SimpleNamespace(params={"fault": turn}))
        for number, turn in enumerate(["turn-0", "turn-0", "turn-1", "turn-2"])
    ]
    one, other = (Proof(plan, tmp_path / name)._ours(items) for name in ("one", "other"))
    taken: list[Any] = [next(one), next(other), next(one), *one, *other]
    assert [item.number for item in taken] == [0, 2, 1, 3]


def test_what_is_tried_again_has_replicas_without_what_earlier_faults_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    up: list[Path] = []
    worked: list[Path] = []

    @contextmanager
    def replica(folder: Path, browser: str, profiles: list[str]) -> Iterator[Path]:
        up.append(folder)
        yield folder
        up.remove(folder)

    class StoppedWorker:
        def __init__(self, warm: Path, *_: object) -> None:
            self.warm = warm

        def work(self, turns: Mapping[str, Turn], claims: Path, settle: object) -> None:
            assert not list(self.warm.iterdir())
            assert self.warm in up
            assert not {*worked} & {*up}
            (self.warm / "object in the bucket").touch()
            worked.append(self.warm)

    monkeypatch.setattr(proof, "warm_replica", replica)
    monkeypatch.setattr(proof, "Worker", StoppedWorker)
    table = '[progress-stuck.expected]\nlines = ["2.7.15"]\nsymptom = "seen"'
    expected = read(table)
    ledger = Ledger(tmp_path / "proof.json", expected, suite(), "chromium")

    assert proof._run(ledger, expected, [Turn(("progress-stuck",), ("test_upload",))], "chromium", 1) == 0
    assert len(worked) == 2
    assert up == []
    assert list(ledger.left) == ["progress-stuck"]


@pytest.mark.parametrize(("code", "ended"), [(0, True), (5, True), (7, True), (3, False), (4, False)])
def test_a_worker_whose_browser_has_none_of_the_tests_has_not_failed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, ended: bool
) -> None:
    stub = tmp_path / "python"
    stub.write_text(f"#!/bin/sh\nexit {code}\n", encoding="utf-8")
    stub.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(stub))
    warm = Warm("https://moodle.test", "", tmp_path / "warm.toml", {})
    worker = Worker(warm, "webkitgtk", {}, tmp_path / "reports")
    with nullcontext() if ended else pytest.raises(InnerRunFailed):
        worker.work({"after-0": Turn((), ("test_grader",))}, tmp_path, lambda *_: None)
