"""Known issues: what holds, what is turned away, and what they do to a run's verdict."""

import json
from datetime import date

import pytest

from checklist.decide import Conditions, decide
from checklist.known_issues import KnownIssue, read
from checklist.lines import LINES
from checklist.verdicts import Check, TargetState, Verdict, judge, judged_on, unmet
from selftest.runs.checkout import GO, NO_GO, Checkout, expect, three_lines

TODAY = date(2026, 11, 22)
TARGETS = ("chromium", "firefox")
GOOD = {
    "line": '"2.7.5"',
    "target": '"chromium"',
    "message": '"told the limit of 5 GB"',
    "link": '"https://tracker.example/1"',
    "owner": '"Ada"',
    "expires": "2026-11-22",
}
CHROMIUM = TargetState("chromium", "chromium", required=True)
FIREFOX = TargetState("firefox", "firefox", required=True)
DEVICE = TargetState("pixel-7", "chromium", required=False, device="Pixel 7")
TOLD = "expected the student to be told the limit of 5 GB, seen on the form: “”"
NOTE = {"link": "https://tracker.example/1", "owner": "Ada", "expires": "2026-11-22"}


def toml(**changed: str | None) -> str:
    entry = {name: value for name, value in {**GOOD, **changed}.items() if value is not None}
    return "[[known]]\n" + "".join(f"{name} = {value}\n" for name, value in entry.items())


def known(**changed: str | None) -> list[KnownIssue]:
    issues, problems = read(toml(**changed), TARGETS, TODAY)
    assert problems == []
    return issues


def check(line: str, verdict: Verdict = Verdict.PASSED, message: str = "", target: str = "chromium") -> Check:
    return Check(line, target, verdict, "title", message)


def all_passed(*targets: TargetState) -> list[Check]:
    return [
        check(line.id, target=target.name)
        for line in LINES.values()
        if line.judged
        for target in judged_on(line, targets)
    ]


def test_good_entry_holds_to_the_end_of_its_last_day() -> None:
    (issue,) = known()
    assert issue.note == NOTE
    assert issue.covers("2.7.5", "chromium", TOLD)
    assert not issue.covers("2.7.5", "firefox", TOLD)
    assert not issue.covers("2.7.6", "chromium", TOLD)
    assert not issue.covers("2.7.5", "chromium", "something else")


def test_no_file_content_is_no_issue() -> None:
    assert read("# nothing known\n", TARGETS, TODAY) == ([], [])


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"expires": "2026-11-21"}, "it expired on 2026-11-21; get it fixed, or agree on a new date with Ada"),
        ({"expires": '"2026-12-01"'}, "expires must be a date without quotes, such as 2027-01-31"),
        ({"expires": "2026-12-01T00:00:00"}, "expires must be a date without quotes"),
        ({"expires": None}, "expires must be a date without quotes"),
        ({"link": None}, "link is missing; every known issue needs one"),
        ({"link": '" "'}, "link is missing"),
        ({"link": '"JIRA-17"'}, "link must be the address of the issue"),
        ({"owner": '""'}, "owner is missing"),
        ({"line": '"2.7"'}, "2.7 is no line of the checklist; name one line, such as 2.7.5"),
        ({"line": '"2.7.*"'}, "2.7.* is no line of the checklist"),
        ({"line": "2.7"}, "line is missing"),
        ({"target": '"all"'}, "the environment has no target all; use one of chromium, firefox"),
        ({"target": '"*"'}, "the environment has no target *"),
        ({"message": '".*"'}, "message would match every message"),
        ({"message": '"("'}, "message is no regular expression"),
        ({"message": None}, "message is missing"),
        ({"reason": '"because"'}, "reason is not a key here; remove it"),
    ],
)
def test_entry_with_a_problem_is_named_and_excuses_nothing(changed: dict[str, str | None], problem: str) -> None:
    issues, problems = read(toml(**changed) + toml(line='"2.7.6"'), TARGETS, TODAY)
    assert [issue.line for issue in issues] == ["2.7.6"]
    assert len(problems) == 1
    assert problems[0].startswith("entry 1 (")
    assert problem in problems[0]


@pytest.mark.parametrize("text", ["[[known]", 'line = "2.7.5"', "known = 3", "known = [3]", "[known]\nline = 'x'"])
def test_file_of_another_shape(text: str) -> None:
    issues, problems = read(text, TARGETS, TODAY)
    assert issues == []
    assert len(problems) == 1


def test_known_failure_is_shown_and_does_not_block() -> None:
    checks = [*all_passed(CHROMIUM), check("2.7.5", Verdict.FAILED, TOLD)]
    entries = judge([CHROMIUM], checks, known())
    (entry,) = [entry for entry in entries if entry.id == "2.7.5"]
    assert (entry.verdict, entry.blocks, entry.known) == (Verdict.FAILED, False, [NOTE])
    assert decide(entries, Conditions(pytest_code=1)) == ("GO", 0)
    assert unmet(checks, known()) == []


def test_same_failure_blocks_without_the_entry() -> None:
    entries = judge([CHROMIUM], [*all_passed(CHROMIUM), check("2.7.5", Verdict.FAILED, TOLD)])
    assert decide(entries, Conditions(pytest_code=1)) == ("NO-GO", 1)


def test_another_failure_of_the_same_line_blocks() -> None:
    failures = [check("2.7.5", Verdict.FAILED, TOLD), check("2.7.5", Verdict.FAILED, "the limit is 10 bytes")]
    entries = judge([CHROMIUM], [*all_passed(CHROMIUM), *failures], known())
    (entry,) = [entry for entry in entries if entry.id == "2.7.5"]
    assert (entry.blocks, entry.known) == (True, [])
    assert decide(entries, Conditions(pytest_code=1)) == ("NO-GO", 1)


def test_what_a_known_failure_keeps_from_being_judged_stays_open() -> None:
    checks = [one for one in all_passed(CHROMIUM) if one.line != "2.7.6"]
    checks += [check("2.7.5", Verdict.FAILED, TOLD), check("2.7.6", Verdict.NOT_REACHED)]
    assert decide(judge([CHROMIUM], checks, known()), Conditions(pytest_code=1)) == ("INCOMPLETE", 7)


def test_test_that_broke_outside_its_lines_stays_open() -> None:
    entries = judge([CHROMIUM], [*all_passed(CHROMIUM), check("2.7.5", Verdict.FAILED, TOLD)], known())
    assert decide(entries, Conditions(pytest_code=1, broken=("test_upload",))) == ("INCOMPLETE", 7)


def test_failure_on_another_target_blocks() -> None:
    checks = [*all_passed(CHROMIUM, FIREFOX), check("2.7.5", Verdict.FAILED, TOLD, "firefox")]
    entries = judge([CHROMIUM, FIREFOX], checks, known())
    assert decide(entries, Conditions(pytest_code=1)) == ("NO-GO", 1)


def test_line_judged_once_a_run_is_known_by_the_target_that_failed() -> None:
    issues = known(line='"2.13.5"', message='"no picture"')
    checks = [*all_passed(CHROMIUM, FIREFOX), check("2.13.5", Verdict.FAILED, "no picture")]
    entries = judge([CHROMIUM, FIREFOX], checks, issues)
    (entry,) = [entry for entry in entries if entry.id == "2.13.5"]
    assert (entry.verdict, entry.blocks, entry.known) == (Verdict.FAILED, False, [NOTE])
    assert decide(entries, Conditions(pytest_code=1)) == ("GO", 0)

    checks.append(check("2.13.5", Verdict.FAILED, "no sound", "firefox"))
    entries = judge([CHROMIUM, FIREFOX], checks, issues)
    assert decide(entries, Conditions(pytest_code=1)) == ("NO-GO", 1)


def test_a_line_of_no_target_is_known_on_all() -> None:
    (issue,) = known(line='"1.1.6"', target='"all"')
    entries = judge([CHROMIUM], [*all_passed(CHROMIUM), check("1.1.6", Verdict.FAILED, TOLD, "all")], [issue])
    (entry,) = [entry for entry in entries if entry.id == "1.1.6"]
    assert (entry.blocks, entry.known) == (False, [NOTE])
    assert read(toml(line='"1.1.6"'), TARGETS, TODAY)[1][0].startswith("entry 1 (1.1.6 on chromium): the environment")


def test_entry_that_a_run_does_not_meet() -> None:
    assert unmet([check("2.7.5")], known()) == known()
    assert unmet([check("2.7.5", Verdict.FAILED, "something else")], known()) == known()
    assert unmet([check("2.7.5", Verdict.NOT_REACHED)], known()) == []
    assert unmet([check("2.7.5", target="firefox")], known()) == []
    assert "2.7.5 on chromium" in str(known()[0])


def test_problem_blocks() -> None:
    entries = judge([CHROMIUM], all_passed(CHROMIUM))
    assert decide(entries, Conditions(pytest_code=0, problems=("expired",))) == ("NO-GO", 1)


def test_large_video_needs_one_target_an_engine_and_the_desk_no_device() -> None:
    absent = TargetState("chrome", "chromium", required=False, channel="chrome", missing="no chrome")
    edge = TargetState("msedge", "chromium", required=False, channel="msedge")
    targets = [absent, edge, CHROMIUM, DEVICE, FIREFOX]
    assert judged_on(LINES["2.12.1"], targets) == [CHROMIUM, FIREFOX]
    assert judged_on(LINES["2.12.1"], [absent, edge, DEVICE]) == [edge]
    assert judged_on(LINES["2.7.1"], targets) == [absent, edge, CHROMIUM, FIREFOX]
    assert judged_on(LINES["2.13.6"], targets) == [DEVICE]
    assert judged_on(LINES["2.13.5"], targets) == targets
    entries = {(entry.id, entry.browser): entry for entry in judge(targets, [])}
    assert entries["2.12.1", "chrome"].message == "no chrome"
    assert entries["2.12.1", "msedge"].message == "one target an engine is enough for step 2.12"
    assert entries["2.7.1", "pixel-7"].message == "devices are covered by step 2.13"
    assert not entries["2.12.1", "msedge"].blocks
    assert entries["2.12.1", "chromium"].blocks


def test_pattern_is_searched_as_a_regular_expression() -> None:
    (issue,) = known(message='"limit of \\\\d+ GB"')
    assert issue.message.pattern == r"limit of \d+ GB"
    assert issue.covers("2.7.5", "chromium", TOLD)


# -- in a run -------------------------------------------------------------------------------------

BROKEN = three_lines(each="assert (number, line.target) != (2, 'chromium'), 'seen the limit untold'")
UNTOLD = {"line": '"2.7.2"', "message": '"the limit untold"', "expires": "2999-12-31"}


def with_known_issues(checkout: Checkout, text: str) -> str:
    option = checkout.file()
    (checkout.folder / "site.known-issues.toml").write_text(text, encoding="utf-8")
    return option


@pytest.mark.usefixtures("nothing_left")
def test_run_with_a_known_failure_is_a_go_that_tells(checkout: Checkout) -> None:
    checkout.tests(test_it=BROKEN)
    run = checkout.run(with_known_issues(checkout, toml(**UNTOLD)), "--tb=no")
    expect(run, GO, "GO", "known: seen the limit untold", "known: 2.7.2 on chromium: https://tracker.example/1, Ada")
    results = json.loads((checkout.reports / "results.json").read_text("utf-8"))
    (line,) = [line for line in results["lines"] if (line["id"], line["browser"]) == ("2.7.2", "chromium")]
    assert (line["verdict"], line["known"]) == ("failed", [{**NOTE, "expires": "2999-12-31"}])
    assert "https://tracker.example/1" in (checkout.reports / "latest" / "report.html").read_text("utf-8")


@pytest.mark.usefixtures("nothing_left")
@pytest.mark.parametrize(
    ("tests", "entry", "told"),
    [
        (three_lines(), UNTOLD, "was not met: take it out"),
        pytest.param(
            three_lines(), {**UNTOLD, "line": '"2.7.9"'}, "2.7.9 is no line of the checklist", marks=pytest.mark.nightly
        ),
        (BROKEN, {**UNTOLD, "expires": "2020-01-01"}, "it expired on 2020-01-01"),
        pytest.param(BROKEN, {**UNTOLD, "link": None}, "link is missing", marks=pytest.mark.nightly),
    ],
    ids=["unmet", "no such line", "expired", "linkless"],
)
def test_list_that_is_out_of_date_stops_a_release(
    checkout: Checkout, tests: str, entry: dict[str, str], told: str
) -> None:
    checkout.tests(test_it=tests)
    expect(checkout.run(with_known_issues(checkout, toml(**entry)), "--tb=no"), NO_GO, "NO-GO", told)


@pytest.mark.usefixtures("nothing_left")
def test_narrowed_run_only_notes_it(checkout: Checkout) -> None:
    checkout.tests(test_it=three_lines())
    stale = with_known_issues(checkout, toml(**{**UNTOLD, "expires": "2020-01-01"}))
    expect(checkout.run(stale, "-k", "three"), GO, "PARTIAL", "it expired on 2020-01-01")
