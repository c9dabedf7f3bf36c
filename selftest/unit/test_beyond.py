"""Lines beyond the checklist: they keep a run from GO only where `required_lines` names them."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from checklist import report, terminal
from checklist.anew import differences, judged_anew
from checklist.decide import Conditions
from checklist.lines import LINES, STEPS, Line, Step, all_beyond, named
from checklist.merge import merge
from checklist.outputs import junit, summary
from checklist.report import page
from checklist.results import Run
from checklist.verdicts import UNTRIED, Verdict, judge, judged_on
from selftest.unit.sample_runs import CHROMIUM, FIREFOX, TARGETS, changed, passing, run_of

ONCE, EACH = Line("X.2.90", "X.2", "Groups share a video"), Line("X.3.90", "X.3", "The form is accessible")


@pytest.fixture(autouse=True)
def two_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that is judged once a run, and one on a target of each engine."""
    steps = [step for step in STEPS if not step.id.startswith("X.")]
    steps += [Step("X.2", "Ways of assigning", (ONCE,)), Step("X.3", "Accessible", (EACH,))]
    for name in [one for one in LINES if LINES[one].beyond]:
        monkeypatch.delitem(LINES, name)
    for line in (ONCE, EACH):
        monkeypatch.setitem(LINES, line.id, line)
    for module in (page, junit):
        monkeypatch.setattr(module, "STEPS", tuple(steps))


def failing(required: tuple[str, ...] = (), more: str = "") -> Run:
    """One line beyond the checklist failed, and what `more` names of the checklist's own."""
    checks = passing(TARGETS)
    wrong = "expected one video of the group, seen two"
    checks = changed(checks, ONCE.id, "chromium", verdict=Verdict.FAILED, message=wrong, test="test_groups[chromium]")
    if more:
        checks = changed(checks, more, "chromium", verdict=Verdict.FAILED, message="expected a table, seen a chair")
    run = run_of(checks, required=required)
    return replace(run, required=sorted(required))


def test_where_they_are_judged() -> None:
    assert [target.name for target in judged_on(ONCE, TARGETS)] == ["chromium"]
    assert judged_on(EACH, [CHROMIUM, replace(CHROMIUM, name="other", required=False), FIREFOX]) == [CHROMIUM, FIREFOX]


def test_a_failure_is_shown_and_stops_nothing() -> None:
    run = failing()
    assert (run.verdict, run.exit_code, run.conditions.pytest_code) == ("GO", 0, 1)
    assert run.reason.startswith("Every required line passed in Chromium 156")
    assert "1 defect beyond the checklist stops nothing" in run.reason
    (defect,) = run.defects
    assert (defect.lines, defect.beyond, defect.stops) == ([ONCE.id], True, False)


def test_a_test_that_broke_outside_its_lines_is_no_such_failure() -> None:
    broke = run_of(
        changed(passing(TARGETS), ONCE.id, "chromium", verdict=Verdict.FAILED, message="x"),
        conditions=Conditions(1, broken=("test_x",)),
    )
    assert broke.verdict == "INCOMPLETE"


def test_a_test_of_the_chapter_that_broke_leaves_its_lines_open() -> None:
    broke = changed(passing(TARGETS), ONCE.id, "chromium", verdict=Verdict.NOT_REACHED, message="a course is not there")
    assert run_of(broke, conditions=Conditions(1)).verdict == "GO"
    assert run_of(broke, conditions=Conditions(1), required=[ONCE.id]).verdict == "INCOMPLETE"
    assert run_of(passing(TARGETS), conditions=Conditions(1)).verdict == "INCOMPLETE"


def test_where_the_environment_requires_it_it_blocks() -> None:
    run = failing((ONCE.id,))
    assert (run.verdict, run.exit_code) == ("NO-GO", 1)
    assert [defect.stops for defect in run.defects] == [True]
    entries = judge(TARGETS, [one for one in passing(TARGETS) if one.line != ONCE.id], required=[ONCE.id])
    assert [entry.blocks for entry in entries if entry.id == ONCE.id] == [True]


def test_without_that_nothing_of_it_blocks() -> None:
    assert {entry.blocks for entry in judge(TARGETS, []) if LINES[entry.id].beyond} == {False}
    tried = {line for line in LINES if not LINES[line].beyond}
    untried = [entry for entry in judge(TARGETS, [], tried=tried) if entry.id == ONCE.id]
    assert [(entry.message, entry.blocks) for entry in untried] == [(UNTRIED, False)]
    required = judge(TARGETS, [], required=[ONCE.id], tried=tried)
    assert [entry.blocks for entry in required if entry.id == ONCE.id] == [True]


def test_a_name_may_stand_for_a_step_or_the_chapter() -> None:
    assert named(["X.*", "X.2.*", "X.3.90", "2.7.1"]) == {
        "X.*": (ONCE.id, EACH.id),
        "X.2.*": (ONCE.id,),
        "X.3.90": (EACH.id,),
        "2.7.1": ("2.7.1",),
    }
    assert named(["X.9.*", "X*", "X", "*", ".*", ""]) == dict.fromkeys(["X.9.*", "X*", "X", "*", ".*", ""], ())


def test_a_test_of_the_chapter_judges_no_consoles() -> None:
    assert all_beyond([ONCE.id])
    assert not all_beyond([ONCE.id, "2.7.1"])
    assert not all_beyond([])


@pytest.mark.parametrize("required", [(), (ONCE.id,)])
def test_judged_anew_and_merged_it_is_the_same(required: tuple[str, ...]) -> None:
    run = failing(required)
    assert differences(run) == []
    merged = merge([run])
    assert (merged.verdict, merged.exit_code) == (run.verdict, run.exit_code)
    assert [defect.stops for defect in merged.defects] == [bool(required)]
    assert judged_anew(replace(run, required=[*required, "X.9.99", "nonsense"])).verdict == run.verdict
    opened = replace(
        run_of([one for one in passing(TARGETS) if one.line != ONCE.id], required=required), required=required
    )
    assert merge([opened]).verdict == opened.verdict == ("INCOMPLETE" if required else "GO")


def test_the_report_has_a_chapter_of_its_own(tmp_path: Path) -> None:
    text = report.render(failing(more="2.8.6"), tmp_path)
    assert "<h3>Beyond the checklist</h3> <small>X.2, X.3</small>" in text
    assert "Of 2 more lines beyond the checklist 1 failed, 1 passed, 0 were not judged." in text
    assert re.search(r'<td class="known"><a href="#sX.2"[^>]*>✗1 beyond</a>', text)
    assert re.search(r'<td class="failed"><a href="#s2.8"[^>]*>✗1 ', text)
    assert "they failed, are beyond the checklist, and alone stop no release" in text
    assert ">1 defect stops this release<span" in text
    assert ">1 more stops nothing: beyond the checklist<span class=" in text
    cards = re.findall(r'<details class="defect (\w+)( is-known)?" id="d-([^"]+)-', text)
    assert cards == [("function", "", "2.8"), ("function", " is-known", "X.2")]


def test_a_run_whose_every_line_passed_says_nothing_of_what_stops_nothing(tmp_path: Path) -> None:
    assert "nothing" not in run_of(passing(TARGETS)).reason
    assert "✗2 beyond" not in report.render(run_of(passing(TARGETS)), tmp_path)


def test_other_programs_do_not_take_it_for_a_failure() -> None:
    xml = junit.text_of(failing())
    assert "<failure" not in xml
    assert "beyond the checklist; failed: expected one video of the group, seen two" in xml
    assert "<failure" in junit.text_of(failing((ONCE.id,)))
    assert summary.annotated(failing())[0].startswith("::warning ")
    assert summary.annotated(failing((ONCE.id,)))[0].startswith("::error ")
    assert "(beyond the checklist)" in summary.markdown(failing())


def test_the_terminal_says_so() -> None:
    told = [*terminal.told(failing())]
    assert told[0].colour == terminal.YELLOW
    assert told[1].text.endswith("for the plugin's author, beyond the checklist")
    assert told[-1].text.startswith("GO: ")
