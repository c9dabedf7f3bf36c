"""Failures that a team has agreed to live with for a while. Pure: no files, no clock.

`NAME.known-issues.toml`, beside the environment file `NAME.toml`, holds `[[known]]` tables. Each names one `line` and
one `target`, a regular expression that is searched for in the failed check's `message`, the `link` of the issue, its
`owner`, and the date on which it `expires`, the last day it holds.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from checklist.lines import LINES

KEYS = ("line", "target", "message", "link", "owner", "expires")


@dataclass(frozen=True, slots=True)
class KnownIssue:
    line: str
    target: str
    message: re.Pattern[str]
    link: str
    owner: str
    expires: date

    def __str__(self) -> str:
        return f"{self.line} on {self.target} (/{self.message.pattern}/, {self.link}, {self.owner})"

    @property
    def note(self) -> dict[str, str]:
        """What `results.json` says of it: `link`, `owner`, and `expires` as an ISO date."""
        return {"link": self.link, "owner": self.owner, "expires": self.expires.isoformat()}

    def covers(self, line: str, target: str, message: str) -> bool:
        return (line, target) == (self.line, self.target) and self.message.search(message) is not None


def read(text: str, targets: Collection[str], today: date) -> tuple[list[KnownIssue], list[str]]:
    """The issues that hold today, and a sentence for everything in `text` (TOML) that does not.

    `targets` are the names that the environment knows. An entry with a problem excuses nothing.
    """
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        return [], [f"it is not valid TOML: {error}; correct it there"]
    entries = content.pop("known", [])
    if content or not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        return [], ["it must hold [[known]] tables and nothing else; see environments/README.md"]
    issues, problems = [], []
    for number, entry in enumerate(entries, start=1):
        if wrong := list(_problems(entry, targets, today)):
            where = f"{entry.get('line', 'no line')} on {entry.get('target', 'no target')}"
            problems.append(f"entry {number} ({where}): {'; '.join(wrong)}")
        else:
            issues.append(KnownIssue(**{**entry, "message": re.compile(entry["message"])}))
    return issues, problems


def _problems(entry: Mapping[str, Any], targets: Collection[str], today: date) -> Iterator[str]:
    for key in sorted(entry.keys() - set(KEYS)):
        yield f"{key} is not a key here; remove it"
    for key in KEYS[:-1]:
        if not isinstance(value := entry.get(key), str) or not value.strip():
            yield f"{key} is missing; every known issue needs one"
    line, target, link, message = (str(entry.get(key, "")) for key in ("line", "target", "link", "message"))
    if line and line not in LINES:
        yield f"{line} is no line of the checklist; name one line, such as 2.7.5"
    if target and target not in targets:
        yield f"the environment has no target {target}; use one of {', '.join(sorted(targets))}"
    if link.strip() and not re.fullmatch(r"https?://\S+", link):
        yield "link must be the address of the issue, https://…"
    yield from _pattern_problems(message)
    expires = entry.get("expires")
    if not isinstance(expires, date) or isinstance(expires, datetime):
        yield "expires must be a date without quotes, such as 2027-01-31"
    elif expires < today:
        yield f"it expired on {expires}; get it fixed, or agree on a new date with {entry.get('owner') or 'its owner'}"


def _pattern_problems(message: str) -> Iterator[str]:
    try:
        if message.strip() and re.compile(message).search(""):
            yield "message would match every failure; make the pattern name the one it is for"
    except re.error as error:
        yield f"message is no regular expression: {error}"
