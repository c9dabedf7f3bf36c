"""The plugin's settings: changed for a while, while no other test runs, and put back whatever happens."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from runner.changed_settings import KIND, Change, altered, restore
from runner.workspace import Workspace
from services.moodle.plugin import plugin_settings, save_plugin_settings
from services.secrecy import Secrets


@contextmanager
def on_site(workspace: Workspace, *, alone: bool = False) -> Iterator[None]:
    """A test's time on the site, beside other workers' or `alone`; what a killed test left is put back first."""
    turns = workspace.journal.turns()
    with turns.write_lock() if alone else turns.read_lock():
        if workspace.journal.entries(KIND):
            workspace.log_in()
            restore(workspace.site, workspace.journal)
        yield


class SettingsGuard:
    """Changes settings of the plugin for a while; only for a test that has the site `alone`."""

    def __init__(self, workspace: Workspace, secrets: Secrets) -> None:
        self._workspace = workspace
        self._secrets = secrets

    @contextmanager
    def one_character_off(self, name: str) -> Iterator[Change]:
        """Yields the change to be made, by whatever way, and undoes it at the end.

        Raises OSError when the journal cannot be written; then nothing may be changed, and the body does not run.
        """
        self._workspace.log_in()
        original = plugin_settings(self._workspace.site)[name]
        change = Change(name, original, altered(original))
        self._secrets.add(change.original)
        self._secrets.add(change.changed)
        entry = self._workspace.journal.record(KIND, name=name, original=original, changed=change.changed)
        try:
            yield change
        finally:
            self._workspace.log_in()
            save_plugin_settings(self._workspace.site, {name: original})
            self._workspace.journal.settle(entry)
