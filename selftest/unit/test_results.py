"""results.json as other programs read it."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from checklist.lines import ALL_TARGETS, LINES
from checklist.results import Run, write
from checklist.verdicts import Check, TargetState, Verdict, judge

CHROMIUM = TargetState("chromium", "chromium", required=True, build="Playwright's build, 1.2.3")
WEBKIT = TargetState("webkit", "webkit", required=False, missing="no webkit on this machine")
CHECK = Check(
    "2.8.6", "chromium", Verdict.FAILED, "a click plays it", "seen: “paused” ⏸", 1.5, {"at": [1, 2.5]}, "test_it"
)


def run_with(checks: list[Check]) -> Run:
    targets = [CHROMIUM, WEBKIT]
    return Run(
        "11221815ab12",
        datetime(2026, 11, 22, 18, 15, 1, 999, tzinfo=UTC),
        "staging",
        "NO-GO",
        1,
        {"moodle": "4.5.6"},
        targets,
        judge(targets, checks),
        ["a note"],
    )


def test_its_shape_is_the_contract_s(tmp_path: Path) -> None:
    write(run_with([CHECK]), tmp_path, tmp_path / "latest.json")
    results = json.loads((tmp_path / "results.json").read_text("utf-8"))
    assert {name: results[name] for name in ("schema", "run_id", "started", "verdict", "exit_code", "environment")} == {
        "schema": 1,
        "run_id": "11221815ab12",
        "started": "2026-11-22T18:15:01+00:00",
        "verdict": "NO-GO",
        "exit_code": 1,
        "environment": "staging",
    }
    assert results["versions"] == {"moodle": "4.5.6"}
    assert [target["name"] for target in results["targets"]] == ["chromium", "webkit"]
    assert results["targets"][1]["missing"] == "no webkit on this machine"

    (line,) = [line for line in results["lines"] if (line["id"], line["browser"]) == ("2.8.6", "chromium")]
    assert (line["verdict"], line["message"], line["seconds"]) == ("failed", "seen: “paused” ⏸", 1.5)
    assert line["evidence"] == {"at": [1, 2.5]}
    assert line["checks"][0]["test"] == "test_it"


def test_every_line_stands_in_it_for_every_target(tmp_path: Path) -> None:
    write(run_with([]), tmp_path, tmp_path / "latest.json")
    lines = json.loads((tmp_path / "results.json").read_text("utf-8"))["lines"]
    for line in LINES.values():
        browsers = [entry["browser"] for entry in lines if entry["id"] == line.id]
        assert browsers == ([ALL_TARGETS] if line.per_run else ["chromium", "webkit"])
    assert {"id", "browser", "verdict", "message", "seconds", "evidence", "checks"} <= lines[0].keys()
    assert {entry["verdict"] for entry in lines} == {"not run", "by hand", "not checkable"}


def test_the_latest_is_a_copy_and_no_draft_is_left(tmp_path: Path) -> None:
    write(run_with([CHECK]), tmp_path, tmp_path / "latest.json")
    assert (tmp_path / "latest.json").read_bytes() == (tmp_path / "results.json").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["latest.json", "results.json"]


def test_what_cannot_be_written_leaves_the_old_files_whole(tmp_path: Path) -> None:
    write(run_with([]), tmp_path, tmp_path / "latest.json")
    before = (tmp_path / "results.json").read_bytes()
    odd = Check("2.8.6", "chromium", Verdict.PASSED, "a click plays it", evidence={"page": object()})
    with pytest.raises(TypeError, match="JSON serializable"):
        write(run_with([odd]), tmp_path, tmp_path / "latest.json")
    assert (tmp_path / "results.json").read_bytes() == (tmp_path / "latest.json").read_bytes() == before
