"""A run that the mutants' tool leads: test by test, and no further than the first new failure."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from clients import http
from runner.configuration.environment import Environment
from runner.configuration.replica import CHECKOUT
from selftest.mutants.judge import Failure
from selftest.mutants.suite import Suite, SuiteDied
from selftest.proof.warm import Warm


@pytest.fixture
def suite(warm: Warm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, nothing_left: None) -> Iterator[Suite]:
    for name, value in warm.variables.items():
        monkeypatch.setenv(name, value)
    with Suite(CHECKOUT, warm.file, tmp_path / "sessions" / "1") as suite:
        yield suite


def switch(environment: Environment, *faults: str) -> None:
    url = environment.url("/__replica__/fault")
    http.request("PUT", url, json={"faults": [*faults]}, verify=environment.verify, timeout=10).raise_for_status()


def test_a_run_goes_test_by_test(suite: Suite, environment: Environment) -> None:
    def failures(known: list[str], wanted: list[str] | None) -> tuple[list[str], bool]:
        answer = suite.run("test_limits", known=known, wanted=wanted, fresh=True, seconds=60)
        assert answer["checks"]
        assert not answer["stopped"]
        return [failure.line for failure in Failure.of("test_limits", answer)], answer["cut"]

    assert "2.5.17" in suite.lines["test_limits"]
    assert failures([], None) == ([], False)
    switch(environment, "upload-limit-too-high", "playback-limit-too-high")
    try:
        assert failures([], None) == (["2.5.17"], True)
        assert failures(["2.5.17"], None) == (["2.5.17", "2.5.18"], True)
        assert failures([], ["2.5.20"]) == (["2.5.17", "2.5.18"], False)
    finally:
        switch(environment)
    assert failures([], None) == ([], False)


def test_a_run_that_does_not_answer_is_dead(suite: Suite) -> None:
    with pytest.raises(SuiteDied, match="no answer"):
        suite.run("test_upload", known=[], wanted=None, fresh=True, seconds=0)
