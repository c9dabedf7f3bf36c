"""Lines of 2.13 that a test site has to settle, and those that its owner lifts for a while."""

from __future__ import annotations

from datetime import date

import pytest

from checklist.decide import Conditions
from checklist.lines import ALL_TARGETS
from checklist.reason import BROWSERS, instead, reason, untested
from checklist.verdicts import Check, TargetState, Verdict, judge
from checklist.waivers import Waiver, open_waivers, required, told
from clients.errors import ConfigurationError
from selftest.unit.environment_files import LoadSite
from selftest.unit.sample_runs import CHROMIUM, FIREFOX, passing

DAY = date(2026, 11, 29)
NO_EDGE = Waiver(line="2.13.4", reason="nobody here has Edge", owner="Ada", expires=DAY)
TABLE = '[[waived]]\nline = "2.13.4"\nreason = "no Edge"\nowner = "Ada"\nexpires = 2026-11-29\n'
EDGE = TargetState("msedge", "chromium", required=False, channel="msedge", missing="no msedge on this machine")


def blocking(lines: set[str], targets: list[TargetState]) -> dict[str, str]:
    entries = judge(targets, passing([CHROMIUM, FIREFOX]), required=lines)
    return {entry.id: entry.message for entry in entries if entry.blocks}


def test_a_test_site_has_to_settle_them_all() -> None:
    lines = required([], DAY)
    assert lines == {f"2.13.{number}" for number in range(1, 7)}
    assert blocking(lines, [CHROMIUM, FIREFOX, EDGE]) == {
        "2.13.3": "this environment has no such target: add one under [[targets]], or waive the line under [[waived]]",
        "2.13.4": "msedge: not run (no msedge on this machine)",
        "2.13.5": "chromium: passed; firefox: passed; msedge: not run (no msedge on this machine)",
        "2.13.6": "this environment has no such target: add one under [[targets]], or waive the line under [[waived]]",
    }


def test_a_waiver_lifts_one_until_its_day() -> None:
    assert "2.13.4" not in required([NO_EDGE], DAY)
    assert "2.13.4" in required([NO_EDGE], date(2026, 11, 30))
    assert "2.13.4" not in blocking(required([NO_EDGE], DAY), [CHROMIUM, FIREFOX])


def test_a_failure_is_not_waived() -> None:
    edge = TargetState("msedge", "chromium", required=False, channel="msedge")
    failed = Check("2.13.4", "msedge", Verdict.FAILED, "uploads", "expected, seen")
    entries = judge([CHROMIUM, edge], [failed], required=required([NO_EDGE], DAY))
    assert next(entry for entry in entries if entry.id == "2.13.4").blocks


def test_the_verdict_is_told_with_what_is_waived() -> None:
    targets = [CHROMIUM, FIREFOX]
    safari = Waiver(line="2.13.3", reason="nobody here has Edge", owner="Ada", expires=DAY)
    firefox = Waiver(line="2.13.2", reason="no Firefox", owner="Ada", expires=DAY)
    entries = judge(targets, passing(targets))
    waived = open_waivers([one.note for one in (NO_EDGE, safari, firefox)], entries)
    words = "Waived: 2.13.3 (Safari), 2.13.4 (Edge) by Ada until 2026-11-29 (nobody here has Edge)."
    assert told(waived, BROWSERS) == words
    assert reason("GO", entries, targets, Conditions(0), (), waived).endswith(words)


def test_what_is_waived_and_failed_all_the_same_is_told() -> None:
    pixel = TargetState("pixel-7", "chromium", required=False, device="Pixel 7")
    phones = Waiver(line="2.13.6", reason="no real phones", owner="Ada", expires=DAY).note
    entries = judge([pixel], [Check("2.13.6", "pixel-7", Verdict.FAILED, "uploads", "expected, seen")])
    words = "Edge. 2.13.6 (phones) was tested in an emulated Pixel 7 and failed, so its waiver does not count."
    assert untested([pixel], [phones], entries).endswith(words)
    lifted = "Waived: 2.13.6 (phones) by Ada until 2026-11-29 (no real phones)."
    assert untested([pixel], [phones], judge([pixel], [])).endswith(lifted)
    assert "failed" not in untested([pixel], [phones], judge([pixel], []))


@pytest.mark.parametrize(
    ("target", "line", "words"),
    [
        (CHROMIUM, "2.13.1", "chromium: passed, in Chromium, not Chrome"),
        (TargetState("chrome", "chromium", required=True, channel="chrome"), "2.13.1", "chrome: passed"),
        (
            TargetState("webkitgtk", "webkit", required=True, channel="webkitgtk", by_webdriver=True),
            "2.13.3",
            "webkitgtk: passed, in WebKitGTK, not Safari",
        ),
        (TargetState("safari", "webkit", required=True, channel="safari"), "2.13.3", "safari: passed"),
        (TargetState("pixel-7", "chromium", required=True, device="Pixel 7"), "2.13.6", "pixel-7: passed, emulated"),
        (TargetState("iphone", "webkit", required=True, real="iPhone 16"), "2.13.6", "iphone: passed"),
    ],
)
def test_a_line_says_what_only_stands_in(target: TargetState, line: str, words: str) -> None:
    entries = judge([target], [Check(line, target.name, Verdict.PASSED, "uploads")])
    assert next(entry.message for entry in entries if (entry.id, entry.browser) == (line, ALL_TARGETS)) == words


def test_what_passed_in_another_browser_was_not_tested() -> None:
    gtk = TargetState("webkitgtk", "webkit", required=True, channel="webkitgtk", by_webdriver=True)
    safari = TargetState("safari", "webkit", required=True, channel="safari")
    assert untested([CHROMIUM, FIREFOX, gtk]) == "Not tested: Safari (only WebKitGTK in its place), Edge, phones."
    assert untested([CHROMIUM, FIREFOX, gtk, safari]) == "Not tested: Edge, phones."
    entries = judge([gtk, safari], [Check("2.13.3", "webkitgtk", Verdict.PASSED, "uploads")])
    assert instead("2.13.3", entries, [gtk, safari]) == "in WebKitGTK, not Safari"
    both = [Check("2.13.3", name, Verdict.PASSED, "uploads") for name in ("webkitgtk", "safari")]
    assert instead("2.13.3", judge([gtk, safari], both), [gtk, safari]) == ""
    assert instead("2.13.5", judge([gtk], [Check("2.13.5", "webkitgtk", Verdict.PASSED, "plays")]), [gtk]) == ""


def test_of_an_environment(load_site: LoadSite) -> None:
    site = load_site(top="test_site = true", end=TABLE)
    assert "2.13.4" not in site.required_on(DAY)
    assert "2.13.3" in site.required_on(DAY)
    assert load_site(end=TABLE).required_on(DAY) == set()  # where nothing is tried, nothing of this is required
    assert site.waived[0].expired == (
        "the waiver of 2.13.4 expired on 2026-11-29; test it, or agree on a new date with Ada"
    )


@pytest.mark.parametrize(
    ("wrong", "right", "words"),
    [
        ("2.13.4", "2.7.1", "2.7.1 needs no waiver: of each site 2.13.1 to 2.13.6 are required, and no other line"),
        ("no Edge", " ", "must say something, in one line"),
        ("2026-11-29", '"tomorrow"', "expires must be a date without quotes, such as 2027-01-31"),
    ],
)
def test_a_waiver_that_cannot_be_meant(load_site: LoadSite, wrong: str, right: str, words: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        load_site(end=TABLE.replace(wrong, right))
    assert words in str(refused.value)


def test_a_line_is_waived_once(load_site: LoadSite) -> None:
    with pytest.raises(ConfigurationError, match=r"waived: 2\.13\.4 is waived twice; keep one of the entries"):
        load_site(end=TABLE * 2)
