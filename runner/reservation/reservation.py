"""One run's hold on a site, from taking its lock to giving it back clean."""

from __future__ import annotations

import secrets
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any

from clients.errors import ConfigurationError, SiteError, Unreachable
from clients.moodle.client import MoodleClient
from clients.moodle.courses import Courses
from clients.plugin.administration import plugin, plugin_settings
from runner.configuration.connect import new_site
from runner.configuration.environment import Environment
from runner.reservation import upgrade
from runner.reservation.administrator import Administrator
from runner.reservation.changed_settings import CHANGED, SAVED, LeftAsItIs, NoNote, Note
from runner.reservation.clean_up import PROMISED, SETTING, CleanUp
from runner.reservation.journal import Journal
from runner.reservation.lock import Lock, Locked
from runner.reservation.people_pool import find_given, prepare, share_given
from runner.reservation.seal import NotOurs, Seal


class SiteReservation:
    """Taken by the controller of a run, alone on the site meanwhile.

    Raises ConfigurationError, Locked, Unreachable, or SiteError. `found` is what was done about dead runs.
    """

    def __init__(self, environment: Environment, run_id: str) -> None:
        self._admin = Administrator(environment)
        self._cleaner = self._admin.cleaner()
        self._environment = environment
        self.run_id = run_id
        self.journal = Journal(environment.base_url, run_id)
        self.found = CleanUp()
        self._seal = Seal(environment)
        self._kept = ExitStack()
        self.taken: list[str] = []
        """Folders on S3 that hold what is not this run's; their people are left out of it."""
        self._folders: list[str] = []
        """Of this run's people: empty when it began."""
        self._expect_installed()
        self._admin.bucket.check()
        self.journal.live()
        try:
            self._lock: Lock | None = Lock(
                self._admin.courses,
                self._admin.category,
                run_id,
                is_dead=lambda other: Journal(environment.base_url, other).is_dead(),
                undo=self._undo,
            )
        except (Locked, SiteError, Unreachable):
            self.journal.remove()
            raise

    @property
    def site(self) -> MoodleClient:
        """The administrator's session."""
        return self._admin.site

    def new_site(self) -> MoodleClient:
        """Another session of the administrator's."""
        return self._admin.new_site()

    @classmethod
    def open(
        cls, environment: Environment, run_id: str, workers: int = 1, *, apart: bool = False, crowd: int = 0
    ) -> tuple[SiteReservation, dict[str, Any]]:
        """Removes what dead runs left, and has people ready; returns what `Workspace` takes, in JSON and no secret.

        `apart` when the workers are processes of their own; so many people more make a `crowd`.
        """
        reservation = cls(environment, run_id)
        try:
            reservation._expect_sessions(apart)
            reservation._keep()
            reservation.found += reservation._cleaner.clean_up(
                Journal.left_behind(environment.base_url, run_id), reservation.journal
            )
            reservation._expect_enabled()
            return reservation, reservation._prepare(workers, crowd)
        except BaseException:
            reservation.close()
            raise

    @classmethod
    def restore(cls, environment: Environment) -> CleanUp:
        """Puts back and removes what dead runs left, and nothing else.

        What no note tells of, it looks for on the site itself: a problem is what keeps the plugin from working.
        """
        reservation = cls(environment, f"restore-{secrets.token_hex(3)}")
        with reservation.found.attempt():
            reservation.found.courses += upgrade.remove(reservation._admin, reservation._seal)
        report = reservation.found + reservation.close()
        with report.attempt():
            reservation.site.log_in_again()
            reservation._expect_enabled()
            if empty := [name for name in CHANGED if not plugin_settings(reservation.site).get(name, "").strip()]:
                raise ConfigurationError(
                    f"{', '.join(empty)} not set on {environment.base_url}, and no note says that a run did that. "
                    "Enter it in the plugin's settings (step 2.5)."
                )
        return report

    def _expect_installed(self) -> None:
        if plugin(self.site) is None:
            raise self._unusable("not installed")

    def _expect_enabled(self) -> None:
        """Asked when what dead runs left is put back: one of them may have disabled it."""
        found = plugin(self.site)
        if found is None or not found.enabled:
            raise self._unusable("disabled")

    def _unusable(self, how: str) -> ConfigurationError:
        return ConfigurationError(
            f"The S3 Video plugin is {how} on {self._environment.base_url}. "
            "See Site administration > Plugins > Assignment > Manage assignment submission plugins (step 2.6)."
        )

    def _expect_sessions(self, apart: bool) -> None:
        if apart and self._admin.has_one_session:
            raise ConfigurationError(
                f"{self._environment.base_url} ends a session of an account when others begin (limitconcurrentlogins), "
                "and workers are administrators side by side. Run without -n, or lift the limit under Site "
                "administration > Plugins > Authentication > Manage authentication."
            )

    def _undo(self, note: str) -> None:
        """What a dead run, of whatever machine, noted in its lock.

        What is no note, or somebody has put right, is told. Raises SiteError and Unreachable where the site does not
        let it be undone: then the lock stays, and its note with it.
        """
        try:
            opened = self._seal.opened(note)
            change = Note.parse(opened)
            if change.name == SAVED and Journal(self._environment.base_url, change.run_id).is_dead():
                return  # its journal, which is on this machine, says more
            self._cleaner.undo(opened, self.found)
        except (NoNote, NotOurs, LeftAsItIs) as told:
            self.found.problems.append(str(told))

    def _prepare(self, workers: int, crowd: int) -> dict[str, Any]:
        assert self._lock is not None
        state: dict[str, Any] = {"run_id": self.run_id, "workers": workers, "lock": self._lock.course}
        if self._environment.accounts.given is not None:
            share_given(find_given(self._environment, self._admin.accounts), workers, 0)
            return state
        environment = self._environment
        people, self.taken = prepare(
            self._admin.accounts, self._admin.bucket, workers, lambda: new_site(environment), crowd
        )
        self._folders = [f"videos/{person.id}/" for person in people]
        told = [asdict(person) for person in people]
        own = len(told) - crowd
        return state | {"people": told[:own], "crowd": told[own:]}

    def _keep(self) -> None:
        """The site stays locked until the end, however long that takes."""
        assert self._lock is not None
        self._kept.enter_context(self._lock.kept(Courses(self._admin.new_site()), self.journal.lock))

    def expect_waiting(self, left: upgrade.Left, file: Path) -> None:
        """Raises ConfigurationError where what `file` tells of is no longer there."""
        upgrade.expect_waiting(self._admin, left, file)

    def expect_kept(self) -> None:
        """Raises what kept the site from staying locked."""
        if self._lock is not None:
            self._lock.expect_kept()

    def close(self, *, keep: bool = False) -> CleanUp:
        """Removes what the run created, looks whether it is gone, and gives the site back.

        With `keep` what was created stays until the next run; settings are put back, and the lock goes. While a
        setting cannot be put back the lock stays, because it says which.
        """
        self._kept.close()
        report = CleanUp()
        with report.attempt():
            self.site.log_in_again()
            if keep:
                self._cleaner.restore_settings([self.journal], report)
            else:
                journals = Journal.left_behind(self._environment.base_url, self.run_id)
                report = self._cleaner.clean_up([*journals, self.journal], self.journal)
                with report.attempt():
                    # What a run had sent when it was told to stop, S3 may have been writing when clean-up looked.
                    self._cleaner.delete_objects([*journals, self.journal], report)
                with report.attempt():
                    promised = {entry["key"] for entry in self.journal.entries(PROMISED)}
                    found = [key for folder in self._folders for key in self._admin.bucket.keys(folder)]
                    report.not_promised = [key for key in found if key not in promised]
        with report.attempt():
            if self._lock is not None and not self.journal.entries(SETTING):
                self._lock.release()
                self._lock = None
                self._cleaner.empty_recycle_bin(report)
        if not keep and not report.problems:
            self.journal.remove()
        return report
