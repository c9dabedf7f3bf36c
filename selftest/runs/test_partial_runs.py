"""Runs of a part: what they end with, and what several of them come to together."""

from pathlib import Path

import pytest

from selftest.runs.checkout import FAKE_BROWSER, GO, INCOMPLETE, NO_GO, Checkout, expect, merged, pieces_of

pytestmark = pytest.mark.usefixtures("nothing_left")

TESTS = "\n".join(
    f"""
@pytest.mark.lines("2.7.{number}")
def test_{name}(workspace, line):
    with line("2.7.{number}", "line {number}"):
        assert {{condition}} or {number} != 2, "expected a good line, seen a bad one"
"""
    for number, name in enumerate(("one", "two", "three"), 1)
)

AGAIN = """
@pytest.mark.lines("2.7.3")
def test_again(workspace, line):
    with line("2.7.3", "line 3, again"):
        pass
"""


@pytest.mark.parametrize(
    ("good", "verdict", "code"),
    [(True, "GO", GO), pytest.param(False, "NO-GO", NO_GO, marks=pytest.mark.nightly)],
)
def test_three_shards_give_the_verdict_of_the_whole(checkout: Checkout, good: bool, verdict: str, code: int) -> None:
    checkout.tests(test_it=FAKE_BROWSER + TESTS.format(condition=good))
    expect(checkout.run(checkout.file()), code, verdict)
    pieces = pieces_of(checkout, ("-k", "one"), ("tests/test_it.py::test_two",), ("-k", "three"))
    run = merged(checkout, *pieces)
    assert run.code == code, run.text
    assert f"{verdict}: " in run.text


def test_a_shard_that_is_missing_is_told(checkout: Checkout) -> None:
    checkout.tests(test_it=FAKE_BROWSER + TESTS.format(condition=True) + AGAIN)
    pieces = pieces_of(checkout, ("-k", "one"), ("-k", "two or three"))
    run = merged(checkout, *pieces)
    assert run.code == INCOMPLETE, run.text
    assert "INCOMPLETE: no run has test_again on chromium" in run.text
    run = merged(checkout, pieces[0])
    assert run.code == INCOMPLETE, run.text
    assert "required lines not run: 2.7.2 on chromium" in run.text


def test_strictly_a_part_is_not_enough(checkout: Checkout, tmp_path: Path) -> None:
    checkout.tests(test_it=FAKE_BROWSER + TESTS.format(condition=True))
    summary = {"GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md")}
    expect(checkout.run(checkout.file(), "--strict", "-k", "one", variables=summary), INCOMPLETE, "PARTIAL")
    assert (tmp_path / "summary.md").read_text("utf-8").startswith("## PARTIAL: site\n\nOnly a part of the suite")
    expect(checkout.run(checkout.file(), "--strict"), GO, "GO")
