"""Several runs as one: the verdict of the whole, and INCOMPLETE when a piece is missing."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict, replace
from datetime import timedelta
from pathlib import Path

import pytest

from checklist import history, report, results
from checklist.__main__ import main
from checklist.decide import Conditions
from checklist.lines import ALL_TARGETS, LINES
from checklist.merge import merge
from checklist.results import NoResults, Run
from checklist.verdicts import Check, TargetState, Verdict, judge
from selftest.unit.sample_runs import (
    CHROMIUM,
    FIREFOX,
    SHOT,
    TARGETS,
    VERSIONS,
    changed,
    go,
    no_go,
    passing,
    picture,
    run_of,
)

BOTH = [CHROMIUM, FIREFOX]

TESTS = {f"test_{step}": [f"2.{step}.1"] for step in range(7, 14)}
"""A test a step of the checklist."""


def by_step(checks: Iterable[Check]) -> list[Check]:
    return [replace(one, test=f"test_{one.line.split('.')[1]}[{one.target}]") for one in checks]


def part(number: int, of: Run, keep: Callable[[Check], bool], targets: Iterable[TargetState] = ()) -> Run:
    """What a narrowed run would have reported that did these checks only."""
    checks = [check for entry in of.lines for check in entry.checks if keep(check)]
    failed = any(check.verdict is Verdict.FAILED for check in checks)
    piece = run_of(checks, targets or of.targets, Conditions(int(failed), partial=True))
    started = piece.started + timedelta(minutes=number)
    return replace(piece, run_id=f"run{number}", started=started, tests=TESTS, known_issues=of.known_issues)


def shards(whole: Run) -> list[Run]:
    """Three: of all up to step 2.8, of 2.9 to 2.12, of 2.13 and all after it."""
    begin = ("1.", *(f"2.{step}." for step in range(1, 9)))
    steps = (begin, ("2.9.", "2.10.", "2.11.", "2.12."), ("2.13.", "2.14.", "3.", "4.", "P.", "R.", "T.", "X."))
    return [part(n, whole, lambda check, mine=mine: check.line.startswith(mine)) for n, mine in enumerate(steps)]  # type: ignore[misc]


def browsers(whole: Run) -> list[Run]:
    """A run a target, in which the others were left out."""
    found = []
    for number, target in enumerate(one for one in whole.targets if not one.missing):
        here = [one if one == target else replace(one, missing="left out", build="") for one in whole.targets]
        found.append(part(number, whole, lambda check, name=target.name: check.target in (name, ALL_TARGETS), here))  # type: ignore[misc]
    return found


def whole_of(sample: Run) -> Run:
    """The sample with a test a step, so that its pieces can be known by their tests."""
    entries = [replace(entry, checks=by_step(entry.checks)) for entry in sample.lines]
    return replace(sample, lines=entries)


@pytest.mark.parametrize("split", [shards, browsers])
@pytest.mark.parametrize("make", [go, no_go])
def test_pieces_make_the_verdict_of_the_whole(split: Callable[[Run], list[Run]], make: Callable[[], Run]) -> None:
    whole = whole_of(make())
    merged = merge(split(whole))
    assert (merged.verdict, merged.exit_code, merged.reason) == (whole.verdict, whole.exit_code, whole.reason)
    for mine, its in zip(merged.lines, whole.lines, strict=True):
        assert (mine.id, mine.browser, mine.verdict, mine.blocks, mine.known) == (
            its.id,
            its.browser,
            its.verdict,
            its.blocks,
            its.known,
        )
    assert merged.figures == whole.figures
    assert [asdict(target)["missing"] == "" for target in merged.targets] == [not one.missing for one in TARGETS]


@pytest.mark.parametrize("split", [shards, browsers])
def test_a_missing_piece_is_incomplete(split: Callable[[Run], list[Run]]) -> None:
    whole = whole_of(run_of(passing(BOTH), BOTH))
    pieces = split(whole)
    assert merge(pieces).verdict == "GO"
    for left_out in pieces:
        merged = merge([piece for piece in pieces if piece is not left_out])
        assert (merged.verdict, merged.exit_code) == ("INCOMPLETE", 7), left_out.run_id


def test_a_test_that_no_piece_has_is_missed_though_another_settled_its_lines() -> None:
    whole = whole_of(run_of(passing(BOTH), BOTH))
    pieces = [replace(piece, tests={**TESTS, "test_replacement": ["2.7.19"]}) for piece in shards(whole)]
    merged = merge(pieces)
    assert merged.verdict == "INCOMPLETE"
    assert merged.reason == "no run has test_replacement on chromium, test_replacement on firefox."


def test_lines_that_are_required_stay_so() -> None:
    whole = run_of(passing(BOTH), BOTH, required=["3.1.1"])
    assert merge([whole]).reason == "1 required line by hand: 3.1.1."


def test_what_a_site_does_not_let_a_run_try_is_not_missed() -> None:
    def merged(*required: str) -> str:
        tried = {line for line in LINES if line.startswith("3.7.")}
        checks = [check for check in passing(BOTH) if check.line in tried]
        whole = run_of(checks, BOTH)
        return merge([replace(whole, lines=judge(BOTH, checks, required=required, tried=tried))]).reason

    assert merged().startswith("Every required line passed in Chromium 156. Not tested: Firefox,")
    assert merged("2.8.6") == "1 required line not run: 2.8.6 on chromium, 2.8.6 on firefox."


def test_a_second_test_of_the_set_up_that_no_piece_has_is_missed() -> None:
    whole = whole_of(run_of(passing(BOTH), BOTH))
    merged = merge([replace(piece, tests={**TESTS, "test_plugin_key": ["1.6.9"]}) for piece in shards(whole)])
    assert merged.reason == "no run has test_plugin_key on all."


def test_the_worst_of_two_machines_counts() -> None:
    good = run_of(passing(BOTH), BOTH)
    bad = run_of(changed(passing(BOTH), "2.8.6", "chromium", verdict=Verdict.FAILED, message="seen nothing"), BOTH)
    merged = merge([good, replace(bad, run_id="other")])
    assert (merged.verdict, merged.reason) == ("NO-GO", "1 defect stops this release: 1 function.")
    assert [(one.lines, one.targets) for one in merged.defects] == [(["2.8.6"], ["chromium"])]


def test_the_same_run_twice_is_one() -> None:
    assert merge([no_go(), no_go()]).run_id == no_go().run_id


@pytest.mark.parametrize(
    ("conditions", "verdict", "code"),
    [
        (Conditions(1, outage="S3 is silent."), "OUTAGE", 6),
        (Conditions(4, misconfigured="no such bucket"), "MISCONFIGURED", 4),
        (Conditions(2), "INTERRUPTED", 2),
        (Conditions(0, problems=("clean-up: a course is left",)), "NO-GO", 1),
        (Conditions(1, broken=("test_x",)), "INCOMPLETE", 7),
    ],
)
def test_what_happened_to_one_happened_to_all(conditions: Conditions, verdict: str, code: int) -> None:
    good = run_of(passing(BOTH), BOTH)
    merged = merge([good, replace(good, run_id="other", conditions=conditions)])
    assert (merged.verdict, merged.exit_code) == (verdict, code)


def test_a_known_issue_that_the_whole_did_not_meet_stops_a_release() -> None:
    whole = whole_of(go())
    pieces = shards(replace(whole, lines=run_of(by_step(passing(TARGETS))).lines))
    merged = merge(pieces)
    assert merged.verdict == "NO-GO"
    assert "was not met: take it out" in merged.defects[0].seen


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"environment": "other"}, "environment is staging in run 11221815ab12 and other in run 2"),
        ({"versions": {**VERSIONS, "moodle": "5.0"}}, "moodle is 4.5.6 in run 11221815ab12 and 5.0 in run 2"),
    ],
)
def test_runs_of_different_things_are_not_merged(change: dict[str, object], told: str) -> None:
    with pytest.raises(NoResults, match=told):
        merge([go(), replace(go(), run_id="2", **change)])  # type: ignore[arg-type]


def test_in_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pieces = shards(whole_of(no_go()))
    folders = [tmp_path / str(number) for number in range(3)]
    for piece, folder in zip(pieces, folders, strict=True):
        picture(folder)
        results.write(piece, folder)
    reports = tmp_path / "reports"
    assert main(["merge", *map(str, folders), "--reports", str(reports)]) == 1
    assert "\nNO-GO: 2 defects stop this release: 2 function.\n" in capsys.readouterr().out
    latest = reports / "latest"
    (entry,) = [one for one in results.read(latest).lines if (one.id, one.browser) == ("2.8.6", "chromium")]
    (shot,) = entry.checks[0].evidence["screenshots"]
    assert shot == f"1/{SHOT}"
    assert (latest / shot).is_file()
    assert "NO-GO" in (latest / report.FILE).read_text("utf-8")
    assert [one.verdict for one in history.read(reports)] == ["NO-GO"]
    assert (reports / "results.json").read_bytes() == (latest / "results.json").read_bytes()


def test_a_folder_without_results_is_usage(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["merge", str(tmp_path), "--reports", str(tmp_path / "reports")]) == 4
    assert "Name the folder of a run." in capsys.readouterr().err
    assert not (tmp_path / "reports").exists()


def test_two_merges_within_a_second(tmp_path: Path) -> None:
    results.write(go(), tmp_path)
    for _ in range(2):
        assert main(["merge", str(tmp_path), "--reports", str(tmp_path / "reports")]) == 0
    assert len(list((tmp_path / "reports").glob("*-merged"))) == 2
