"""Lines that speak of no target: of the site and its AWS account, those that follow others, those for people."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import pytest

from checklist.decide import Conditions, decide
from checklist.lines import ALL_TARGETS, LINES
from checklist.verdicts import UNTRIED, Check, Entry, Verdict, judge, judged_on
from selftest.unit.sample_runs import CHROMIUM, TARGETS, WEBKIT, passing


def check(verdict: Verdict, line: str = "1.1.6") -> Check:
    return Check(line, ALL_TARGETS, verdict, "a check")


def entry_of(line: str, *checks: Check, required: Collection[str] = ()) -> Entry:
    """The only one that there is of a line, however many targets."""
    (found,) = [entry for entry in judge(TARGETS, checks, required=required) if entry.id == line]
    assert found.browser == ALL_TARGETS
    return found


def test_a_line_of_no_target_is_judged_once() -> None:
    entry = entry_of("1.1.6", check(Verdict.PASSED))
    assert (entry.verdict, entry.blocks) == (Verdict.PASSED, False)
    assert entry_of("1.1.6", check(Verdict.FAILED)).blocks
    assert entry_of("1.1.6").blocks


def test_a_line_for_want_of_a_key_blocks_only_where_it_is_required() -> None:
    assert not entry_of("1.1.6", check(Verdict.NOT_CHECKABLE)).blocks
    assert entry_of("1.1.6", check(Verdict.NOT_CHECKABLE), required=["1.1.6"]).blocks


def test_a_line_on_one_target_is_judged_once_on_the_best_that_can_run() -> None:
    told = replace(check(Verdict.PASSED, "4.4.5"), target="chromium")
    assert (entry_of("4.4.5", told).verdict, entry_of("4.4.5", told).blocks) == (Verdict.PASSED, False)
    assert [target.name for target in judged_on(LINES["4.4.5"], TARGETS)] == ["chromium"]
    assert [target.name for target in judged_on(LINES["4.4.5"], [WEBKIT, CHROMIUM])] == ["chromium"]
    assert entry_of("4.4.5").blocks
    assert not entry_of("4.4.5", replace(told, verdict=Verdict.NOT_CHECKABLE)).blocks


def test_an_environment_without_an_audit_key_can_be_go() -> None:
    checks = [
        replace(one, verdict=Verdict.NOT_CHECKABLE) if LINES[one.line].step.startswith("1.") else one
        for one in passing([CHROMIUM])
    ]
    assert decide(judge([CHROMIUM], checks), Conditions(0)) == ("GO", 0)


@pytest.mark.parametrize(
    ("seen", "verdict", "message"),
    [
        ([], Verdict.NOT_RUN, "1.3.4 on all: not run"),
        ([Verdict.PASSED] * 4, Verdict.PASSED, ""),
        ([Verdict.NOT_CHECKABLE, *[Verdict.PASSED] * 3], Verdict.NOT_CHECKABLE, "1.3.4 on all: not checkable"),
        ([Verdict.NOT_CHECKABLE] * 4, Verdict.NOT_CHECKABLE, "1.3.4 on all: not checkable"),
        ([Verdict.FAILED, *[Verdict.PASSED] * 3], Verdict.FAILED, "1.3.4 on all: failed"),
    ],
)
def test_a_line_follows_others_who_block(seen: list[Verdict], verdict: Verdict, message: str) -> None:
    entry = entry_of("1.3.3", *(check(one, f"1.3.{number}") for number, one in enumerate(seen, start=4)))
    assert (entry.verdict, entry.blocks) == (verdict, False)
    assert entry.message.startswith(message)


def test_what_an_optional_target_leaves_open_is_open_in_the_sign_off_too() -> None:
    entries = judge([CHROMIUM, WEBKIT], passing([CHROMIUM]))
    assert [entry.verdict for entry in entries if entry.id == "2.14.1"] == [Verdict.NOT_RUN]


def test_a_line_for_people_blocks_only_where_it_is_required() -> None:
    assert (entry_of("3.1.1").verdict, entry_of("3.1.1").blocks) == (Verdict.BY_HAND, False)
    assert entry_of("3.1.1", required=["3.1.1"]).blocks


def test_lines_that_a_run_may_not_try_do_not_block_unless_they_are_required() -> None:
    entries = judge(TARGETS, [check(Verdict.PASSED)], required=["2.7.1"], tried={"1.1.6", "1.1.7"})
    blocking = {entry.id for entry in entries if entry.blocks}
    assert blocking == {"1.1.7", "2.7.1"}
    assert {entry.message for entry in entries if entry.id == "2.8.6"} == {UNTRIED}
