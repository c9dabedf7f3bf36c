"""`reports/history.jsonl`: what runs came to, and which lines flip with nothing changed."""

import json
from contextlib import redirect_stdout
from dataclasses import replace
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest

from checklist import history, report
from checklist.__main__ import main
from checklist.history import append, flips, past, read
from checklist.results import Run
from checklist.verdicts import Verdict
from selftest.unit.sample_runs import CHROMIUM, FIREFOX, changed, passing, run_of

BOTH = [CHROMIUM, FIREFOX]


def run(day: int, verdict: Verdict = Verdict.PASSED) -> Run:
    checks = changed(passing(BOTH), "2.8.6", "firefox", verdict=verdict, message="seen nothing")
    made = run_of(checks, BOTH)
    return replace(made, run_id=f"run{day}", started=made.started + timedelta(days=day))


def flaky(*runs: Run) -> list[str]:
    return [f"{flip.line} {flip.before.run_id} {flip.after.run_id}" for flip in flips([past(one) for one in runs])]


def test_what_is_appended_can_be_read(tmp_path: Path) -> None:
    runs = [run(1), run(2, Verdict.FAILED)]
    for one in reversed(runs):
        append(one, tmp_path)
    with (tmp_path / history.FILE).open("a") as file:
        file.write('{"run_id": "torn')
    assert read(tmp_path) == [past(one) for one in runs]
    assert read(tmp_path / "nowhere") == []


def test_a_line_that_flips_with_nothing_changed_is_flaky() -> None:
    assert flaky(run(1), run(2, Verdict.FAILED), run(3)) == ["2.8.6 firefox run1 run2", "2.8.6 firefox run2 run3"]


def test_runs_in_which_it_was_not_judged_do_not_count() -> None:
    assert flaky(run(1), run(2, Verdict.NOT_REACHED), run(3)) == []
    assert flaky(run(1), run(2, Verdict.NOT_CHECKABLE), run(3, Verdict.FAILED)) == ["2.8.6 firefox run1 run3"]


@pytest.mark.parametrize(
    "change",
    [
        {"versions": {"moodle": "5.0", "suite": "4b2a9fa"}},
        {"versions": {"moodle": "4.5.6", "suite": "4b2a9fa+"}},
        {"environment": "other"},
        {"targets": [CHROMIUM, replace(FIREFOX, build="another build")]},
    ],
)
def test_what_changed_explains_it(change: dict[str, object]) -> None:
    changed_run = replace(run(2, Verdict.FAILED), **change)  # type: ignore[arg-type]
    assert flaky(run(1), changed_run) == []


def test_it_is_told_by_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for one in (run(1), run(2, Verdict.FAILED)):
        append(one, tmp_path)
    assert main(["history", "--reports", str(tmp_path)]) == 0
    first, second, third = capsys.readouterr().out.splitlines()
    assert first.startswith("2026-11-23 18:15 staging      GO              754 s  ")
    assert "NO-GO" in second
    assert "1 failed" in second
    assert third == "flaky: 2.8.6 firefox: passed in run1, failed in run2, and nothing had changed"


def changed_in(folder: Path, *runs: Run) -> list[str]:
    """What the latest of these runs, which differ in one line at most, is said to have changed."""
    for one in runs:
        append(one, folder)
    with redirect_stdout(StringIO()) as told:
        assert main(["history", "--changed", "--reports", str(folder)]) == 0
    return told.getvalue().splitlines()


def test_what_the_latest_run_changed(tmp_path: Path) -> None:
    elsewhere = replace(run(3), environment="other")
    assert changed_in(tmp_path, run(1), run(2), elsewhere, run(4, Verdict.FAILED)) == [
        "staging: GO in run2, NO-GO in run4",
        "2.8.6 firefox: passed in run2, failed in run4",
    ]
    assert changed_in(tmp_path, run(5, Verdict.FAILED)) == []


def test_a_line_is_compared_with_the_last_run_that_judged_it(tmp_path: Path) -> None:
    assert changed_in(tmp_path, run(1), run(2, Verdict.NOT_REACHED), run(3, Verdict.NOT_CHECKABLE)) == [
        "2.8.6 firefox: passed in run1, not checkable in run3"
    ]


def test_another_version_is_no_excuse(tmp_path: Path) -> None:
    newer = replace(run(2, Verdict.FAILED), versions={"moodle": "5.0"})
    assert "2.8.6 firefox: passed in run1, failed in run2" in changed_in(tmp_path, run(1), newer)


def test_a_first_run_has_changed_nothing(tmp_path: Path) -> None:
    assert changed_in(tmp_path, run(1)) == []


def test_there_is_none_yet(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["history", "--reports", str(tmp_path)]) == 0
    assert "no run has been told of" in capsys.readouterr().err


def test_a_folder_that_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["history", "--reports", str(tmp_path / "report")]) == 4
    assert "name the one that pytest --reports was given" in capsys.readouterr().err


@pytest.mark.parametrize(
    "change",
    [
        {"run_id": "x\nchanged=yes"},
        {"started": "2026-11-22T18:15:01"},
        {"started": "soon"},
        {"verdict": "SPLENDID"},
        {"environment": "a\x1b[31m"},
        {"seconds": float("inf")},
        {"lines": []},
        {"lines": {"2.7.1\n": {"verdict": "passed", "seconds": 1}}},
    ],
)
def test_a_row_that_is_no_run_s_is_named_and_left_out(
    tmp_path: Path, change: dict[str, object], capsys: pytest.CaptureFixture[str]
) -> None:
    append(run(1), tmp_path)
    file = tmp_path / history.FILE
    (row,) = file.read_text("utf-8").splitlines()
    with file.open("a") as rows:
        rows.write(json.dumps({**json.loads(row), **change}) + "\n")
    assert [one.run_id for one in read(tmp_path)] == ["run1"]
    assert main(["history", "--changed", "--reports", str(tmp_path)]) == 0
    assert "line 2 of" in capsys.readouterr().err
    report.render(run(2), tmp_path, read(tmp_path))
