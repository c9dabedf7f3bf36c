"""The sentence under a verdict."""

from dataclasses import replace

import pytest

from checklist.decide import Conditions
from checklist.figures import figures
from checklist.lines import ALL_TARGETS
from checklist.reason import because, came_to, how_far, of_blocking, reason, untested
from checklist.verdicts import Check, Verdict
from selftest.unit.sample_runs import CHROMIUM, FIREFOX, SAMPLES, changed, no_go, passing, run_of

BOTH = [CHROMIUM, FIREFOX]


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        (
            "go",
            "Every required line passed in Chromium 156, Firefox 153 and an emulated Pixel 7; "
            "1 known defect stops nothing, agreed until 2026-12-31. Not tested: Safari, Edge.",
        ),
        ("no-go", "2 defects stop this release: 2 function."),
        (
            "outage",
            "S3 does not answer at https://s3.eu-central-1.amazonaws.com/s3video-staging/: Connection refused.",
        ),
        (
            "incomplete",
            "firefox is required and was not run "
            "(no firefox on this machine; get it with: playwright install firefox); "
            "3 required lines not run: 2.13.2, 2.13.5, 2.14.3; 1 required line not checkable: 2.10.5 on chromium.",
        ),
    ],
)
def test_of_the_samples(name: str, sentence: str) -> None:
    assert SAMPLES[name]().reason == sentence


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (
            "site.toml:\n  base_url: is missing; add it\n  storage.region: is empty; fill it in",
            "site.toml: base_url: is missing; add it. storage.region: is empty; fill it in.",
        ),
        ("S3 refuses the key. Correct it.\nIs the site up?", "S3 refuses the key. Correct it. Is the site up?"),
        ("It says “No.”\nLook there", "It says “No.” Look there."),
    ],
)
def test_each_mistake_is_a_sentence(wrong: str, told: str) -> None:
    assert run_of([], BOTH, Conditions(4, misconfigured=wrong)).reason == told


def test_every_required_line_passed() -> None:
    told = "Every required line passed in Chromium 156 and Firefox 153. Not tested: Safari, Edge, phones."
    assert run_of(passing(BOTH), BOTH).reason == told


def test_defects_are_counted_by_how_bad_they_are() -> None:
    checks = passing(BOTH)
    for line in ("2.7.1", "2.7.2", "2.7.5", "2.9.4"):
        checks = changed(checks, line, "firefox", verdict=Verdict.FAILED)
    assert run_of(checks, BOTH).reason == "4 defects stop this release: 1 access, 2 function, 1 wording."


def test_lines_are_more_than_the_defects_they_come_from() -> None:
    run = no_go()
    failed = [entry.id for entry in run.lines if entry.verdict is Verdict.FAILED]
    assert because(failed, run.defects) == " (2 because of 2 defects; 1 sums up others, and fails with them)"
    assert because(["2.8.6"], run.defects[:1]) == ""
    assert [came_to(line, run.lines) for line in ("2.14.1", "2.8.7")] == ["failed", "not reached"]


def test_lines_beyond_the_checklist_say_how_many_fail_by_a_defect_that_stops_the_release() -> None:
    checks = changed(passing(BOTH), "X.3.1", "chromium", verdict=Verdict.FAILED, message="expected a name, seen none")
    aside = run_of(checks, BOTH)
    assert of_blocking(["X.3.1"], aside.defects) == ""
    stops = [replace(one, beyond=False) for one in aside.defects]
    assert of_blocking(["X.3.1"], stops) == " (1 because of defects that stop this release)"
    both = [*stops, *aside.defects]
    told = " (1 because of both)"
    assert of_blocking(["X.3.1"], both) == told


def test_what_a_run_leaves_behind_is_a_defect_as_well() -> None:
    conditions = Conditions(1, problems=("clean-up: a course is still there",))
    checks = changed(passing(BOTH), "2.7.1", "firefox", verdict=Verdict.FAILED)
    assert run_of(checks, BOTH, conditions).reason == ("2 defects stop this release: 1 function, 1 set-up.")


@pytest.mark.parametrize(
    ("verdict", "conditions", "words"),
    [
        ("MISCONFIGURED", Conditions(4, misconfigured="There is no   such bucket."), "There is no such bucket."),
        ("MISCONFIGURED", Conditions(4), "The command line or the environment is wrong."),
        ("PARTIAL", Conditions(5, partial=True), "which can never be a GO: no line judged."),
        ("INCOMPLETE", Conditions(1, broken=("test_x",)), "test_x broke outside its lines."),
        ("INTERRUPTED", Conditions(2), "The run was told to stop before its end."),
        ("INTERNAL ERROR", Conditions(3), "raw.html"),
    ],
)
def test_of_other_verdicts(verdict: str, conditions: Conditions, words: str) -> None:
    assert words in reason(verdict, [], [], conditions)


def test_figures_are_medians_of_what_checks_measured() -> None:
    check = Check("2.8.8", "chromium", Verdict.PASSED, "seeks")
    checks = [
        replace(check, evidence={"seek took seconds": [0.1, 0.4]}),
        replace(check, evidence={"seek took seconds": [0.2], "first frame after seconds": None}),
        replace(check, evidence={"first frame after seconds": 0}),
        replace(check, target="firefox", evidence={"seek took seconds": 0.5, "landed at": 3}),
    ]
    assert figures(checks) == {"seek took seconds": {"chromium": 0.2, "firefox": 0.5}}


def test_a_target_that_judged_nothing_was_not_tested_in() -> None:
    once = [check for check in passing([CHROMIUM]) if check.target == ALL_TARGETS]
    assert how_far(run_of(once, BOTH)).startswith("Tested in no browser. Not tested: ")
    assert how_far(run_of([], BOTH)) == ""


def test_a_waiver_of_a_line_whose_target_is_required_is_not_told() -> None:
    waiver = {"line": "2.13.2", "reason": "no Firefox", "owner": "Ada", "expires": "2026-12-31"}
    firefox = replace(FIREFOX, missing="left out")
    targets = [CHROMIUM, firefox]
    run = run_of(passing([CHROMIUM]), targets)
    assert [entry.id for entry in run.lines if entry.blocks and entry.id == "2.13.2"] == ["2.13.2"]
    assert "Waived" not in untested(targets, [waiver], run.lines)
    assert "Waived: 2.13.2 (Firefox)" in untested(targets, [waiver], [])
