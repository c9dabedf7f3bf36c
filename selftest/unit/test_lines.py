"""The `line` fixture, in inner runs of pytest whose tests pass, fail and break; no browser, no site."""

from collections import Counter
from dataclasses import replace
from types import SimpleNamespace

import pytest

from checklist.verdicts import Verdict
from runner.pytest_plugin.lines import BLOCKED, REFUSED
from runner.pytest_plugin.reporting import Reporting
from selftest.unit.inner_run import Run, checks_in, runs

pytest_plugins = ["pytester"]


@pytest.fixture
def run(pytester: pytest.Pytester) -> Run:
    return runs(pytester)


PASSED, FAILED, NOT_REACHED, NOT_CHECKABLE = (
    Verdict.PASSED,
    Verdict.FAILED,
    Verdict.NOT_REACHED,
    Verdict.NOT_CHECKABLE,
)

GOES_ON = """
@pytest.mark.lines("2.7.1", "2.7.2", "2.7.3")
def test_it(line):
    with line("2.7.1", "first") as evidence:
        evidence["started by"] = "a click"
    with line("2.7.2", "second"):
        assert 1 == 2, "expected two, seen one"
    with line("2.7.3", "third"):
        pass
    with line("2.7.3", "third, again"):
        pytest.fail("no more")
"""

BREAKS = """
@pytest.fixture
def teacher():
    raise RuntimeError("All 99 test people are in use.")

@pytest.mark.lines("2.8.1", "2.8.2")
def test_that(teacher, line):
    raise RuntimeError("this must not run")
"""


def test_each_check_is_recorded_and_the_test_goes_on(run: Run) -> None:
    inner = run(GOES_ON)
    assert inner.verdicts == [("2.7.1", PASSED), ("2.7.2", FAILED), ("2.7.3", PASSED), ("2.7.3", FAILED)]
    first, second, _, again = inner.checks
    assert all(isinstance(check.verdict, Verdict) for check in inner.checks)
    assert (first.target, first.title, first.message, first.test) == ("chromium", "first", "", "test_it[chromium]")
    assert first.evidence == {"started by": "a click"}
    assert second.message == "expected two, seen one"
    assert second.evidence == {}
    assert again.message == "no more"
    assert all(0 <= check.seconds < 5 for check in inner.checks)
    assert inner.code == pytest.ExitCode.TESTS_FAILED
    properties = [data for one in inner.whole for name, data in one.user_properties if name == "browser"]
    assert properties == [{"target": "chromium", "version": "1.2.3"}]


def test_a_remark_is_evidence_of_the_check_it_is_made_in_and_fails_nothing(run: Run) -> None:
    inner = run("""
@pytest.mark.lines("2.7.1", "2.7.2")
def test_it(line, moodle):
    with line("2.7.1", "first") as evidence:
        moodle.warnings.append("the page stayed busy")
    with line("2.7.2", "second"):
        pass
""")
    assert inner.verdicts == [("2.7.1", PASSED), ("2.7.2", PASSED)]
    assert [check.evidence for check in inner.checks] == [{"warnings": ["the page stayed busy"]}, {}]


def test_a_check_that_blocks_ends_the_test(run: Run) -> None:
    inner = run("""
@pytest.mark.lines("2.7.1", "2.7.2", "2.7.3")
def test_it(line):
    with line("2.7.1", "first", blocks=True):
        pass
    with line("2.7.2", "second", blocks=True):
        assert False, "it is not there"
    raise RuntimeError("this must not run")
""")
    assert inner.verdicts == [("2.7.1", PASSED), ("2.7.2", FAILED), ("2.7.3", NOT_REACHED)]
    assert inner.message("2.7.3") == "2.7.2 (second) failed, and the rest of this test builds on it"
    assert [one.when for one in inner.reports if dict(one.user_properties).get(BLOCKED)] == ["call"]


def test_what_this_environment_cannot_tell(run: Run) -> None:
    inner = run("""
@pytest.mark.lines("2.7.1")
def test_says_so(line):
    with line("2.7.1", "first"):
        raise NotCheckable("no key pair")

@pytest.mark.lines("2.7.2", "2.7.3")
def test_builds_on_it(line):
    with line("2.7.2", "second", blocks=True):
        raise NotCheckable("no second student")
""")
    assert inner.verdicts == [
        ("2.7.1", Verdict.NOT_CHECKABLE),
        ("2.7.2", Verdict.NOT_CHECKABLE),
        ("2.7.3", NOT_REACHED),
    ]
    assert inner.message("2.7.1") == "no key pair"
    assert "2.7.2 (second) not checkable" in inner.message("2.7.3")
    assert inner.outcomes == {"passed": 1, "failed": 1}


def test_what_a_test_needs_and_the_environment_does_not_have(run: Run) -> None:
    inner = run("""
@pytest.fixture
def manager():
    raise NotCheckable("no manager")

@pytest.mark.lines("2.7.1")
def test_needs_one(manager, line): ...

@pytest.mark.lines("2.7.2", "2.7.3")
def test_finds_out_later(line):
    with line("2.7.2", "second"):
        pass
    raise NotCheckable("no second student")
""")
    assert inner.verdicts == [
        ("2.7.1", Verdict.NOT_CHECKABLE),
        ("2.7.2", Verdict.PASSED),
        ("2.7.3", Verdict.NOT_CHECKABLE),
    ]
    assert (inner.message("2.7.1"), inner.message("2.7.3")) == ("no manager", "no second student")
    assert inner.outcomes == {"skipped": 1}, "expected the other one to be skipped in its set-up"


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("raise RuntimeError('the browser died')", "the browser died"),
        ("pytest.skip('no time')", "no time"),
        ("pass", "the test ended before"),
    ],
)
def test_a_test_that_ends_early_leaves_its_lines_not_reached(run: Run, body: str, why: str) -> None:
    inner = run(f"""
@pytest.mark.lines("2.7.1", "2.7.2", "2.7.2")
def test_it(line):
    with line("2.7.1", "first"):
        pass
    {body}
""")
    assert inner.verdicts == [("2.7.1", PASSED), ("2.7.2", NOT_REACHED)]
    assert inner.message("2.7.2") == why


def test_a_set_up_that_breaks_leaves_all_lines_not_reached(run: Run) -> None:
    inner = run(BREAKS)
    assert inner.verdicts == [("2.8.1", NOT_REACHED), ("2.8.2", NOT_REACHED)]
    assert {check.message for check in inner.checks} == {"All 99 test people are in use."}
    assert {check.target for check in inner.checks} == {"chromium"}


def test_checks_cross_xdist(run: Run) -> None:
    alone, spread = run(GOES_ON + BREAKS), run(GOES_ON + BREAKS, "-n", "2")
    timeless = [sorted((replace(check, seconds=0) for check in one.checks), key=str) for one in (alone, spread)]
    assert timeless[0] == timeless[1]
    assert alone.code == spread.code == pytest.ExitCode.TESTS_FAILED
    assert alone.outcomes == spread.outcomes


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "spread"])
def test_only_what_failed_outside_its_lines_broke(run: Run, workers: tuple[str, ...]) -> None:
    state = SimpleNamespace(
        secrets=None, misconfigured="", broken=[], checks=[], targets=[], notes=[], upgrade_judged=False
    )
    watch = SimpleNamespace(judged=lambda found, broken: found, keep_lock=lambda: None)
    reporting = Reporting(SimpleNamespace(), state, watch)  # type: ignore[arg-type]
    for report in run(GOES_ON + BREAKS, *workers).reports:
        reporting.pytest_runtest_logreport(report)
    assert [test.rpartition("::")[2] for test in state.broken] == ["test_that[chromium]"]


def test_a_failed_line_in_a_test_that_ends_early_is_told(run: Run) -> None:
    inner = run("""
@pytest.mark.lines("2.7.1", "2.7.2")
def test_it(line):
    with line("2.7.1", "first"):
        pytest.fail("broken")
""")
    assert inner.verdicts == [("2.7.1", FAILED), ("2.7.2", NOT_REACHED)]
    assert inner.message("2.7.2") == "broken"


def test_a_line_of_which_a_test_has_but_extra_checks_is_decided_by_another(run: Run) -> None:
    inner = run("""
@pytest.mark.lines("2.7.1", "2.7.2")
def test_it(line):
    with line("2.7.1", "first", extra=True): pass
    with line("2.7.2", "second"): assert False

@pytest.mark.lines("2.7.3", "2.7.4")
def test_ends(line):
    with line("2.7.3", "first", extra=True): pass
    with line("2.7.4", "second", blocks=True): assert False
""")
    assert inner.verdicts == [
        ("2.7.1", PASSED),
        ("2.7.2", FAILED),
        ("2.7.3", PASSED),
        ("2.7.4", FAILED),
        ("2.7.3", NOT_REACHED),
    ]


@pytest.mark.parametrize(
    ("interruption", "code"),
    [("raise KeyboardInterrupt", 2), ("pytest.skip('not today')", 0)],
)
def test_a_check_that_is_cut_short_has_not_passed(run: Run, interruption: str, code: int) -> None:
    inner = run(f"""
@pytest.mark.lines("2.7.1")
def test_it(line):
    with line("2.7.1", "first"):
        {interruption}
""")
    told = checks_in(inner.reports)
    assert told
    assert {(check.verdict, check.message) for check in told} == {(NOT_REACHED, "the check was cut short")}
    assert inner.code == code


def test_a_line_must_be_declared(run: Run) -> None:
    inner = run("""
@pytest.mark.lines("2.7.1")
def test_it(line):
    with line("2.7.9", "another"):
        pass
""")
    assert inner.verdicts == [("2.7.1", NOT_REACHED)]
    assert "judges 2.7.9 without declaring it in @pytest.mark.lines" in inner.message("2.7.1")


def test_a_declared_line_must_be_in_the_checklist(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    inner = run("""
@pytest.mark.lines("2.7.1", "2.7.20")
def test_it(line):
    pass
""")
    assert inner.code == pytest.ExitCode.USAGE_ERROR
    assert not inner.reports
    told = capsys.readouterr()
    assert "declares 2.7.20, which the checklist does not have" in told.out + told.err


def test_a_test_runs_on_the_targets_that_its_lines_speak_of(run: Run) -> None:
    inner = run("""
@pytest.mark.lines("2.7.1", "2.13.6")
def test_both(line):
    for one in line.declared:
        with line(one, "of this target"):
            pass

@pytest.mark.lines("2.7.2")
def test_at_a_desk(line):
    with line("2.7.2", "at a desk"):
        pass

@pytest.mark.lines("1.1.6")
def test_of_the_account(line, request):
    assert "browser" not in request.fixturenames
    with line("1.1.6", "of no target"):
        pass
""")
    assert Counter((check.line, check.target) for check in inner.checks) == Counter(
        [("2.7.1", "chromium"), ("2.13.6", "pixel-7"), ("2.7.2", "chromium"), ("1.1.6", "all")]
    )
    assert inner.outcomes == {"passed": 4}


ONLY_EXTRA = """
@pytest.mark.lines("2.7.1", "2.7.2")
def test_it(line):
    with line("2.7.1", "first"):
        assert 1 == 2
    with line("2.7.2", "second", extra=True):
        pass
"""


def test_a_test_that_went_to_its_end_has_judged_its_lines_if_only_by_extra_checks(run: Run) -> None:
    assert run(ONLY_EXTRA).verdicts == [("2.7.1", FAILED), ("2.7.2", PASSED)]


CUT_OFF = """
from runner.pytest_plugin.lines import DISCONNECTIONS

@pytest.mark.lines("2.7.1", "2.7.2")
def test_it(request, line):
    told = ["no connection to cdn.example.edu:443"]
    request.node.stash[DISCONNECTIONS] = lambda: list(told)
    with line("2.7.1", "first"):
        assert 1 == 2
    with line("2.7.2", "second"):
        told.append("no connection to cdn.example.edu:443")
        assert 1 == 2
"""


def test_what_fails_while_the_network_breaks_is_not_checkable(run: Run) -> None:
    inner = run(CUT_OFF)
    assert inner.verdicts == [("2.7.1", FAILED), ("2.7.2", NOT_CHECKABLE)]
    assert inner.checks[1].message == "the network broke meanwhile: no connection to cdn.example.edu:443. Run it again."


LOUD = """
from runner.pytest_plugin.lines import QUIET

@pytest.fixture
def student(request):
    def loud():
        raise AssertionError("expected no errors in anybody's console, seen one")
    request.node.stash[QUIET] = loud

@pytest.mark.lines("2.7.1")
def test_it(student, line):
    with line("2.7.1", "first", blocks=True):
        assert 1 == 2
"""


MEANWHILE = """
from runner.pytest_plugin.lines import CONSOLE_ERRORS, QUIET

@pytest.mark.lines("2.7.1", "2.7.2")
def test_it(request, line):
    told = ["before"]
    def loud():
        raise AssertionError("expected no errors in anybody's console, seen some")
    request.node.stash[QUIET], request.node.stash[CONSOLE_ERRORS] = loud, lambda: list(told)
    with line("2.7.1", "first"):
        told.append("while it failed")
        assert 1 == 2
    with line("2.7.2", "second"):
        told.append("while it passed")
"""


def test_what_consoles_show_is_noted_of_the_check_that_failed_meanwhile(run: Run) -> None:
    first, second, consoles = run(MEANWHILE).checks
    assert first.evidence["console errors"] == ["while it failed"]
    assert "console errors" not in second.evidence
    assert consoles.evidence["console errors"] == ["before", "while it failed", "while it passed"]


def test_consoles_are_judged_at_the_end_of_a_test_whatever_became_of_it(run: Run) -> None:
    inner = run(LOUD)
    assert inner.verdicts == [("2.7.1", FAILED), ("2.14.3", FAILED)]
    assert inner.checks[1].message == "expected no errors in anybody's console, seen one"


ASIDE = LOUD.replace("with line(", "with aside(), line(").replace(
    "assert 1", 'step("the student", "Press it."); assert 1'
)


def test_who_wants_to_see_what_consoles_showed_needs_what_was_done_aside(run: Run) -> None:
    inner = run("from clients.steps import aside, step\n" + ASIDE)
    assert [one.evidence["steps"] for one in inner.checks] == [["As the student: Press it."]] * 2


@pytest.mark.parametrize(
    ("before", "body", "told"),
    [
        ('request.node.stash[IN_THE_WAY] = lambda: "the site answers 429"', "assert False", "the site answers 429"),
        ("pass", 'raise ConfigurationError("set login_path")', "set login_path"),
    ],
)
def test_what_the_environment_keeps_from_being_checked_is_no_failure(
    run: Run, before: str, body: str, told: str
) -> None:
    inner = run(f"""
from runner.pytest_plugin.lines import IN_THE_WAY
from clients.errors import ConfigurationError

@pytest.mark.lines("2.7.1", "2.7.2")
def test_it(line, request):
    {before}
    with line("2.7.1", "first", blocks=True):
        {body}
""")
    assert inner.verdicts == [("2.7.1", NOT_REACHED), ("2.7.2", NOT_REACHED)]
    assert inner.message("2.7.1") == told
    refused = [data for one in inner.whole for name, data in one.user_properties if name == REFUSED]
    assert refused == [told]
