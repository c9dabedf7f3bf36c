"""The plugin's settings: changed for a while, while no other test runs, and put back whatever happens.

The original is in the journal before anything changes. A test puts it back when it is done or fails; for one that
is killed the next test of the run does, the end of the run, the next run, or `--restore`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from runner.journal import Journal
from services.errors import SiteError
from services.moodle.plugin import plugin_settings, save_plugin_settings
from services.moodle.site import Site

if TYPE_CHECKING:
    pass


KIND = "setting"


@dataclass(frozen=True)
class Change:
    """A setting by its short name, what it was, and what it is to be for a while."""

    name: str
    original: str = field(repr=False)
    changed: str = field(repr=False)


def altered(text: str) -> str:
    """`text` with its last character replaced by another of the same kind: digit, capital or small letter."""
    last = text[-1]
    for kind in ("0123456789", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"):
        if last in kind:
            return text[:-1] + kind[kind.index(last) - 1]
    return text[:-1] + ("a" if last != "a" else "b")


def restore(site: Site, journal: Journal) -> list[str]:
    """Puts back the settings that a dead process left changed; returns their names.

    A value that is neither the original nor what that process wrote is somebody's repair: it stays, and a SiteError
    tells of it, once.
    """
    entries = journal.entries(KIND)
    if not entries:
        return []
    stored = plugin_settings(site)
    originals = {entry["name"]: entry["original"] for entry in reversed(entries)}
    ours = {(entry["name"], entry["changed"]) for entry in entries}
    back = {name: original for name, original in originals.items() if (name, stored.get(name)) in ours}
    repaired = [name for name, original in originals.items() if name not in back and stored.get(name) != original]
    if back:
        save_plugin_settings(site, back)
    for entry in entries:
        journal.settle(entry["id"])
    if repaired:
        raise SiteError(
            f"Run {journal.run_id} died while it had changed {', '.join(repaired)} on {site.base_url}, and somebody "
            "has entered another value since. It was left as it is: check that uploads work."
        )
    return list(back)
