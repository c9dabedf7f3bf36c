"""From checks to verdicts and from verdicts to an exit code: every row of the tables in docs/contract.md."""

import itertools
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checklist.decide import Conditions, decide
from checklist.lines import ALL_TARGETS, CONSOLES, LINES
from checklist.verdicts import (
    ALL_PARTS_COUNT,
    PARTS,
    WORST_FIRST,
    Check,
    Entry,
    Role,
    TargetState,
    Verdict,
    counts,
    judge,
)

CHROMIUM = TargetState("chromium", "chromium", required=True)
FIREFOX = TargetState("firefox", "firefox", required=True)
WEBKIT = TargetState("webkit", "webkit", required=False, missing="no webkit on this machine")
EDGE = TargetState("msedge", "chromium", required=False, channel="msedge")
PIXEL = TargetState("pixel-7", "chromium", required=False, device="Pixel 7")
IPHONE = TargetState("iphone-15", "webkit", required=True, device="iPhone 15")
TARGETS = (CHROMIUM, FIREFOX, WEBKIT, EDGE, PIXEL, IPHONE)

WEBKITGTK = TargetState("webkitgtk", "webkit", required=False, channel="webkitgtk", by_webdriver=True)
REAL_IPHONE = TargetState("iphone", "webkit", required=True, real="iPhone 16, iOS 26", by_webdriver=True)
REAL_PIXEL = TargetState("pixel", "chromium", required=True, real="Pixel 9, Android 16")

verdicts = st.sampled_from(WORST_FIRST)
unhurried = settings(deadline=None)
check_lists = st.lists(
    st.builds(
        Check,
        line=st.sampled_from(list(LINES)),
        target=st.sampled_from([target.name for target in TARGETS]),
        verdict=verdicts,
        title=st.just("a check"),
        message=st.text(max_size=5),
        seconds=st.floats(0, 100),
    ),
    max_size=30,
)


def check(verdict: Verdict, line: str = "2.8.6", target: str = "chromium", **known: Any) -> Check:
    return Check(line, target, verdict, "a check", **known)


def entry_of(entries: list[Entry], line: str, target: str = "chromium") -> Entry:
    (found,) = [entry for entry in entries if (entry.id, entry.browser) == (line, target)]
    return found


# -- judge ----------------------------------------------------------------------------------------


@unhurried
@given(check_lists, st.lists(st.sampled_from(TARGETS), unique=True))
def test_one_entry_for_each_line_and_target(checks: list[Check], targets: list[TargetState]) -> None:
    entries = judge(targets, checks)
    per_target = [line.id for line in LINES.values() if not line.per_run]
    expected = {(line, target.name) for line, target in itertools.product(per_target, targets)}
    expected |= {(line.id, ALL_TARGETS) for line in LINES.values() if line.per_run}
    assert {(entry.id, entry.browser) for entry in entries} == expected
    assert len(entries) == len(expected)
    assert sum(counts(entries).values()) == len(entries)


@unhurried
@given(st.lists(verdicts, min_size=1))
def test_the_worst_check_counts(found: list[Verdict]) -> None:
    entry = entry_of(judge([CHROMIUM], [check(verdict) for verdict in found]), "2.8.6")
    if Verdict.FAILED in found:
        assert entry.verdict is Verdict.FAILED
    elif Verdict.NOT_REACHED in found:
        assert entry.verdict is Verdict.NOT_REACHED
    elif Verdict.NOT_RUN in found:
        assert entry.verdict is Verdict.NOT_RUN
    elif Verdict.NOT_CHECKABLE in found:
        assert entry.verdict is Verdict.NOT_CHECKABLE
    else:
        assert set(found) == {Verdict.PASSED}
        assert entry.verdict is Verdict.PASSED
    assert len(entry.checks) == len(found)
    assert entry.blocks == (entry.verdict is not Verdict.PASSED)


DECIDES, EXTRA, ADVICE = Role.DECIDES, Role.EXTRA, Role.ADVICE


@pytest.mark.parametrize(
    ("found", "verdict"),
    [
        ([(DECIDES, Verdict.PASSED), (EXTRA, Verdict.NOT_CHECKABLE)], Verdict.PASSED),
        ([(DECIDES, Verdict.PASSED), (EXTRA, Verdict.NOT_REACHED)], Verdict.PASSED),
        ([(DECIDES, Verdict.PASSED), (EXTRA, Verdict.FAILED)], Verdict.FAILED),
        ([(DECIDES, Verdict.PASSED), (DECIDES, Verdict.NOT_CHECKABLE)], Verdict.NOT_CHECKABLE),
        ([(DECIDES, Verdict.NOT_CHECKABLE), (EXTRA, Verdict.PASSED)], Verdict.NOT_CHECKABLE),
        ([(EXTRA, Verdict.PASSED)], Verdict.NOT_RUN),
        ([(DECIDES, Verdict.PASSED), (ADVICE, Verdict.ADVICE)], Verdict.PASSED),
    ],
)
def test_the_words_of_the_box_decide(found: list[tuple[Role, Verdict]], verdict: Verdict) -> None:
    checks = [check(one, role=role) for role, one in found]
    assert entry_of(judge([CHROMIUM], checks), "2.8.6").verdict is verdict


def test_an_entry_tells_what_decided_it() -> None:
    entries = judge(
        [CHROMIUM],
        [
            check(Verdict.PASSED, message="fine", seconds=1.25, evidence={"seen": 1}),
            check(Verdict.FAILED, message="too slow", seconds=2.5, evidence={"seconds": 9}),
            check(Verdict.FAILED, message="too slow", seconds=0.25),
            check(Verdict.FAILED, message="too loud", evidence={"decibel": 99}),
        ],
    )
    entry = entry_of(entries, "2.8.6")
    assert entry.message == "too slow; too loud"
    assert entry.evidence == {"seconds": 9, "decibel": 99}
    assert entry.seconds == 4.0
    assert [one.message for one in entry.checks] == ["fine", "too slow", "too slow", "too loud"]


def test_a_check_settles_its_own_target_only() -> None:
    entries = judge([CHROMIUM, FIREFOX], [check(Verdict.FAILED)])
    assert entry_of(entries, "2.8.6").verdict is Verdict.FAILED
    assert entry_of(entries, "2.8.6", "firefox").verdict is Verdict.NOT_RUN


@pytest.mark.parametrize(
    ("line", "target", "why", "blocks"),
    [
        ("2.8.6", CHROMIUM, "no test of this run judges it", True),
        ("2.8.6", WEBKIT, "no webkit on this machine", False),
        ("2.8.6", EDGE, "no test of this run judges it", False),
        ("2.8.6", IPHONE, "devices are covered by step 2.13", False),
        ("2.8.6", TargetState("webkit", "webkit", required=True, missing="no webkit"), "no webkit", True),
    ],
)
def test_a_line_without_a_check(line: str, target: TargetState, why: str, blocks: bool) -> None:
    entry = entry_of(judge([target], []), line, target.name)
    assert (entry.verdict, entry.message, entry.blocks) == (Verdict.NOT_RUN, why, blocks)


@pytest.mark.parametrize("verdict", WORST_FIRST)
@pytest.mark.parametrize("required", [True, False])
def test_what_keeps_a_run_from_go(verdict: Verdict, required: bool) -> None:
    target = TargetState("chromium", "chromium", required)
    blocks = verdict is Verdict.FAILED or (required and verdict is not Verdict.PASSED)
    assert entry_of(judge([target], [check(verdict)]), "2.8.6").blocks == blocks


@pytest.mark.parametrize(
    ("line", "speaks_of"),
    [
        ("2.13.1", [CHROMIUM]),
        ("2.13.2", [FIREFOX]),
        ("2.13.3", [WEBKIT]),
        ("2.13.4", [EDGE]),
        ("2.13.5", list(TARGETS)),
        ("2.13.6", [PIXEL, IPHONE]),
    ],
)
def test_a_line_of_2_13_speaks_of_its_browsers(line: str, speaks_of: list[TargetState]) -> None:
    assert [target for target in TARGETS if PARTS[line](target)] == speaks_of


def test_what_webdriver_drives_and_what_is_real_speak_for_what_they_are() -> None:
    driven = (WEBKITGTK, REAL_IPHONE, REAL_PIXEL)
    spoken = {line: [target.name for target in driven if speaks(target)] for line, speaks in PARTS.items()}
    assert spoken == {
        "2.13.1": [],
        "2.13.2": [],
        "2.13.3": ["webkitgtk"],
        "2.13.4": [],
        "2.13.5": ["webkitgtk", "iphone", "pixel"],
        "2.13.6": ["iphone", "pixel"],
        CONSOLES: ["pixel"],
    }


def test_a_line_over_targets_tells_of_each() -> None:
    checks = [
        check(Verdict.PASSED, "2.13.5", seconds=1),
        check(Verdict.FAILED, "2.13.5", "firefox", message="no sound"),
    ]
    entry = entry_of(judge([CHROMIUM, FIREFOX, WEBKIT], checks), "2.13.5", ALL_TARGETS)
    assert entry.verdict is Verdict.FAILED
    assert entry.message == "chromium: passed; firefox: failed (no sound); webkit: not run (no webkit on this machine)"
    assert len(entry.checks) == 2
    assert entry.blocks


def test_a_line_over_targets_that_the_environment_lacks() -> None:
    entry = entry_of(judge([FIREFOX], []), "2.13.4", ALL_TARGETS)
    assert (entry.verdict, entry.message, entry.blocks) == (
        Verdict.NOT_RUN,
        "this environment has no such target",
        False,
    )


CHROME = TargetState("chrome", "chromium", required=False, channel="chrome", missing="no chrome on this machine")


def test_an_optional_target_that_is_missing_leaves_a_line_over_targets_alone_unless_it_says_all() -> None:
    passed = [check(Verdict.PASSED, line) for line in ("2.13.1", "2.13.5")]
    entries = judge([CHROMIUM, CHROME], passed)
    assert "2.13.1" not in ALL_PARTS_COUNT
    assert entry_of(entries, "2.13.1", ALL_TARGETS).verdict is Verdict.PASSED
    assert entry_of(entries, "2.13.5", ALL_TARGETS).verdict is Verdict.NOT_RUN
    assert not entry_of(entries, "2.13.5", ALL_TARGETS).blocks


def test_a_required_target_that_is_missing_leaves_a_line_over_targets_open() -> None:
    chrome = TargetState("chrome", "chromium", required=True, channel="chrome", missing="no chrome on this machine")
    entry = entry_of(judge([CHROMIUM, chrome], [check(Verdict.PASSED, "2.13.1")]), "2.13.1", ALL_TARGETS)
    assert (entry.verdict, entry.blocks) == (Verdict.NOT_RUN, True)


# -- decide ---------------------------------------------------------------------------------------


def entry(verdict: Verdict, blocks: bool = True) -> Entry:
    return Entry("2.8.6", "chromium", verdict, "", 0.0, {}, [], blocks)


PASSED, FAILED, OPEN = entry(Verdict.PASSED, False), entry(Verdict.FAILED), entry(Verdict.NOT_REACHED)
OPTIONAL = entry(Verdict.NOT_RUN, False)
SILENT, WRONG, LEAK = (
    {"outage": "S3 does not answer."},
    {"misconfigured": "No such bucket."},
    {"problems": ("A leak.",)},
)


@pytest.mark.parametrize(
    ("entries", "pytest_code", "conditions", "verdict", "code"),
    [
        ([PASSED, OPTIONAL], 0, {}, "GO", 0),
        ([PASSED, FAILED], 1, {}, "NO-GO", 1),
        ([PASSED], 0, LEAK, "NO-GO", 1),
        ([PASSED], 0, WRONG, "MISCONFIGURED", 4),
        ([], 4, {}, "MISCONFIGURED", 4),
        ([PASSED], 0, SILENT, "OUTAGE", 6),
        ([PASSED, OPEN], 1, {}, "INCOMPLETE", 7),
        ([entry(Verdict.NOT_RUN)], 0, {}, "INCOMPLETE", 7),
        ([entry(Verdict.NOT_CHECKABLE)], 0, {}, "INCOMPLETE", 7),
        ([entry(Verdict.NOT_RUN)], 5, {}, "INCOMPLETE", 7),
        ([PASSED], 2, {}, "INTERRUPTED", 2),
        ([PASSED], 3, {}, "INTERNAL ERROR", 3),
        ([PASSED], 1, {"broken": ("a test",)}, "INCOMPLETE", 7),
        # where several hold
        ([FAILED], 2, {**SILENT, **WRONG, **LEAK, "partial": True}, "INTERRUPTED", 2),
        ([FAILED], 3, {**SILENT, **WRONG, **LEAK, "partial": True}, "INTERNAL ERROR", 3),
        ([FAILED], 1, {**SILENT, **WRONG, **LEAK, "partial": True}, "MISCONFIGURED", 4),
        ([FAILED], 1, {**SILENT, **LEAK, "partial": True}, "OUTAGE", 6),
        ([FAILED, OPEN], 1, {}, "NO-GO", 1),
        ([OPEN], 1, LEAK, "NO-GO", 1),
        # narrowed: pytest's own codes, never GO
        ([PASSED], 0, {"partial": True}, "PARTIAL", 0),
        ([FAILED], 1, {"partial": True}, "PARTIAL", 1),
        ([OPEN], 5, {"partial": True}, "PARTIAL", 5),
        ([PASSED], 0, {"partial": True, **LEAK}, "NO-GO", 1),
    ],
)
def test_exit_codes(
    entries: list[Entry], pytest_code: int, conditions: dict[str, Any], verdict: Verdict, code: int
) -> None:
    assert decide(entries, Conditions(pytest_code, **conditions)) == (verdict, code)


sentences = st.sampled_from(["", "A sentence."])
ALL_PASSED = [
    check(Verdict.PASSED, line.id, ALL_TARGETS if line.of_no_target else "chromium")
    for line in LINES.values()
    if line.judged
]


@unhurried
@given(
    st.lists(st.builds(check, verdicts, st.sampled_from(["2.7.1", "2.8.6", "2.13.1"])), max_size=2),
    st.sampled_from([0, 0, 0, 1, 2, 3, 4, 5]),
    st.booleans(),
    sentences,
    sentences,
    st.sampled_from([(), ("A leak.",)]),
)
def test_go_is_nothing_but_everything(
    more: list[Check], pytest_code: int, partial: bool, outage: str, misconfigured: str, problems: tuple[str, ...]
) -> None:
    """Zero with the word GO: only a whole run of which pytest, site and every required line say yes."""
    entries = judge([CHROMIUM, WEBKIT], [*ALL_PASSED, *more])
    verdict, code = decide(entries, Conditions(pytest_code, partial, outage, misconfigured, problems))
    good = not (pytest_code or partial or outage or misconfigured or problems or any(one.blocks for one in entries))
    assert (verdict == "GO") == good
    assert code == 0 or not good
    assert code != 0 or verdict in ("GO", "PARTIAL")


def test_every_required_line_passed_is_go() -> None:
    assert decide(judge([CHROMIUM, WEBKIT, EDGE], ALL_PASSED), Conditions(0)) == ("GO", 0)
    assert decide(judge([CHROMIUM, FIREFOX], ALL_PASSED), Conditions(0)) == ("INCOMPLETE", 7)
