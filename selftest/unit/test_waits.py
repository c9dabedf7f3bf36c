"""How long a run waited, and for what: evidence of the check that waited, and a sentence about the run."""

from dataclasses import replace

import pytest

from checklist.figures import WAITED, waited
from selftest.unit.inner_run import Run, runs
from selftest.unit.sample_runs import CHROMIUM, passing

pytest_plugins = ["pytester"]


@pytest.fixture
def run(pytester: pytest.Pytester) -> Run:
    return runs(pytester)


def test_a_wait_is_evidence_of_the_check_that_waits(run: Run) -> None:
    inner = run("""
from clients.waits import waiting

@pytest.mark.lines("2.7.1", "2.7.2", "2.7.3")
def test_it(line):
    with line("2.7.1", "first"):
        for most in (200, 100):
            with waiting("for the CDN to forget", most):
                pass
    with line("2.7.2", "second"), waiting("for a limit to lift", 60):
        raise AssertionError("expected it lifted, seen it there")
    with line("2.7.3", "third"):
        pass
""")
    first, second, third = [check.evidence.get(WAITED) for check in inner.checks]
    assert (first, third) == ({"for the CDN to forget": [0.0, 300.0]}, None)
    assert second == {"for a limit to lift": [0.0, 60.0]}


def test_a_run_tells_all_that_its_checks_waited() -> None:
    check = passing([CHROMIUM])[0]
    checks = [
        check,
        replace(check, evidence={WAITED: {"for the CDN to forget": [12.2, 300], "for a limit to lift": [62, 62]}}),
        replace(check, evidence={WAITED: {"for the CDN to forget": [0.1, 300]}}),
    ]
    assert waited(checks) == ["waited for the CDN to forget: 12 of 600 s", "waited for a limit to lift: 62 of 62 s"]
