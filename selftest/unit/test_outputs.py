"""What other programs read of a run: its JSON Schema, CTRF, and the summary of a job."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from checklist.outputs import ctrf
from checklist.outputs.summary import SHOWN, markdown
from checklist.results import json_schema, text_of
from checklist.verdicts import Verdict
from selftest.unit.sample_runs import SAMPLES, changed, go, no_go, passing, run_of

SCHEMA = Path(__file__).resolve().parents[2] / "docs" / "results.schema.json"


def test_the_documented_schema_is_the_code_s() -> None:
    told = "make it anew: python -m checklist schema > docs/results.schema.json"
    assert json.loads(SCHEMA.read_text("utf-8")) == json_schema(), told


@pytest.mark.parametrize("name", SAMPLES)
def test_results_are_as_the_schema_says(name: str) -> None:
    schema = json.loads(SCHEMA.read_text("utf-8"))
    Draft202012Validator.check_schema(schema)
    checker = Draft202012Validator.FORMAT_CHECKER
    Draft202012Validator(schema, format_checker=checker).validate(json.loads(text_of(SAMPLES[name]())))


@pytest.mark.parametrize("change", [{"verdict": "fine"}, {"checks": None}, {"seconds": "long"}])
def test_results_that_are_not_are_told(change: dict[str, Any]) -> None:
    results = json.loads(text_of(go()))
    results["lines"][0] |= change
    assert not Draft202012Validator(json_schema()).is_valid(results)


# -- CTRF, https://github.com/ctrf-io/ctrf ---------------------------------------------------------


@pytest.mark.parametrize("name", SAMPLES)
def test_ctrf_counts_what_it_lists(name: str) -> None:
    results = ctrf.document(SAMPLES[name]())["results"]
    summary, statuses = results["summary"], [test["status"] for test in results["tests"]]
    assert summary["tests"] == len(statuses)
    for status in ("passed", "failed", "skipped", "pending", "other"):
        assert summary[status] == statuses.count(status)
    assert summary["stop"] - summary["start"] == summary["duration"] == 754200
    assert results["extra"]["verdict"].lower() == name


def test_ctrf_has_a_test_for_each_line_on_each_target(tmp_path: Path) -> None:
    ctrf.write(no_go(), tmp_path)
    document = json.loads((tmp_path / ctrf.FILE).read_text("utf-8"))
    assert (document["reportFormat"], document["specVersion"]) == ("CTRF", "1.0.0")
    tests = {test["name"]: test for test in document["results"]["tests"]}
    red = tests["2.8.6 Click play button [chromium]"]
    assert (red["status"], red["rawStatus"], red["browser"]) == ("failed", "failed", "chromium")
    assert red["suite"] == ["2.8 Test Playback Workflow"]
    assert red["message"].startswith("expected playback to go on")
    assert red["attachments"][0]["contentType"] == "image/png"
    assert tests["2.8.7 Verify video plays without errors [chromium]"]["status"] == "other"
    assert "2.8.6 Click play button [webkit]" not in tests


# -- the summary of a job --------------------------------------------------------------------------


@pytest.mark.parametrize("name", SAMPLES)
def test_a_summary_begins_with_verdict_and_reason(name: str) -> None:
    run = SAMPLES[name]()
    first, second = markdown(run).split("\n\n")[:2]
    assert first == f"## {run.verdict}: staging"
    assert second.replace("\\", "") == run.reason


def test_a_summary_lists_what_failed() -> None:
    text = markdown(no_go())
    told = "| 2.8.6 on chromium |  | expected playback to go on after a click, seen it paused half a second later |"
    assert told in text.splitlines()
    assert "| firefox | the system's /usr/bin/firefox-esr, 153.7 | 59 | 0 | 0 | 0 | 0 |" in text.splitlines()
    assert re.search(r"^\| all \|  \| \d+ \| 1 \| 0 \| 1 \| 0 \|$", text, re.M)
    assert "| known |" in markdown(go())


def test_what_a_page_said_changes_no_table() -> None:
    checks = changed(passing(no_go().targets), "2.7.1", "chromium", verdict=Verdict.FAILED, message="a|b\n<b>`*c")
    row = next(row for row in markdown(run_of(checks)).splitlines() if row.startswith("| 2.7.1"))
    assert row == r"| 2.7.1 on chromium |  | a\|b \<b\>\`\*c |"


def test_a_long_list_of_failures_is_cut() -> None:
    checks = [replace(check, verdict=Verdict.FAILED, message="x" * 1000) for check in passing(no_go().targets)]
    text = markdown(run_of(checks))
    assert text.count("xxx |") == SHOWN
    assert "more failed." in text
    assert len(text) < 20_000
