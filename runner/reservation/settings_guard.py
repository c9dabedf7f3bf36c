"""The plugin's settings, the plugin itself, and the site's maintenance mode: changed for a while, while no other test
runs, and put back whatever happens.

That it is changed stands in the site's lock and in the journal before it is. A test puts it back when it is done or
fails; for one that is killed the next test of the run does, the end of the run, the next run, or `--restore`, on this
machine or on another.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from checks.credentials import NAMES
from checks.plugin_configuration import Saved, SavedSecret
from clients.errors import NotCheckable
from clients.moodle.model import Settings
from clients.moodle.server import MAINTENANCE_MODE, STRING_IDS, is_on, switch, switch_off
from clients.plugin.administration import enable_plugin, plugin_settings, save_plugin_settings, saved_settings
from clients.steps import step
from redaction.secrets import Secrets
from runner.reservation.changed_settings import (
    MAINTENANCE,
    SAVED,
    SIGNS,
    STRINGS,
    SWITCH,
    Change,
    LeftAsItIs,
    Note,
    undo,
)
from runner.reservation.clean_up import SETTING
from runner.reservation.journal import Entry
from runner.reservation.workspace import Workspace


@contextmanager
def on_site(workspace: Workspace, *, alone: bool = False) -> Iterator[None]:
    """A test's time on the site, beside other workers' or `alone`; what a killed test left is put back first."""
    turns = workspace.journal.turns()
    with turns.write_lock() if alone else turns.read_lock():
        for entry in workspace.journal.entries(SETTING):
            workspace.site.log_in_again()
            with suppress(LeftAsItIs):  # the end of the run tells it
                undo(workspace.site, Note.parse(entry["note"]), entry)
                workspace.note("")
                workspace.journal.settle(entry["id"])
        yield


class SettingsGuard:
    """Changes settings of the plugin for a while, disables it, has the site in maintenance mode, or has it tell where
    texts come from; only for a test that has the site `alone`."""

    def __init__(self, workspace: Workspace, secrets: Secrets) -> None:
        self._workspace = workspace
        self._secrets = secrets

    @contextmanager
    def one_character_off(self, name: str) -> Iterator[Change]:
        """Yields the change to be made, by whatever way, and undoes it at the end. Call its `saved` once it is made:
        what somebody enters after that, in whatever setting, stays.

        Raises Repaired where it is this one, NotCheckable for a setting that config.php defines, OSError when the
        journal cannot be written, SiteError when the lock cannot; then nothing may be changed, and the body does not
        run.
        """
        with self._changed(name) as change:
            yield change

    def saved_with_slash_and_plus(self, name: str) -> SavedSecret:
        """Saves a secret with SIGNS at its end, and puts it back. Raises as `one_character_off` does."""
        with self._changed(name, SIGNS) as change:
            site = self._workspace.site
            step("the administrator", f"Save the setting {name} with a slash and a plus at its end.")
            _, refused = saved_settings(site, {name: change.changed})
            change.saved()
            return SavedSecret(name, plugin_settings(site)[name] == change.changed, refused.get(name, ""))

    @contextmanager
    def _changed(self, name: str, signs: str = "") -> Iterator[Change]:
        site = self._workspace.site
        site.log_in_again()
        before = plugin_settings(site)
        if name in before.forced:
            raise NotCheckable(f"{name} is defined in the site's config.php, so nobody can change it on the site")
        made: list[Settings] = []
        change = Change(name, before[name], signs, saved=lambda: made.append(plugin_settings(site)))
        note = change.note(self._workspace.run_id)
        self._secrets.add(change.original)
        self._secrets.add(change.changed)

        def put_back() -> None:
            """Enters again what is as the save has left it: this setting, and others that the site did not keep."""
            after = plugin_settings(site)
            saved = made[0] if made else after
            ours = {other: value for other, value in before.items() if value != after[other] == saved[other]}
            if ours:
                save_plugin_settings(site, ours)
            if name not in ours:
                undo(site, note)

        with self._noted(note, put_back):
            before |= {other: value for other, value in plugin_settings(site).items() if other != name}
            yield change

    @contextmanager
    def number(self, name: str, wanted: int) -> Iterator[None]:
        """The setting `name`, a number and no secret, is `wanted` in the body, and what it was at its end.

        Nothing is changed where it is that already. Raises NotCheckable for a setting that config.php defines, or that
        is no number; OSError and SiteError as `one_character_off` does.
        """
        site = self._workspace.site
        site.log_in_again()
        before = plugin_settings(site)
        if before[name].strip() == str(wanted):
            yield
            return
        if name in before.forced:
            raise NotCheckable(f"{name} is defined in the site's config.php, so nobody can change it on the site")
        if not (original := before[name].strip()).isdigit():
            raise NotCheckable(f"{name} is “{original}”, which is no number")
        note = Note.of_number(name, self._workspace.run_id, int(original), wanted)
        with self._noted(note, lambda: undo(site, note)):
            step("the administrator", f"Set {name} to {wanted} in the plugin's settings.")
            save_plugin_settings(site, {name: str(wanted)})
            yield

    def saved_as_it_is(self) -> Saved:
        """Saves the settings as they stand, and puts back what the site did not keep.

        Left out are what config.php defines, and the secrets: one that the site spoils could not be put back after a
        kill, as nothing may hold it until then. What somebody else enters meanwhile stays. Raises LeftAsItIs where a
        value cannot be put back; OSError and SiteError as `one_character_off` does.
        """
        site, journal = self._workspace.site, self._workspace.journal
        site.log_in_again()
        note = Note(SAVED, self._workspace.run_id)
        self._workspace.note(str(note))
        before = plugin_settings(site)  # only now: what somebody enters between this and the save would be lost
        left_out = {*before.forced, *before.masked, *NAMES}
        was = {name: value for name, value in before.items() if name not in left_out}
        saving: Entry = {"note": str(note), "was": was, "at": time.time()}
        entry = journal.record(SETTING, **saving)
        with self._put_back(entry, lambda: undo(site, note, saving)):
            after, refused = saved_settings(site, was)
            saving["made"] = {name: after[name] for name, value in was.items() if after.get(name, value) != value}
            journal.record(SETTING, entry, **saving)
        return Saved(before, after, refused)

    @contextmanager
    def plugin_disabled(self) -> Iterator[None]:
        """The plugin may be disabled in the body, by whatever way, and is enabled at its end.

        Raises OSError and SiteError as `one_character_off` does.
        """
        with self._noted(Note(SWITCH, self._workspace.run_id), lambda: enable_plugin(self._workspace.site)):
            yield

    @contextmanager
    def maintenance(self) -> Iterator[None]:
        """The site may be in maintenance mode in the body, by whatever way, and lets everybody in at its end.

        Raises NotCheckable where it is already, by somebody else; OSError and SiteError as `one_character_off` does.
        """
        site = self._workspace.site
        site.log_in_again()
        if is_on(site, MAINTENANCE_MODE):
            raise NotCheckable("the site is in maintenance mode already, and not by this run: end that, and run again")
        with self._noted(Note(MAINTENANCE, self._workspace.run_id), lambda: switch_off(site, MAINTENANCE_MODE)):
            yield

    @contextmanager
    def string_ids(self) -> Iterator[None]:
        """Texts tell their identifiers to who asks for them in the body (`?strings=1`), and not at its end.

        Nothing is changed where they do already. Raises OSError and SiteError as `one_character_off` does.
        """
        site = self._workspace.site
        site.log_in_again()
        if is_on(site, STRING_IDS):
            yield
            return
        with self._noted(Note(STRINGS, self._workspace.run_id), lambda: switch_off(site, STRING_IDS)):
            switch(site, STRING_IDS, on=True)
            yield

    @contextmanager
    def _noted(self, note: Note, put_back: Callable[[], object]) -> Iterator[None]:
        self._workspace.note(str(note))
        entry = self._workspace.journal.record(SETTING, note=str(note))
        with self._put_back(entry, put_back):
            yield

    @contextmanager
    def _put_back(self, entry: str, put_back: Callable[[], object]) -> Iterator[None]:
        try:
            yield
        finally:
            self._workspace.site.log_in_again()
            try:
                put_back()
            except LeftAsItIs:
                self._settle(entry)
                raise
            self._settle(entry)

    def _settle(self, entry: str) -> None:
        self._workspace.note("")
        self._workspace.journal.settle(entry)
