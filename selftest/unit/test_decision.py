"""What a run says in the end, by how it came to its end; `checklist.verdicts.decide` is tested beside the lines."""

import pytest

from checklist.decide import Conditions
from runner.pytest_plugin.decision import decision


@pytest.mark.parametrize(("code", "told"), [(0, ("READY", 0)), (7, ("INCOMPLETE", 7)), (2, ("INTERRUPTED", 2))])
def test_a_run_that_ends_before_it_opens_anything(code: int, told: tuple[str, int]) -> None:
    assert decision([], Conditions(code), opened=False, interrupted=code == 2, stopped=code == 2) == told


@pytest.mark.parametrize(
    ("conditions", "told"),
    [
        (Conditions(4, misconfigured="no such bucket"), ("MISCONFIGURED", 4)),
        (Conditions(6, outage="S3 does not answer."), ("OUTAGE", 6)),
        (Conditions(1, problems=("clean-up",)), ("NO-GO", 1)),
        (Conditions(0, problems=("clean-up",)), ("NO-GO", 1)),
    ],
)
def test_a_reason_counts_before_anything_is_opened(conditions: Conditions, told: tuple[str, int]) -> None:
    assert decision([], conditions, opened=False, interrupted=False, stopped=False) == told


@pytest.mark.parametrize("conditions", [Conditions(0), Conditions(1, outage="silent"), Conditions(2)])
def test_a_signal_wins_over_what_the_tests_say(conditions: Conditions) -> None:
    assert decision([], conditions, opened=True, interrupted=True, stopped=True) == ("INTERRUPTED", 2)


@pytest.mark.parametrize(
    ("conditions", "told"),
    [
        (Conditions(2, problems=("the site's lock was lost",)), ("NO-GO", 1)),
        (Conditions(2, outage="silent"), ("OUTAGE", 6)),
        (Conditions(3, outage="silent"), ("INTERNAL ERROR", 3)),
    ],
)
def test_a_session_that_the_run_itself_ended_was_not_interrupted(conditions: Conditions, told: tuple[str, int]) -> None:
    assert decision([], conditions, opened=True, interrupted=False, stopped=True) == told


def test_a_session_that_pytest_ended_was() -> None:
    assert decision([], Conditions(2), opened=True, interrupted=False, stopped=False) == ("INTERRUPTED", 2)


@pytest.mark.parametrize(("strict", "code"), [(False, 5), (True, 7)])
def test_a_narrowed_run_without_a_browser_is_partial(strict: bool, code: int) -> None:
    conditions = Conditions(5, partial=True, strict=strict)
    assert decision([], conditions, opened=False, interrupted=False, stopped=False) == ("PARTIAL", code)


def test_a_narrowed_run_keeps_pytest_s_code() -> None:
    assert decision([], Conditions(5, partial=True), opened=True, interrupted=False, stopped=False) == ("PARTIAL", 5)


@pytest.mark.parametrize(("code", "strictly"), [(0, 7), (5, 7), (1, 1)])
def test_strictly_a_narrowed_run_is_not_enough(code: int, strictly: int) -> None:
    conditions = Conditions(code, partial=True, strict=True)
    assert decision([], conditions, opened=True, interrupted=False, stopped=False) == ("PARTIAL", strictly)
