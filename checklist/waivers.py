"""Lines of step 2.13 that are lifted for a while: there is no Edge here, or no iPhone. Pure: no files, no clock.

On a test site 2.13.1 to 2.13.6 are required. `[[waived]]` in the environment file names one `line`, the `reason`, the
`owner` who answers for it, and the date on which it `expires`, the last day it holds.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from itertools import groupby
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator

from checklist.known_issues import EXPIRES
from checklist.tables import Table
from checklist.verdicts import REQUIRED_OF_SITES, Entry, Verdict


def _line(line: str) -> str:
    if line not in REQUIRED_OF_SITES:
        raise ValueError(f"{line} needs no waiver: of each site 2.13.1 to 2.13.6 are required, and no other line")
    return line


def _given(text: str) -> str:
    if not text.strip() or not text.isprintable():
        raise ValueError("must say something, in one line")
    return text


def _day(expires: Any) -> Any:
    if not isinstance(expires, date) or isinstance(expires, datetime):
        raise ValueError(EXPIRES)
    return expires


Given = Annotated[str, AfterValidator(_given)]


class Waiver(Table):
    line: Annotated[str, AfterValidator(_line)]
    reason: Given
    owner: Given
    expires: Annotated[date, BeforeValidator(_day)]

    @property
    def note(self) -> dict[str, str]:
        """What `results.json` says of it."""
        return {"line": self.line, "reason": self.reason, "owner": self.owner, "expires": self.expires.isoformat()}

    @property
    def expired(self) -> str:
        """What is said of it when its last day is over."""
        return f"the waiver of {self.line} expired on {self.expires}; test it, or agree on a new date with {self.owner}"


def required(waivers: Iterable[Waiver], today: date) -> set[str]:
    """The lines that are required of a test site on that day."""
    return set(REQUIRED_OF_SITES) - {waiver.line for waiver in waivers if waiver.expires >= today}


def open_waivers(waived: Iterable[Mapping[str, str]], entries: Collection[Entry]) -> list[Mapping[str, str]]:
    """Of waivers in force those without which a line would keep the run from GO."""
    passed = {entry.id for entry in entries if entry.verdict is Verdict.PASSED}
    return [one for one in waived if one["line"] not in passed]


def told(waived: Sequence[Mapping[str, str]], browsers: Mapping[str, str]) -> str:
    """A sentence for those who read a verdict; nothing where nothing is waived. `browsers` are what lines speak of."""

    def by(one: Mapping[str, str]) -> tuple[str, str, str]:
        return one["owner"], one["expires"], one["reason"]

    def named(line: str) -> str:
        return f"{line} ({browsers[line]})" if line in browsers else line

    parts = [
        f"{', '.join(sorted(named(one['line']) for one in ones))} by {owner} until {expires} ({reason})"
        for (owner, expires, reason), ones in groupby(sorted(waived, key=by), by)
    ]
    return f"Waived: {'; '.join(parts)}." if parts else ""
