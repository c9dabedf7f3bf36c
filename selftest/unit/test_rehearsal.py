"""What earlier runs on staging say of the version that a site has."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from checklist import history, results, signing
from checklist.results import Run
from checks.rehearsal import COMPONENT, Rehearsals
from clients.errors import NotCheckable
from selftest.unit.sample_runs import go, incomplete, no_go

VERSION = "2025102600"

Reported = Callable[..., Path]


@pytest.fixture
def reported(tmp_path: Path) -> Reported:
    """Writes a run, so many hours after the samples' time, where runs go."""

    def reported(run: Run, hours: int = 0, folder: str = "", **more: object) -> Path:
        versions = {**run.versions, COMPONENT: VERSION}
        run = replace(
            run, run_id=f"1122181{hours}ab12", started=run.started + timedelta(hours=hours), versions=versions
        )
        run = replace(run, **more)  # type: ignore[arg-type]
        place = tmp_path / (folder or f"{run.started:%Y%m%dT%H%M%SZ}-{run.environment}")
        place.mkdir()
        results.write(run, place)
        history.append(run, tmp_path)
        return place

    return reported


def expect_signed_go(reports: Path, version: str = VERSION) -> str:
    return Rehearsals(reports, "staging").expect_signed_go(version)


def sign(folder: Path, line: str = "") -> None:
    signing.sign(folder, "Ada Lovelace", "seen", line)


@pytest.mark.parametrize("folder", ["", "20261130T080000.000000Z-merged"])
def test_a_go_that_somebody_has_signed(tmp_path: Path, reported: Reported, folder: str) -> None:
    reported(no_go())
    sign(reported(go(), 1, folder))
    reported(no_go(), 2, environment="production")
    reported(no_go(), 3, verdict="PARTIAL")
    assert expect_signed_go(tmp_path) == "11221811ab12"


def test_a_go_that_nobody_has_signed(tmp_path: Path, reported: Reported) -> None:
    folder = reported(go())
    sign(folder, "2.8.6")
    with pytest.raises(AssertionError, match="expected a signature of the run 11221810ab12, seen none that holds"):
        expect_signed_go(tmp_path)
    sign(folder)
    results.write(replace(results.read(folder), seconds=1.0), folder)
    with pytest.raises(AssertionError, match="seen none that holds"):
        expect_signed_go(tmp_path)


@pytest.mark.parametrize("last", [no_go, incomplete])
def test_the_last_run_counts(tmp_path: Path, reported: Reported, last: Callable[[], Run]) -> None:
    sign(reported(go()))
    sign(reported(last(), 1))
    with pytest.raises(AssertionError, match=r"expected GO of the last whole run of staging, seen (NO-GO|INCOMPLETE)"):
        expect_signed_go(tmp_path)


def test_another_version(tmp_path: Path, reported: Reported) -> None:
    sign(reported(go()))
    with pytest.raises(AssertionError, match="a whole run of staging with version 2026010100, seen runs with 20251026"):
        expect_signed_go(tmp_path, "2026010100")


def test_what_this_machine_does_not_know(tmp_path: Path, reported: Reported) -> None:
    with pytest.raises(NotCheckable, match="has no run of staging"):
        expect_signed_go(tmp_path)
    folder = reported(go())
    folder.rename(tmp_path / "elsewhere")
    with pytest.raises(NotCheckable, match="its folder is gone"):
        expect_signed_go(tmp_path)
