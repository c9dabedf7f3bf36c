"""Results that were changed by hand, torn, or made up: none of them becomes part of a verdict, or of a report."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from checklist import report, results
from checklist.__main__ import main
from checklist.merge import merge
from checklist.results import FILE, NoResults, Run, read, text_of
from checklist.verdicts import UNTRIED
from selftest.unit.sample_runs import CHROMIUM, FIREFOX, SHOT, go, no_go, passing, picture, run_of

BOTH = [CHROMIUM, FIREFOX]

LINK = {"link": "javascript:alert(1)", "owner": "x", "expires": "2027-01-01"}

PATHS = ("../../etc/passwd", "/etc/passwd", "screenshots/../../x.png", "C:/screenshots/x.png", 7, "screenshots/x.svg")

Change = Callable[[dict[str, Any]], object]


def entry(content: dict[str, Any], line: str, target: str = "chromium") -> dict[str, Any]:
    (found,) = [one for one in content["lines"] if (one["id"], one["browser"]) == (line, target)]
    return found  # type: ignore[no-any-return]


def forge(folder: Path, change: Change, run: Run | None = None) -> Path:
    content = json.loads(text_of(run or no_go()))
    change(content)
    folder.mkdir(exist_ok=True)
    (folder / FILE).write_text(json.dumps(content), "utf-8")
    return folder


def take_out(content: dict[str, Any]) -> None:
    content["lines"] = [one for one in content["lines"] if one["id"] != "2.8.6"]


def turn_over(content: dict[str, Any]) -> None:
    content["lines"].reverse()


def set_in(line: str, **changes: Any) -> Change:
    return lambda content: entry(content, line).update(changes)


def in_check(**changes: Any) -> Change:
    return lambda content: entry(content, "2.8.6")["checks"][0].update(changes)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (take_out, "lines: '2.8.6' on 'chromium', and 4 more is missing"),
        (lambda content: content["lines"].clear(), "is missing"),
        (turn_over, "not in the order of the checklist"),
        (set_in("2.8.6", id="2.99.1"), "'2.99.1' on 'chromium' is no line of the checklist"),
        (set_in("2.8.6", browser="netscape"), "is no"),
        (set_in("2.8.6", seconds=float("inf")), "Infinity is no number"),
        (set_in("2.8.6", checks=7), "lines.*checks: Input should be a valid"),
        (set_in("2.8.6", blocks="yes"), "blocks: Input should be a valid boolean"),
        (
            set_in("2.8.6", known=[LINK]),
            "known: link",
        ),
        (in_check(line="2.7.1"), "a check of '2.7.1'"),
        (in_check(target="opera"), "a check of '2.8.6' on 'opera'"),
        (in_check(seconds=float("nan")), "NaN is no number"),
        (in_check(evidence={"console": "a string"}), "console is not as the suite writes it"),
        *(
            (in_check(evidence={"screenshots": [path]}), "no picture below the run's folder")
            for path in (
                "../../etc/passwd",
                "/etc/passwd",
                "screenshots/../../x.png",
                "C:/screenshots/x.png",
                7,
                SHOT[:-3],
            )
        ),
        (lambda content: content.update(started="2026-11-22T18:15:01"), "started: has no time zone"),
        (lambda content: content.update(run_id="x\ny=z"), "run_id: is not made of letters"),
        (lambda content: content.update(environment="a\x1b[31m"), "environment: holds a character"),
        (lambda content: content.update(verdict="SPLENDID"), "verdict: 'SPLENDID'"),
        (lambda content: content.update(exit_code=1e999), "Infinity is no number"),
        (lambda content: content["targets"].append(content["targets"][0]), "two have the same name"),
        (lambda content: content.update(versions={"suite": 7}), "versions.suite"),
    ],
)
def test_what_no_run_writes_is_refused_with_its_place(tmp_path: Path, change: Change, told: str) -> None:
    with pytest.raises(NoResults, match=told):
        read(forge(tmp_path, change))
    assert main(["merge", str(tmp_path), "--reports", str(tmp_path / "reports")]) == 4
    assert main(["verify", "--run", str(tmp_path)]) == 4
    assert not (tmp_path / "reports").exists()


@pytest.mark.parametrize("text", ["[" * 100_000, "\udc80", '{"schema": 1e999}', "9" * 5000, "null", "\0"])
def test_what_is_no_json_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / FILE).write_bytes(text.encode(errors="surrogatepass"))
    with pytest.raises(NoResults, match=r"is no results\.json of this suite"):
        read(tmp_path)


def test_a_file_without_end_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(results, "LARGEST", 1024**2)
    (tmp_path / FILE).write_bytes(b" " * (1024**2 + 1))
    with pytest.raises(NoResults, match="larger than 1 MiB"):
        read(tmp_path)


def pass_all(content: dict[str, Any]) -> None:
    """As somebody does who wants a GO, and knows nothing of checks."""
    for one in content["lines"]:
        one.update(verdict="passed", blocks=False)
    content.update(verdict="GO", exit_code=0)


def leave_untried(content: dict[str, Any]) -> None:
    for one in content["lines"]:
        if one["verdict"] in ("failed", "not reached"):
            one.update(message=UNTRIED, blocks=False)
    content.update(verdict="GO", exit_code=0)


def excuse(content: dict[str, Any], pattern: str) -> None:
    known = {"link": "https://tracker.example/1", "owner": "Ada", "expires": "2027-01-01"}
    for one in content["lines"]:
        if one["verdict"] in ("failed", "not reached"):
            one.update(known=[known], blocks=False)
            content["known_issues"] += [{**known, "line": one["id"], "target": one["browser"], "message": pattern}]
    content.update(verdict="GO", exit_code=0)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (pass_all, "is passed in it, and failed, which blocks by its checks"),
        (leave_untried, "is failed in it, and failed, which blocks by its checks"),
        (lambda content: content.update(verdict="GO", exit_code=0), r"its verdict is GO \(0\), and NO-GO \(1\) by its"),
        (lambda content: content.update(exit_code=0), r"its verdict is NO-GO \(0\)"),
        (lambda content: excuse(content, "."), "names a known issue that cannot hold: message: message would match ev"),
        (lambda content: excuse(content, "(a"), "names a known issue that cannot hold"),
        (lambda content: content["known_issues"].append({"line": "2.8.6"}), "names a known issue that cannot hold"),
        (
            lambda content: content["known_issues"].append({"target": "chromium", "expires": "soon"}),
            "names a known issue that cannot hold",
        ),
    ],
)
def test_the_verdict_is_that_of_the_checks(
    tmp_path: Path, change: Change, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    forge(tmp_path, change)
    assert main(["merge", str(tmp_path), "--reports", str(tmp_path / "reports")]) == 4
    merged = capsys.readouterr().err
    assert main(["verify", "--run", str(tmp_path)]) in (1, 4)
    seen = capsys.readouterr()
    assert re.search(told, merged + seen.out + seen.err), seen


def piece(run_id: str = "2", **changes: Any) -> Run:
    return replace(run_of(passing(BOTH), BOTH), run_id=run_id, **changes)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"tested": {"site": "https://elsewhere.example.edu", "bucket": "b"}}, "bucket is"),
        ({"tested": {"site": "https://moodle.example.edu", "bucket": "another"}}, "bucket is"),
        ({"tested": {}}, "run 2 does not say in tested: site, bucket"),
        ({"versions": {}}, "run 2 does not say in versions: suite, moodle"),
        ({"started": go().started - timedelta(days=730)}, "run 2 is of 2024-11-22 and run 1 of 2026-11-22"),
        ({"run_id": "1", "notes": ["another"]}, "two pieces say that they are run 1, and are different"),
        ({"known_issues": go().known_issues}, "the list of known issues is"),
    ],
)
@pytest.mark.parametrize("forwards", [True, False])
def test_pieces_of_different_wholes(changes: dict[str, Any], told: str, forwards: bool) -> None:
    pieces = [piece("1"), piece(**{"run_id": "2", **changes})]
    with pytest.raises(NoResults, match=told):
        merge(pieces if forwards else pieces[::-1])


def test_pieces_of_two_suites_with_changes_that_nobody_knows() -> None:
    changed = {**go().versions, "suite": "4b2a9fa+"}
    with pytest.raises(NoResults, match="both of a suite with changes that nobody knows"):
        merge([piece("1", versions=changed), piece("2", versions=changed)])
    assert merge([piece("1", versions=changed)]).verdict == "GO"


def test_a_narrowed_piece_says_which_tests_there_are() -> None:
    narrowed = replace(piece().conditions, partial=True)
    with pytest.raises(NoResults, match="is narrowed, and does not say which tests there are"):
        merge([piece("1"), piece("2", conditions=narrowed)])
    with pytest.raises(NoResults, match="the list of tests is"):
        merge([piece("1", tests={"test_a": ["2.7.1"]}), piece("2", conditions=narrowed, tests={"test_b": ["2.7.1"]})])


def test_how_old_a_piece_may_be_can_be_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for number in range(2):
        folder = tmp_path / str(number)
        folder.mkdir()
        results.write(piece(str(number), started=go().started + timedelta(days=number * 10)), folder)
    pieces = [str(tmp_path / str(number)) for number in range(2)]
    command = ["merge", *pieces, "--reports", str(tmp_path / "reports")]
    assert main(command) == 4
    assert main([*command, "--max-age", "11"]) == 0
    for age in ("-1", "x", "0", "99999"):
        with pytest.raises(SystemExit):
            main([*command, "--max-age", age])
        assert f"{age} is no number of days from 1 to 3650" in capsys.readouterr().err


@pytest.mark.parametrize("of", ["the picture", "its folder", "artifacts"])
def test_a_link_in_a_piece_brings_no_file_of_this_machine(
    tmp_path: Path, of: str, capsys: pytest.CaptureFixture[str]
) -> None:
    secret, folder = tmp_path / "secret.png", tmp_path / "piece"
    secret.write_bytes(b"\x89PNG\r\n\x1a\n the key of the machine")
    results.write(no_go(), forge(folder, lambda content: None))
    shot = folder / SHOT
    if of == "its folder":
        (folder / "screenshots").symlink_to(tmp_path, target_is_directory=True)
    elif of == "artifacts":
        (folder / "artifacts").mkdir()
        (folder / "artifacts" / "trace.zip").symlink_to(secret)
    else:
        shot.parent.mkdir()
        shot.symlink_to(secret)
    assert main(["merge", str(folder), "--reports", str(tmp_path / "reports")]) == 4
    assert "is a link" in capsys.readouterr().err


def test_a_report_shows_pictures_of_its_run_only(tmp_path: Path) -> None:
    secret, folder = tmp_path / "secret.png", tmp_path / "run"
    secret.write_bytes(b"\x89PNG\r\n\x1a\n the key of the machine")
    folder.mkdir()
    results.write(no_go(), folder)
    (folder / SHOT).parent.mkdir()
    (folder / SHOT).symlink_to(secret)
    assert "data:image" not in report.render(no_go(), folder)
    (folder / SHOT).unlink()
    (folder / SHOT).write_text("root:x:0:0", "utf-8")
    assert "data:image" not in report.render(no_go(), folder)
    picture(folder)
    assert "data:image/webp" in report.render(no_go(), folder)


@pytest.mark.parametrize(
    "changes",
    [
        {"started": "9999-12-31T23:59:59+00:00"},
        {"started": "0001-01-01T00:00:00+14:00"},
        {"seconds": 1e17},
        {"seconds": -1.0},
    ],
)
def test_a_run_of_no_time_is_refused(tmp_path: Path, changes: dict[str, object]) -> None:
    content = json.loads(text_of(no_go())) | changes
    (tmp_path / FILE).write_text(json.dumps(content), "utf-8")
    with pytest.raises(NoResults, match="are of no run of these times"):
        read(tmp_path)
