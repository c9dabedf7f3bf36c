"""Lines that people settle: what a signature is, and what it does to a run."""

import tomllib
from datetime import date
from pathlib import Path

import pytest

from checklist.__main__ import EXIT_USAGE, main
from checklist.lines import ALL_TARGETS
from checklist.signatures import Signature, file_of, read
from checklist.verdicts import Entry, TargetState, Verdict, judge

CHROMIUM = TargetState("chromium", "chromium", required=True)
ADA = Signature(line="3.1.1", by="Ada", on=date(2026, 11, 25), note="Sunday")


def entry_of(line: str, required: tuple[str, ...] = (), *signed: Signature) -> Entry:
    entries = judge([CHROMIUM], [], required=required, signed={one.line: one for one in signed})
    (entry,) = [entry for entry in entries if entry.id == line]
    assert entry.browser == ALL_TARGETS
    return entry


def test_a_line_by_hand_is_listed_and_blocks_only_where_it_is_required() -> None:
    assert (entry_of("3.1.1").verdict, entry_of("3.1.1").blocks) == (Verdict.BY_HAND, False)
    assert entry_of("3.1.1", ("3.1.1",)).blocks
    assert not entry_of("3.1.2", ("3.1.1",)).blocks


def test_a_signature_settles_it() -> None:
    entry = entry_of("3.1.1", ("3.1.1",), ADA)
    assert (entry.verdict, entry.blocks, entry.message) == (
        Verdict.BY_HAND,
        False,
        "signed by Ada on 2026-11-25: Sunday",
    )
    assert entry.evidence == {"by": "Ada", "on": "2026-11-25", "note": "Sunday"}


def test_what_is_out_of_reach_says_why_and_can_be_signed() -> None:
    entry = entry_of("2.2.6")
    assert (entry.verdict, entry.blocks) == (Verdict.NOT_CHECKABLE, False)
    assert entry.message == "out of reach here: it takes a shell on the server"
    assert entry_of("2.2.6", ("2.2.6",)).blocks
    assert entry_of("2.2.6", ("2.2.6",), ADA.model_copy(update={"line": "2.2.6"})).verdict is Verdict.BY_HAND


@pytest.fixture
def environment(tmp_path: Path) -> Path:
    file = tmp_path / "site.toml"
    file.touch()
    return file


def test_signing_by_command_line(environment: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for who in ("Ada", "Grace"):
        assert main(["sign", "3.1.1", f"--env={environment}", "--by", who, "--note", 'the "window"']) == 0
        assert f"3.1.1 signed by {who} on " in capsys.readouterr().out
    text = file_of(environment).read_text(encoding="utf-8")
    assert [entry["by"] for entry in tomllib.loads(text)["signed"]] == ["Ada", "Grace"]
    signed, problems = read(text)
    assert (signed["3.1.1"].by, signed["3.1.1"].note, problems) == ("Grace", 'the "window"', [])


@pytest.mark.parametrize(
    ("line", "by", "why"),
    [
        ("2.7.5", "Ada", "2.7.5 (Maximum file size: 5 GB) is judged by a run, nobody can sign it"),
        ("9.9.9", "Ada", "9.9.9 is no line of the checklist"),
        ("3.1.1", " ", "by: is empty"),
    ],
)
def test_what_nobody_can_sign(
    environment: Path, capsys: pytest.CaptureFixture[str], line: str, by: str, why: str
) -> None:
    assert main(["sign", line, f"--env={environment}", "--by", by]) == EXIT_USAGE
    assert why in capsys.readouterr().err
    assert not file_of(environment).exists()


def test_an_environment_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sign", "3.1.1", "--env=no-such", "--by", "Ada"]) == EXIT_USAGE
    assert "no such environment" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[[signed]", "it is not valid TOML"),
        ("other = 1", "it must hold [[signed]] tables and nothing else"),
        ('[[signed]]\nline = "3.1.1"\nby = "Ada"', "entry 1: on is missing"),
        ('[[signed]]\nline = "3.1.1"\nby = "Ada"\non = 2026-11-25\nfor = "x"', "entry 1: for is not a key here"),
        ('[[signed]]\nline = "2.7.5"\nby = "Ada"\non = 2026-11-25', "entry 1: line: 2.7.5 (Maximum"),
    ],
)
def test_a_signature_with_a_problem_settles_nothing(
    environment: Path, capsys: pytest.CaptureFixture[str], text: str, problem: str
) -> None:
    signed, (said,) = read(text)
    assert signed == {}
    assert said.startswith(problem)
    file_of(environment).write_text(text, encoding="utf-8")
    assert main(["sign", "3.1.1", f"--env={environment}", "--by", "Ada"]) == EXIT_USAGE
    assert problem in capsys.readouterr().err
