"""Step 2.9's table as a document: what a run saw, in words, and numbered notes on what was not right."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checklist.access import EXIT_USAGE, _row, main, render
from checklist.verdicts import Verdict
from checks.access_table import Tried

RIGHT: Tried = {"may": True, "right": True, "seen": "a signed URL that plays"}
SHUT: Tried = {"may": False, "right": True, "seen": "You have no permission."}
LEAK: Tried = {"may": False, "right": False, "seen": "expected a refusal, seen a success"}


def check(who: str = "", verdict: Verdict = Verdict.PASSED, message: str = "", **tried: Tried) -> dict[str, Any]:
    evidence: dict[str, Any] = {"who": who} if who else {}
    if tried:
        evidence |= {"tried": {way.replace("_", " "): pair for way, pair in tried.items()}}
    return {"line": "2.9.4", "title": "gets no video", "verdict": verdict, "message": message, "evidence": evidence}


def results(**targets: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "run_id": "1122",
        "environment": "staging",
        "started": "2026-11-22T18:59:57+00:00",
        "versions": {"moodle": "4.5.6"},
        "lines": [
            {"id": "2.9.4", "browser": "webkit", "checks": []},
            {"id": "2.7.1", "browser": "chromium", "checks": [check("somebody of another step")]},
            *({"id": "2.9.4", "browser": name, "checks": checks} for name, checks in targets.items()),
        ],
    }


def test_each_pair_in_a_word_and_each_wrong_one_with_its_note() -> None:
    page = render(
        results(
            chromium=[
                check("teacher", video_page=RIGHT, download=RIGHT),
                check("guest", video_page=LEAK, download=LEAK),
                check("nobody", video_page=SHUT),
            ]
        )
    )
    assert "|  | video page | download |" in page
    assert "| teacher | allowed | allowed |" in page
    assert "| guest | **should be denied** (1) | **should be denied** (1) |" in page
    assert "| nobody | denied | not judged |" in page
    assert "\n\n1. expected a refusal, seen a success\n" in page
    assert "2. " not in page
    assert "Moodle 4.5.6, S3 Video ?" in page
    assert "another step" not in page


def test_targets_that_saw_the_same_share_a_table() -> None:
    same, other = [check("teacher", download=RIGHT)], [check("teacher", download=LEAK)]
    page = render(results(firefox=same, chromium=same, webkit=other))
    assert {"## chromium, firefox", "## webkit"} < set(page.splitlines())


def test_a_visitor_whom_this_site_does_not_have() -> None:
    page = render(results(chromium=[check("guest", Verdict.NOT_CHECKABLE, "no guests here")]))
    assert "| guest | **not checkable**: no guests here |" in page


def test_other_checks_of_the_step_by_target() -> None:
    page = render(results(chromium=[check()], firefox=[check(verdict=Verdict.FAILED, message="seen a | player")]))
    assert "| line | check | chromium | firefox |" in page
    assert "| 2.9.4 | gets no video | passed | **failed**: seen a &#124; player |" in page


@given(st.lists(st.text(), min_size=1))
def test_a_row_has_as_many_cells_whatever_is_in_them(cells: list[str]) -> None:
    assert _row(*cells).count("|") == len(cells) + 1


def test_as_a_program(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "results.json"
    file.write_text(json.dumps(results(chromium=[check("teacher", download=RIGHT)])), "utf-8")
    assert main([str(file)]) == 0
    assert capsys.readouterr().out.startswith("# Who may do what with a student's video\n\nSeen by run 1122")


@pytest.mark.parametrize("content", [None, "no JSON", json.dumps(results())])
def test_without_a_run_of_the_step(tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str | None) -> None:
    file = tmp_path / "results.json"
    if content is not None:
        file.write_text(content, "utf-8")
    assert main([str(file)]) == EXIT_USAGE
    told = capsys.readouterr()
    assert (told.out, "give it the results.json of a run that did step 2.9" in told.err) == ("", True)


def test_without_a_path(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == EXIT_USAGE
    assert "it takes the path of one file; give it the results.json" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "cannot be read (No such file or directory)"),
        (b"\xa3\xd8\xfc" * 99, "is no results.json"),
        (json.dumps(results()).encode(), "has no check of the step"),
    ],
)
def test_what_is_wrong_is_told_in_words(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes | None, told: str
) -> None:
    file = tmp_path / "r"
    if content is not None:
        file.write_bytes(content)
    assert main([str(file)]) == EXIT_USAGE
    expected = f"checklist.access: {file} {told}; give it the results.json of a run that did step 2.9\n"
    assert capsys.readouterr().err == expected


@pytest.mark.parametrize("content", ["{}", "[]", '{"lines": [7]}', '{"lines": [{"id": 2, "checks": []}]}', None])
def test_results_that_are_none(tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str | None) -> None:
    file = tmp_path / "results.json"
    if content is None:
        os.mkfifo(file)
    else:
        file.write_text(content, "utf-8")
    assert main([str(file)]) == EXIT_USAGE
    assert "give it the results.json of a run" in capsys.readouterr().err
