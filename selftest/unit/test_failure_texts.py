"""What a failed check says is for people: no Python, no call logs, no numbers of HTTP without their names."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from checklist.verdicts import Check, Verdict
from selftest.proof.outcome import Expectation, Ran, Round, judge
from selftest.texts import not_for_people

PROJECT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    "message",
    [
        "expected 819200 bytes of video, seen {'m:443': 17}",
        'expected a word, seen {"may": false}',
        "expected nothing, seen ['GET: 200']",
        "expected an answer, seen status None",
        "expected a form for an hour, seen datetime.timedelta(days=7)",
        "Locator.click: Timeout 15000ms exceeded.",
        "expected the bar Actual value: None Error: element(s) not found",
        "expected the CDN to refuse it, seen status 206",
        "expected none, seen 1 messages with one",
    ],
)
def test_what_is_not_for_people(message: str) -> None:
    assert not_for_people(message)


@pytest.mark.parametrize(
    "message",
    [
        "expected the CDN to refuse it, seen status 206 (Partial Content)",
        "expected 2 rows, seen 1 row and [[status_ready]]",
        'expected a message in plain words, seen one that shows “{"” (markup or JSON): “{"error": None}”',
        "expected the upload to succeed, seen the message: Error: None of status 403",
    ],
)
def test_what_is_for_people(message: str) -> None:
    assert not_for_people(message) == []


def test_the_proof_takes_no_message_that_is_not_for_people() -> None:
    expected = Expectation.model_construct(fault="x", lines=("2.7.15",), symptom=re.compile("refuse"))
    for message, caught in (
        ("to refuse it, seen status 206", 0),
        ("to refuse it, seen status 206 (Partial Content)", 1),
    ):
        failed = Check("2.7.15", "chromium", Verdict.FAILED, "The CDN refuses it", message)
        assert len(judge(expected, Round({"test_it": Ran([failed])})).caught_by) == caught


def _messages(file: Path) -> Iterator[ast.FormattedValue]:
    """The values in messages of what a file raises."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Raise | ast.Assert):
            yield from (one for one in ast.walk(node) if isinstance(one, ast.FormattedValue))


@pytest.mark.parametrize("room", ["checks", "clients", "pages", "fixtures", "tests"])
def test_no_message_has_a_value_as_python_writes_it(room: str) -> None:
    found = [
        f"{file.relative_to(PROJECT)}:{value.lineno}"
        for file in sorted((PROJECT / room).rglob("*.py"))
        for value in _messages(file)
        if value.conversion == ord("r")
        or isinstance(value.value, ast.Dict | ast.List | ast.DictComp | ast.ListComp)
        or (isinstance(value.value, ast.Call) and getattr(value.value.func, "id", "") in ("dict", "list", "repr"))
    ]
    assert found == []
