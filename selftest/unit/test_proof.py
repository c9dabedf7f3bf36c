"""What decides whether a fault counts as caught, as a survivor, as collateral, and whether a proof is void."""

import json
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path

import pytest
from filelock import FileLock

from checklist.lines import LINES
from checklist.verdicts import Check, Verdict
from replica.faults import CATALOGUE, Fault
from selftest.proof.outcome import (
    Expectation,
    ExpectationError,
    Outcome,
    Ran,
    Round,
    expectations,
    judge,
    read,
    void_because,
)
from selftest.proof.report import proof_json, proof_markdown, summary
from selftest.proof.soak import Time, red_lines, soak_json, table
from selftest.proof.suite import suite

CHECKOUT = Path(__file__).resolve().parents[2]
REPORTS = CHECKOUT / "reports"


def toml(**tables: Mapping[str, object]) -> str:
    return "\n".join(
        f"[{name}.expected]\n" + "\n".join(f"{key} = {json.dumps(value)}" for key, value in table.items())
        for name, table in tables.items()
    )


def expectation(fault: str, line: str, symptom: str, *also: str) -> Expectation:
    return read(toml(**{fault: {"lines": [line], "symptom": symptom, "also": also}}))[fault]


STUCK = expectation("progress-stuck", "2.7.15", "up to 100%, seen", "2.12.2")


def check(line: str, verdict: Verdict = Verdict.FAILED, message: str = "") -> Check:
    return Check(line, "chromium", verdict, f"title of {line}", message)


def ran(*checks: Check, test: str = "test_upload", broken: Sequence[str] = (), seconds: float = 0.0) -> Round:
    return Round({test: Ran(list(checks), list(broken), seconds)})


def outcome(*checks: Check) -> Outcome:
    return judge(STUCK, ran(*checks, seconds=12.0))


def test_caught_by_an_expected_line_that_names_the_symptom() -> None:
    found = outcome(check("2.7.15", message="expected progress up to 100%, seen 3"), check("2.7.1", Verdict.PASSED))
    assert [caught.line for caught in found.caught_by] == ["2.7.15"]
    assert not found.off_target
    assert not found.collateral


def test_survives_when_nothing_failed() -> None:
    assert not outcome(check("2.7.15", Verdict.PASSED)).caught_by


def test_survives_when_the_expected_line_failed_for_another_reason() -> None:
    found = outcome(check("2.7.15", message="Timeout 5000ms exceeded."))
    assert not found.caught_by
    assert [off.line for off in found.off_target] == ["2.7.15"]


def test_survives_when_the_expected_line_was_not_reached() -> None:
    assert not outcome(check("2.7.15", Verdict.NOT_REACHED, "expected progress up to 100%, seen 3")).caught_by


def test_collateral_is_what_failed_beside_the_expected_and_the_allowed() -> None:
    found = outcome(check("2.7.15", message="up to 100%, seen 3"), check("2.12.2"), check("2.8.9", message="boom"))
    assert [collateral.line for collateral in found.collateral] == ["2.8.9"]


def test_what_was_not_reached_is_no_collateral_and_counts_as_not_run() -> None:
    found = outcome(check("2.7.15"), check("2.7.16", Verdict.NOT_REACHED), check("2.7.1", Verdict.NOT_CHECKABLE))
    assert not found.collateral
    assert "2.7.16" in found.not_run
    assert not {"2.7.15", "2.7.1", "2.14.1"} & set(found.not_run)


GREEN = ran(check("2.7.1", Verdict.PASSED), check("2.7.2", Verdict.NOT_CHECKABLE))


def test_not_void_when_green() -> None:
    assert void_because(GREEN) == []


@pytest.mark.parametrize(
    "spoilt",
    [
        ran(check("2.7.1", message="seen otherwise")),
        ran(check("2.7.1", Verdict.PASSED), check("2.7.2", Verdict.NOT_REACHED)),
        ran(check("2.7.1", Verdict.PASSED), broken=["test_upload: no such fixture"]),
    ],
    ids=["failed", "not reached", "broke outside its lines"],
)
def test_void_unless_green_without_a_fault(spoilt: Round) -> None:
    (reason,) = void_because(spoilt)
    assert reason.startswith("without a fault: ")


GOOD: dict[str, object] = {"lines": ["2.7.15"], "symptom": "seen"}


def test_expectations() -> None:
    read_back = read(toml(a=GOOD, b=GOOD | {"also": ["2.7.16"], "engines": ["firefox"]}))
    assert read_back["a"].engines == ("chromium",)
    assert read_back["b"].also == ("2.7.16",)
    assert read_back["b"].engines == ("firefox",)


@pytest.mark.parametrize(
    ("table", "problem"),
    [
        (GOOD | {"line": "2.7.1"}, "line is not a key here"),
        (GOOD | {"lines": ["2.7.99"]}, "2.7.99 is no line of the checklist"),
        (GOOD | {"also": ["3.1.99"]}, "3.1.99 is no line of the checklist"),
        (GOOD | {"engines": ["opera"]}, "opera is no engine"),
        ({"symptom": "seen"}, "lines is missing"),
        ({"lines": ["2.7.1"]}, "symptom is missing or matches every message"),
        (GOOD | {"symptom": "(seen"}, "symptom is no regular expression"),
    ],
)
def test_an_expectation_that_cannot_be_meant(table: dict[str, object], problem: str) -> None:
    with pytest.raises(ExpectationError, match=re.escape(problem)):
        read(toml(a=table))


EXCEPTED = ("3.1.8", "4.1.4", "4.1.5", "R.2.4", "T.6.5")
"""What is judged on production only, where no fault can be switched on (test_usage.py, test_aws_monitoring.py and
test_production.py show it red); and what earlier runs came to (test_rehearsal.py)."""


@pytest.mark.parametrize("line", [id_ for id_, line in LINES.items() if line.judged and id_ not in EXCEPTED])
def test_every_line_has_a_fault_and_what_is_to_be_verified_has_two(line: str) -> None:
    faults = [fault for fault, expectation in expectations().items() if line in expectation.lines]
    assert len(faults) >= (2 if LINES[line].text.startswith("Verify") else 1)


def test_the_test_that_has_to_notice_judges_a_line_of_the_fault() -> None:
    for expectation in expectations().values():
        assert not expectation.test or set(expectation.lines) & set(suite()[expectation.test].lines), expectation.fault


def test_a_fault_without_an_expectation() -> None:
    with pytest.raises(ExpectationError, match=r"^faults\.toml:\n  a: lines is missing"):
        read('[a]\nsentence = "Hide the bar."\n')


def test_the_replica_reads_its_half_of_a_fault_and_the_proof_the_other() -> None:
    assert list(expectations()) == list(CATALOGUE)
    assert [key.name for key in fields(Fault)] == ["name", "sentence", "mechanism", "source"]


def test_what_is_written() -> None:
    outcomes = [
        outcome(check("2.7.15", message="expected progress up to 100%, seen <3 | 4>")),
        judge(expectation("silent", "2.8.9", "seen"), ran(check("2.7.1", message="boom"))),
    ]
    proof = proof_json(outcomes, [], ["none after: nothing ran"], "chromium", 71.6)
    assert (proof["void"], proof["partial"]) == (True, False)
    assert proof["faults"] == ["progress-stuck", "silent"]
    assert (proof["caught"], proof["survivors"], proof["collateral"]) == (["progress-stuck"], ["silent"], ["silent"])
    assert proof["not_run"] == 2 * (sum(line.judged for line in LINES.values()) - 1)
    json.dumps(proof)

    page = proof_markdown(outcomes, "chromium", "2178a65")
    assert "at 2178a65: " in page
    assert "2 faults, 1 caught, 1 survived, 1 with collateral." in page
    assert "| 2.7.15 | progress-stuck | title of 2.7.15 | expected progress up to 100%, seen &lt;3 \\| 4> |" in page

    told = summary(outcomes, ["slow"], ["none after: nothing ran"])
    assert "progress-stuck" not in told
    assert "✗ silent" in told
    assert "not settled: slow" in told
    assert "collateral: 2.7.1 (title of 2.7.1): boom" in told
    assert "VOID: none after: nothing ran" in told


@pytest.mark.parametrize("arguments", [["--faults", "no-such-fault"], ["--browser", "webkit"]])
def test_usage(arguments: list[str]) -> None:
    command = [sys.executable, "-m", "selftest.proof", *arguments]
    done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=False)
    assert done.returncode == 4
    assert "fault" in done.stderr


def test_one_proof_at_a_time() -> None:
    REPORTS.mkdir(exist_ok=True)
    with FileLock(REPORTS / "proof.lock", timeout=0):
        command = [sys.executable, "-m", "selftest.proof", "--faults", "limit-not-told"]
        done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=False)
    assert done.returncode == 4
    assert "Another proof runs in this checkout" in done.stderr


def time_of(seed: int, code: int = 0, **red: str) -> Time:
    return Time(seed, code, 90, {line.replace("_", "."): message for line, message in red.items()})


def test_a_soak_counts_what_was_red_line_by_line() -> None:
    times = [time_of(1), time_of(2, 1, **{"2_7_15": "late"}), time_of(3, 1, **{"2_7_15": "late", "2_7_9": "busy"})]
    found = soak_json([*times, time_of(4, code=6)], "firefox")
    assert (found["times"], found["clean"]) == (4, 1)
    assert list(found["flakes"]) == ["2.7.9", "2.7.15"]
    assert found["flakes"]["2.7.15"] == {"red": 2, "messages": ["late"]}
    assert table(found).splitlines() == [
        "  2.7.9    red 1 of 4: busy",
        "  2.7.15   red 2 of 4: late",
        "1 of 4 times clean in firefox",
    ]


def test_red_is_what_failed_or_was_not_reached_on_the_browser() -> None:
    def entry(line: str, browser: str, verdict: str) -> dict[str, str]:
        return {"id": line, "browser": browser, "verdict": verdict, "message": f"{line} {verdict}"}

    entries = [
        entry("2.7.1", "chromium", "passed"),
        entry("2.7.2", "chromium", "failed"),
        entry("2.7.3", "chromium", "not reached"),
        entry("2.7.4", "chromium", "not run"),
        entry("2.7.5", "firefox", "failed"),
        entry("2.13.1", "all", "failed"),
    ]
    assert red_lines({"lines": entries}, "chromium") == {
        "2.7.2": "2.7.2 failed",
        "2.7.3": "2.7.3 not reached",
        "2.13.1": "2.13.1 failed",
    }


@pytest.mark.parametrize(("line", "needs"), [("2.8.6", True), ("2.13.1", True), ("1.1.6", False), ("4.4.5", False)])
def test_happy_paths_run_with_faults_that_people_may_meet_there(line: str, needs: bool) -> None:
    assert expectation("silent", line, "seen").needs_happy_path is needs
