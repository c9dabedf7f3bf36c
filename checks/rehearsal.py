"""Whether the version that a site has was tried on staging: is there a GO in the history that somebody has signed?"""

from __future__ import annotations

from pathlib import Path

from checklist import history, results, signing
from checklist.history import Past
from checklist.results import NoResults
from clients.errors import NotCheckable

COMPONENT = "assignsubmission_s3video"

WHOLE = ("GO", "NO-GO", "INCOMPLETE")
"""Verdicts of a run that judged the plugin, all of it."""


class Rehearsals:
    """Runs on the environment of that name, `reports` being the folder of all runs of this machine."""

    def __init__(self, reports: Path, environment: str) -> None:
        self._reports = reports
        self._environment = environment

    def expect_signed_go(self, version: str) -> str:
        """The last whole run with that version was GO, and somebody has signed it; returns the run's name.

        Raises NotCheckable where this machine knows no run of that environment.
        """
        runs = [run for run in history.read(self._reports) if run.environment == self._environment]
        if not runs:
            raise NotCheckable(
                f"{self._reports.name}/{history.FILE} has no run of {self._environment}: run the suite from the folder "
                "that has its reports, or sign"
            )
        fitting = [run for run in runs if run.setting.get(COMPONENT) == version and run.verdict in WHOLE]
        if not fitting:
            seen = ", ".join(sorted({run.setting.get(COMPONENT, "unknown") for run in runs}))
            raise AssertionError(
                f"expected a whole run of {self._environment} with version {version}, seen runs with {seen}"
            )
        return self._expect_signed_go(fitting[-1])

    def _expect_signed_go(self, run: Past) -> str:
        try:
            folder = self._folder(run)
            verified = signing.verify(folder)
            verdict = signing.settled(results.read(folder), folder, verified).verdict
        except (NoResults, OSError) as reason:
            raise NotCheckable(f"the run {run.run_id} cannot be read: {reason}") from reason
        if verdict != "GO":
            raise AssertionError(f"expected GO of the last whole run of {run.environment}, seen {verdict}")
        if not any(one.signature.line == "" and not one.broken for one in verified):
            raise AssertionError(f"expected a signature of the run {run.run_id}, seen none that holds")
        return run.run_id

    def _folder(self, run: Past) -> Path:
        """Where the run has reported, alone or merged with others. Raises NoResults, OSError."""
        own = self._reports / f"{run.started:%Y%m%dT%H%M%SZ}-{run.environment}"
        for folder in [own, *self._reports.glob("*-merged")]:
            if folder.is_dir() and results.read(folder).run_id == run.run_id:
                return folder
        raise NoResults("its folder is gone")
