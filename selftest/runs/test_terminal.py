"""What a run says while it goes: in a pipe, at a terminal, quietly, and without colours."""

import re

import pytest

from selftest.runs.checkout import NO_GO, Checkout, expect, three_lines

pytestmark = pytest.mark.usefixtures("nothing_left")

TESTS = three_lines("assert number != 2, 'expected a good line, seen a bad one'")

TICK = re.compile(r"✓ 2\.7\.1 +chromium")
COLOUR = re.compile(r"\x1b\[[\d;]*3[0-7]m")


def test_in_a_pipe_each_test_says_which_of_how_many_it_is(checkout: Checkout) -> None:
    checkout.tests(test_it=TESTS)
    run = checkout.run(checkout.file())
    expect(run, NO_GO, "NO-GO", "✗ FUNCTION Not so: two: line 2", "seen a bad one", "for the plugin's author")
    assert re.search(r"^1/\d+ \S*test_three_lines", run.text, re.M), run.text
    assert TICK.search(run.text)
    assert "\x1b" not in run.text
    assert "FAILED" not in run.text


def test_its_end_is_the_defects_the_verdict_and_where_the_report_is(checkout: Checkout) -> None:
    """A CI that keeps the end of the output alone keeps what is wrong."""
    checkout.tests(test_it=TESTS)
    run = checkout.run(checkout.file())
    besides, _, end = run.text.rpartition("\n\n✗ ")
    assert end.startswith("FUNCTION  Not so: two: line 2")
    assert re.search(r"^  run \S+ on http", besides, re.M)
    assert "  once " in besides
    defect, _, decided = end.partition("\n\n")
    assert defect.splitlines()[-1] == "    seen      a bad one"
    verdict, reach, report = decided.splitlines()
    assert verdict.startswith("NO-GO: ")
    assert reach.startswith("  Tested in ")
    assert report.startswith("  report: ")
    assert report.endswith("/report.html")


def test_quietly_it_says_defects_and_verdict_only(checkout: Checkout) -> None:
    checkout.tests(test_it=TESTS)
    run = checkout.run(checkout.file(), "-q")
    expect(run, NO_GO, "NO-GO", "✗ FUNCTION Not so: two: line 2")
    told = [line for line in run.text.splitlines() if line.strip()]
    assert told[0].startswith("✗ ")
    assert told[-2].startswith("NO-GO: ")
    assert told[-1].startswith("  Tested in ")
    assert len(told) == 6, run.text


def test_at_a_terminal_a_line_lives_below_the_tick_list(checkout: Checkout) -> None:
    checkout.tests(test_it=TESTS)
    run = checkout.run_in_terminal(checkout.file())
    assert run.code == NO_GO, run.text
    assert re.search(r"1/\d+ · \S*test_three_lines.* · \d+ s so far", run.text), run.text
    assert TICK.search(run.text)
    assert COLOUR.search(run.text)
    for line in re.split(r"\r?\n", run.text):
        assert not (TICK.search(line) and "so far" in line.split("✓")[-1]), "a tick is mixed with the living line"


def test_no_color_is_heeded(checkout: Checkout) -> None:
    checkout.tests(test_it=TESTS)
    run = checkout.run_in_terminal(checkout.file(), variables={"NO_COLOR": "1"})
    assert run.code == NO_GO, run.text
    assert "so far" in run.text
    assert not COLOUR.search(run.text), COLOUR.findall(run.text)
