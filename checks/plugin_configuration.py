"""Step 2.5: what the plugin's settings are to be. No message quotes a secret."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bs4 import BeautifulSoup
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from checklist import foreign_files
from checks.message_quality import UNTRANSLATED
from clients.addresses import COMPONENT, SETTINGS
from clients.errors import NotCheckable
from clients.ignored_errors import is_others_notice
from clients.moodle.client import MoodleClient
from clients.moodle.html import text
from clients.moodle.model import Settings

UNITS = {
    "second": r"sec(?:ond|s\b)|sekund|segund|secund",
    "minute": r"minut",
    "hour": r"\bhour|stunde|\bheure|\bhora|\bore\b|\bora\b|\buur\b",
    "day": r"\bdays?\b|\btage?n?\b|\bjours?\b|\bd[ií]as?\b|\bgiorn|\bdagen?\b|\bdaily\b",
    "week": r"\bweek|\bwoche|\bsemaine|\bsemana|\bsettiman|\bweken\b",
    "month": r"\bmonth|\bmonat|\bmois\b|\bmes(?:es)?\b|\bmes[ei]\b|\bmaand",
}
"""How a setting's label says what it counts in: English, German, French, Spanish, Italian, Dutch."""

AUTOMATIC_CLEANUP = re.compile(r"clean.?up|auto.*delet", re.I)
"""In the name of a setting that switches it on; plugin 1.0.0 has none."""

LARGEST_FILE = re.compile(r"max.*(?:size|bytes)|size.*limit", re.I)
FILE_TYPES = re.compile(r"mime|types?\b", re.I)
"""In the names of the settings that the checklist calls Maximum File Size and Allowed MIME Types; 1.0.0 has neither."""

LABELS = {
    "aws_access_key": r"access.*\bid\b",
    "aws_secret_key": r"secret",
    "s3_bucket": r"bucket",
    "s3_region": r"regi[oó]",
    "cloudfront_domain": r"dom[aä]",
    "cloudfront_keypair_id": r"\bpair\b",
    "cloudfront_private_key": r"privat",
    "retention_days": r"retention|\bdays\b",
    "upload_rate_limit": r"upload",
    "playback_rate_limit": r"playback",
}
"""A word of what each setting's label calls it, as the checklist does."""

PHP_NOTICE = re.compile(r"(Notice|Warning|Deprecated): .{0,100}")


class PluginConfiguration:
    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def expect(self, name: str, wanted: object) -> None:
        seen = self._value(name)
        if seen != str(wanted):
            raise AssertionError(f"expected {name} to be {wanted}, seen {seen}")

    def expect_limit(self, name: str, wanted: int) -> None:
        """So many a minute; the message tells what the number that is set counts by, as far as the page says it."""
        seen = self._value(name)
        if seen != str(wanted):
            raise AssertionError(f"expected {name} to be {wanted} a minute, seen {seen}{self._per(name)}")

    def _units(self, name: str) -> list[str]:
        return [one for one, pattern in UNITS.items() if re.search(pattern, self._settings.words.get(name, ""), re.I)]

    def _per(self, name: str) -> str:
        """ " an hour", as the setting's label says; empty where it says none, or several."""
        units = self._units(name)
        return f" {'an' if units[0] == 'hour' else 'a'} {units[0]}" if len(units) == 1 else ""

    def expect_unit(self, name: str, unit: str) -> None:
        """Label and description of the setting say that it counts in that unit, a key of UNITS.

        Raises NotCheckable where they name none that the suite knows.
        """
        words = self._settings.words.get(name, "")
        named = self._units(name)
        if not named:
            raise NotCheckable(
                f"the settings page does not say in words that the suite understands what {name} counts in, seen "
                f"“{words or 'no label'}”; read it, and sign"
            )
        if named != [unit]:
            raise AssertionError(f"expected {name} to count by the {unit}, seen “{words}” on the settings page")

    def expect_switched_on(self, what: str, name: re.Pattern[str]) -> None:
        """The setting that `name` finds is on. Raises NotCheckable where the plugin has no such setting."""
        found = [one for one in self._settings if name.search(one)]
        if not found:
            raise NotCheckable(f"the plugin has no setting for {what}")
        if off := [one for one in found if self._settings[one].strip() not in ("1", "yes", "on")]:
            raise AssertionError(f"expected {what} to be switched on, seen {', '.join(off)} off")

    def expect_size(self, what: str, name: re.Pattern[str], wanted: int) -> None:
        """The setting that `name` finds is that many bytes. The plugin has one: the checklist has it entered."""
        value = self._value(self._named(what, name))
        if value != str(wanted):
            raise AssertionError(f"expected {what} to be {wanted}, seen {value}")

    def expect_choice(self, what: str, name: re.Pattern[str], wanted: str) -> None:
        """The setting that `name` finds holds just these, in any order, between commas."""
        seen, right = (
            {one.strip().lower() for one in re.split(r"[,;\s]+", value) if one.strip()}
            for value in (self._value(self._named(what, name)), wanted)
        )
        if seen != right:
            more = [*(f"no {one}" for one in sorted(right - seen)), *(f"{one} as well" for one in sorted(seen - right))]
            raise AssertionError(f"expected {what} to be {wanted}, seen {', '.join(more)}")

    def _named(self, what: str, name: re.Pattern[str]) -> str:
        found = [one for one in self._settings if name.search(one)]
        if not found:
            raise AssertionError(f"expected a setting for {what}, seen none among the plugin's settings")
        return found[0]

    def expect_apart_from(self, production: Path | None) -> None:
        """Bucket and CDN are others than those of the production site, whose environment file that is.

        A prefix of the site's own would do instead, in a plugin that has a setting for it. Raises NotCheckable where
        there is no such file.
        """
        if production is None:
            raise NotCheckable("name the production site's environment file as production in [decided]")
        try:
            other = tomllib.loads(foreign_files.content(production).decode())
            theirs = {"s3_bucket": other["storage"]["bucket"], "cloudfront_domain": other["cdn"]["domain"]}
        except (OSError, ValueError, LookupError, TypeError) as reason:
            raise NotCheckable(f"decided.production, {production.name}, names no bucket and CDN: {reason}") from reason
        if any("prefix" in name and value.strip() for name, value in self._settings.items()):
            return
        if shared := [f"{name} {value}" for name, value in theirs.items() if self._value(name) == value]:
            raise AssertionError(f"expected resources of the staging site's own, seen production's {', '.join(shared)}")

    def expect_default(self, name: str, wanted: int, per: str = "") -> None:
        """`per` is what a limit counts by, such as "a minute". Raises NotCheckable where the page shows no default."""
        shown = self._settings.defaults.get(name, "")
        if not shown.isdigit():
            raise NotCheckable(f"the settings page shows no default of {name}")
        if shown != str(wanted):
            raise AssertionError(
                f"expected the plugin's own default of {name} to be {f'{wanted} {per}'.strip()}, seen "
                f"{shown}{self._per(name) if per else ''}: a site on which nobody enters a number has this one"
            )

    def expect_label(self, name: str) -> None:
        """The label of the setting calls it what it is, a key of LABELS.

        Raises NotCheckable where it has no word that the suite knows, as in another language.
        """
        label = self._settings.labels.get(name, "")
        named = [one for one, pattern in LABELS.items() if re.search(pattern, label, re.I)]
        if not named:
            raise NotCheckable(
                f"the label of {name} has no word that the suite understands, seen “{label or 'no label'}”; read it, "
                "and sign"
            )
        if name not in named:
            raise AssertionError(f"expected the label of {name} to say what it is, seen “{label}”")

    def expect_masked(self, name: str) -> None:
        """The page shows no character of the setting. Raises NotCheckable for one that config.php defines."""
        if name in self._settings.forced:
            raise NotCheckable(f"{name} is set in config.php, and the settings page shows nothing of it")
        if name not in self._settings.masked:
            raise AssertionError(
                f"expected the settings page to mask {name}, seen its field show it to whoever looks at the screen"
            )

    def expect_labels(self) -> None:
        """Each setting has a label that no other one has."""
        names: dict[str, list[str]] = {}
        for name in self._settings:
            names.setdefault(self._settings.labels.get(name, ""), []).append(name)
        if wrong := [f"“{label}” of {' and '.join(of)}" for label, of in names.items() if len(of) > 1 or not label]:
            raise AssertionError(f"expected a label of its own for each setting, seen {', '.join(wrong)}")

    def expect_room_for_lines(self, name: str) -> None:
        """A value of several lines keeps them when somebody saves the page: a field of one line drops them."""
        if name in self._settings.one_line:
            raise AssertionError(
                f"expected the field of {name} to take several lines, seen one of a single line: whoever presses Save "
                "changes spoils the value"
            )

    def expect_access_key(self) -> None:
        """20 characters as IAM gives them; the key's id is no secret, presigned forms name it."""
        if not re.fullmatch(r"A[A-Z0-9]{15,127}", self._value("aws_access_key")):
            raise AssertionError("expected aws_access_key to be an access key id, seen something else")

    def expect_secret(self, name: str) -> None:
        if re.search(r"\s", self._value(name)):
            raise AssertionError(f"expected {name} without spaces and line breaks, seen some")

    def expect_private_key(self, name: str) -> None:
        """An RSA key in PEM, without passphrase, that no paste has spoiled."""
        try:
            usable = isinstance(load_pem_private_key(self._value(name).encode(), password=None), RSAPrivateKey)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            usable = False
        if not usable:
            raise AssertionError(f"expected {name} to hold an RSA private key in PEM, seen something else")

    def _value(self, name: str) -> str:
        value = self._settings.get(name, "").strip()
        if name in self._settings.forced and not value.strip("*"):
            raise NotCheckable(f"{name} is set in config.php, which Moodle does not show")
        if not value:
            raise AssertionError(f"expected {name} to be set, seen it empty")
        return value


@dataclass(frozen=True)
class Saved:
    """The settings before and after somebody saved them as they stood, and what the page said against any of them."""

    before: Settings
    after: Settings
    refused: Mapping[str, str]

    def expect_unchanged(self) -> list[str]:
        """None was refused, and each has the value that it had; returns their names."""
        if self.refused:
            told = ", ".join(f"{name} (“{words}”)" for name, words in self.refused.items())
            raise AssertionError(
                f"expected the settings page to take the values that are in force, seen it refuse {told}"
            )
        if changed := [name for name, value in self.before.items() if self.after.get(name) != value]:
            raise AssertionError(
                f"expected every setting to keep its value when the page is saved, seen another one of "
                f"{', '.join(changed)}"
            )
        return [*self.before]


@dataclass(frozen=True)
class SavedSecret:
    """A secret that somebody entered: whether the site has it since, and what the page said against it."""

    name: str
    kept: bool
    refused: str

    def expect_taken(self) -> None:
        if not self.kept:
            seen = f"it refused (“{self.refused}”)" if self.refused else "another one in its place"
            raise AssertionError(f"expected the settings page to take {self.name} with a slash and a plus, seen {seen}")


def expect_quiet_page(site: MoodleClient) -> None:
    """The page of the settings opens without a word of complaint, in finished texts."""
    page: BeautifulSoup = site.open("Opening the plugin's settings", SETTINGS, section=COMPONENT)
    boxes = page.select(".alert-danger, .alert-warning, .errorbox, .debuggingmessage, .error, .notifytiny")
    if said := [text(box) for box in boxes if text(box) and not is_others_notice(text(box))]:
        raise AssertionError(f"expected no error message on the settings page, seen “{said[0][:200]}”")
    if found := UNTRANSLATED.search(text(page.body)) or PHP_NOTICE.search(text(page.body)):
        raise AssertionError(f"expected finished texts on the settings page, seen {found.group()}")
