"""A setting of the plugin that is wrong for a while, told so that anybody can put it back without knowing it.

One character is replaced by its partner, which is the same change backwards; the note of a change holds no more than
the setting's name and two fingerprints. A number, which is no secret, stands in the note as it is. That the plugin was
disabled needs none: the other way is to enable it; nor does maintenance mode, which is to be ended, nor that texts tell
their identifiers, which is to be switched off. Of settings that
are saved as they stand the journal says what they were, and what the site made of them: they are no secrets.
"""

from __future__ import annotations

import hashlib
import re
import string
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from clients.errors import SiteError
from clients.moodle.client import MoodleClient
from clients.moodle.server import MAINTENANCE_MODE, STRING_IDS, switch_off
from clients.plugin.administration import NotKept, enable_plugin, plugin_settings, save_plugin_settings

SWITCH = "plugin"
"""In place of a setting's name: the plugin itself, which was disabled."""

MAINTENANCE = "maintenance"
"""In place of a setting's name: the site, which lets in administrators alone."""

STRINGS = "strings"
"""In place of a setting's name: the site, which tells texts' identifiers to who asks for them."""

SAVED = "settings"
"""In place of a setting's name: all that are no secrets, which were saved as they stood."""

MEANWHILE = 60
"""Seconds in which a value is put down to a save that had no answer; later somebody may have entered it."""

PLAIN = "="
"""Begins a value that stands in a note as it is, and not its fingerprint."""

CHANGED = ("aws_secret_key", "aws_access_key")
"""The settings that the suite changes by a character, and no others, whatever a note says."""

NUMBERS = ("retention_days", "upload_rate_limit", "playback_rate_limit")
"""The settings whose number the suite changes, and no others."""

_RUN = r"[\w-]{1,40}"

FORM = re.compile(
    rf"({'|'.join(CHANGED)}):({_RUN}):([0-9a-f]{{16}}):([0-9a-f]{{16}})"
    rf"|({'|'.join(NUMBERS)}):({_RUN}):({PLAIN}\d{{1,5}}):({PLAIN}\d{{1,5}})"
    rf"|({SWITCH}|{MAINTENANCE}|{STRINGS}|{SAVED}):({_RUN})::"
)


class NoNote(SiteError):
    """Text that stands where a note should."""


class LeftAsItIs(SiteError):
    """What a run changed and nobody but the site's owner can put right: it is told once."""


class Repaired(LeftAsItIs):
    """Somebody has entered another value since a run changed it; it stays."""


KINDS = (string.ascii_uppercase, string.ascii_lowercase, string.digits, "+/")
PARTNERS = {one: other for kind in KINDS for one, other in zip(kind, reversed(kind), strict=True)}


def altered(text: str) -> str:
    """`text` with its last letter, digit, plus or slash replaced by its partner: `altered(altered(text)) == text`.

    Raises ValueError where there is none.
    """
    place = max((place for place, character in enumerate(text) if character in PARTNERS), default=None)
    if place is None:
        raise ValueError("there is no character in it that could be changed and changed back")
    return text[:place] + PARTNERS[text[place]] + text[place + 1 :]


SIGNS = "/+"
"""What a secret may get at its end for a while: letters and digits alone are not all that AWS gives."""


@dataclass(frozen=True)
class Note:
    """That the setting of this short name, SWITCH, MAINTENANCE, STRINGS or SAVED, was changed by a run; the rest tell
    its values, by fingerprints or behind PLAIN."""

    name: str
    run_id: str
    original: str = ""
    changed: str = ""

    @classmethod
    def parse(cls, text: object) -> Self:
        """Raises NoNote for what no run writes."""
        found = FORM.fullmatch(text) if isinstance(text, str) else None
        if found is None:
            raise NoNote(
                f"“{str(text)[:100]}” is no note of a changed setting. Nothing was done about it: look whether the "
                "plugin is enabled, the site is in maintenance mode, and uploads work."
            )
        return cls(*(part for part in found.groups() if part is not None))

    def __str__(self) -> str:
        return f"{self.name}:{self.run_id}:{self.original}:{self.changed}"

    @classmethod
    def of_number(cls, name: str, run_id: str, original: int, changed: int) -> Self:
        return cls(name, run_id, f"{PLAIN}{original}", f"{PLAIN}{changed}")

    def told(self, value: str) -> str:
        """`value` as this note tells values."""
        return f"{PLAIN}{value.strip()}" if self.original.startswith(PLAIN) else self.fingerprint(value)

    def back(self, changed: str) -> str:
        """What the setting was before it was `changed`."""
        if self.original.startswith(PLAIN):
            return self.original.removeprefix(PLAIN)
        shorter = changed.removesuffix(SIGNS)
        return shorter if self.fingerprint(shorter) == self.original else altered(changed)

    def fingerprint(self, value: str) -> str:
        """64 bits of a hash, of which a key of 40 random characters cannot be told."""
        return _fingerprint(self.run_id, value)


@dataclass(frozen=True)
class Change:
    """A setting by its short name, what it was, and what it is to be for a while."""

    name: str
    original: str = field(repr=False)
    signs: str = ""
    """What is put at its end; nothing where one of its characters is another one for a while."""
    saved: Callable[[], object] = field(default=lambda: None, repr=False, compare=False)
    """To be called when the site has it."""

    @property
    def changed(self) -> str:
        return self.original + self.signs if self.signs else altered(self.original)

    def note(self, run_id: str) -> Note:
        return Note(self.name, run_id, *(_fingerprint(run_id, value) for value in (self.original, self.changed)))


def undo(site: MoodleClient, note: Note, entry: Mapping[str, Any] | None = None) -> bool:
    """Puts back what a run changed; returns whether that was necessary. `entry` is the journal's, with that note.

    Raises Repaired for a value that is neither the original nor what the run wrote, or a setting that is not there, and
    LeftAsItIs for what else is not put back.
    """
    if note.name == SWITCH:
        return enable_plugin(site)
    if note.name == MAINTENANCE:
        return switch_off(site, MAINTENANCE_MODE)
    if note.name == STRINGS:
        return switch_off(site, STRING_IDS)
    if note.name == SAVED:
        return _undo_save(site, note, entry or {})
    stored = plugin_settings(site).get(note.name, "")
    seen = note.told(stored)
    if seen == note.original:
        return False
    if seen == note.changed:
        save_plugin_settings(site, {note.name: note.back(stored)})
        return True
    raise Repaired(
        f"Run {note.run_id} had changed {note.name} on {site.base_url}, and somebody has entered another value since. "
        "It was left as it is: look whether it is what you want."
    )


def _undo_save(site: MoodleClient, note: Note, entry: Mapping[str, Any]) -> bool:
    """Enters again what the site did not keep; a value that it did not make of what it got is somebody's."""
    died = f"Run {note.run_id} ended while it saved the plugin's settings on {site.base_url} as they stood."
    if "was" not in entry:
        raise LeftAsItIs(
            f"{died} What they were is known on the machine where it ran: run pytest --restore there, or look whether "
            "each is what you want."
        )
    now, was = plugin_settings(site), entry["was"]
    others = {name: now[name] for name, value in was.items() if name in now and now[name] != value}
    made = entry.get("made")
    if made is None and 0 <= time.time() - entry.get("at", 0) < MEANWHILE:
        made = others
    if made is None and others:
        told = ", ".join(f"{name} was “{was[name]}” and is “{value}” now" for name, value in others.items())
        raise LeftAsItIs(f"{died} {told}. That was left as it is: look whether it is what you want.")
    lost = {name: was[name] for name, value in others.items() if made is not None and made.get(name) == value}
    if lost:
        try:
            save_plugin_settings(site, lost)
        except NotKept as refused:
            told = ", ".join(f"{name} “{value}”" for name, value in lost.items())
            raise LeftAsItIs(f"{refused} It was {told} before the run saved it: enter that by hand.") from refused
    return bool(lost)


def _fingerprint(salt: str, value: str) -> str:
    return hashlib.sha256(f"{salt} {value}".encode()).hexdigest()[:16]
