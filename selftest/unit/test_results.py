"""results.json as other programs read it."""

import json
import os
import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from checklist import history
from checklist.lines import ALL_TARGETS, LINES
from checklist.publish import tell_job
from checklist.results import FILE, NoResults, Run, read, text_of, write
from checklist.verdicts import Check, TargetState, Verdict, judge
from selftest.unit.sample_runs import SAMPLES, go, no_go

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
    write(run_with([CHECK]), tmp_path)
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
    write(run_with([]), tmp_path)
    lines = json.loads((tmp_path / "results.json").read_text("utf-8"))["lines"]
    for line in LINES.values():
        browsers = [entry["browser"] for entry in lines if entry["id"] == line.id]
        assert browsers == ([ALL_TARGETS] if line.per_run else ["chromium", "webkit"])
    assert {"id", "browser", "verdict", "message", "seconds", "evidence", "checks"} <= lines[0].keys()
    assert {entry["verdict"] for entry in lines} == {"not run", "by hand"}


def test_what_is_written_can_be_read_and_no_draft_is_left(tmp_path: Path) -> None:
    for make in SAMPLES.values():
        run = make()
        write(run, tmp_path)
        assert text_of(read(tmp_path)) == text_of(run)
    assert [path.name for path in tmp_path.iterdir()] == ["results.json"]


def test_what_an_earlier_suite_wrote_can_be_read(tmp_path: Path) -> None:
    write(no_go(), tmp_path)
    content = json.loads((tmp_path / "results.json").read_text("utf-8"))
    for added in ("reason", "seconds", "tested", "conditions", "known_issues", "tests"):
        del content[added]
    (tmp_path / "results.json").write_text(json.dumps({**content, "added later": 1}), "utf-8")
    assert read(tmp_path).verdict == "NO-GO"


@pytest.mark.parametrize("text", [None, "no JSON", "{}", '{"schema": 2}'])
def test_what_is_no_results_file_is_named(tmp_path: Path, text: str | None) -> None:
    if text is not None:
        (tmp_path / "results.json").write_text(text, "utf-8")
    with pytest.raises(NoResults, match=re.escape(str(tmp_path / "results.json"))):
        read(tmp_path)


def test_what_json_does_not_hold_is_written_all_the_same(tmp_path: Path) -> None:
    odd: dict[Any, Any] = {
        "page": object(),
        "said": "half of a \ud83d pair",
        "rate": float("inf"),
        7: (1, 2),
        "\udc80": None,
    }
    write(run_with([replace(CHECK, message="seen \udcff", evidence=odd)]), tmp_path)
    (entry,) = [entry for entry in read(tmp_path).lines if (entry.id, entry.browser) == ("2.8.6", "chromium")]
    assert entry.message == "seen \\udcff"
    assert entry.evidence == {
        "page": "(object, which JSON does not hold)",
        "said": "half of a \\ud83d pair",
        "rate": "inf",
        "7": [1, 2],
        "\\udc80": None,
    }


def test_what_cannot_be_written_leaves_the_old_file_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(run_with([]), tmp_path)
    before = (tmp_path / "results.json").read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="No space"):
        write(run_with([CHECK]), tmp_path)
    assert (tmp_path / "results.json").read_bytes() == before


def test_no_link_in_the_folder_leads_what_is_written_elsewhere(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_text("somebody's", "utf-8")
    for name in (FILE, "results.tmp"):
        (tmp_path / name).symlink_to(other)
    write(go(), tmp_path)
    assert other.read_text("utf-8") == "somebody's"
    assert read(tmp_path).verdict == "GO"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["other", FILE]


def test_a_pipe_that_nobody_reads_is_not_written_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(tmp_path / "history.jsonl")
    with pytest.raises(OSError, match="No such device"):
        history.append(go(), tmp_path)
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "history.jsonl"))
    assert "cannot be written (No such device or address)" in tell_job("text")
