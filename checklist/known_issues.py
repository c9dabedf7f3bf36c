"""Failures that a team has agreed to live with for a while. Pure: no files, no clock.

`NAME.known-issues.toml`, beside the environment file `NAME.toml`, holds `[[known]]` tables. Each names one `line` and
one `target`, a regular expression that is searched for in the failed check's `message`, the `link` of the issue, its
`owner`, and the date on which it `expires`, the last day it holds.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, ValidationInfo

from checklist.lines import ALL_TARGETS, LINES
from checklist.patterns import Pattern, PatternError
from checklist.tables import UNKNOWN_KEY, Mistake, Mistakes, Table, validated

MISSING = " is missing; every known issue needs one"

EXPIRES = "expires must be a date without quotes, such as 2027-01-31"


@dataclass(frozen=True, slots=True)
class _Now:
    """What validators compare with: the targets that the environment knows, and the date."""

    targets: Collection[str]
    today: date


def _given(value: object, info: ValidationInfo) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{info.field_name}{MISSING}")
    return value


def _line(line: object, info: ValidationInfo) -> object:
    return _one_of(LINES, line, info, f"{line} is no line of the checklist; name one line, such as 2.7.5")


def _target(target: object, info: ValidationInfo[_Now]) -> object:
    line = LINES.get(str(info.data.get("line")))
    known = [ALL_TARGETS] if line and line.of_no_target else info.context.targets
    return _one_of(
        known, target, info, f"the environment has no target {target}; use one of {', '.join(sorted(known))}"
    )


def _one_of(known: Collection[str], name: object, info: ValidationInfo, otherwise: str) -> object:
    """A name without quotes, such as 2.7, is missing, and says as well what it was taken for."""
    given = isinstance(name, str) and name.strip()
    wrong = [] if given else [f"{info.field_name}{MISSING}"]
    if str(name) and str(name) not in known:
        wrong.append(otherwise)
    if wrong:
        raise ValueError("; ".join(wrong))
    return name


def _pattern(message: str) -> Pattern:
    try:
        return Pattern.of(message)
    except PatternError as wrong:
        raise ValueError(f"message {wrong}") from None


def _address(link: str) -> str:
    if not re.fullmatch(r"https?://\S+", link):
        raise ValueError("link must be the address of the issue, https://…")
    return link


def _last_day(expires: object, info: ValidationInfo[_Now]) -> date:
    if not isinstance(expires, date) or isinstance(expires, datetime):
        raise ValueError(EXPIRES)
    if expires < info.context.today:
        owner = info.data.get("owner", "its owner")
        raise ValueError(f"it expired on {expires}; get it fixed, or agree on a new date with {owner}")
    return expires


Given = Annotated[str, BeforeValidator(_given)]


class KnownIssue(Table):
    line: Annotated[str, BeforeValidator(_line)]
    target: Annotated[str, BeforeValidator(_target)]
    message: Annotated[Pattern, BeforeValidator(_pattern), BeforeValidator(_given)]
    link: Annotated[Given, AfterValidator(_address)]
    owner: Given
    expires: Annotated[date, BeforeValidator(_last_day)]

    def __str__(self) -> str:
        return f"{self.line} on {self.target} (/{self.message.pattern}/, {self.link}, {self.owner})"

    @property
    def note(self) -> dict[str, str]:
        """What `results.json` says of it: `link`, `owner`, and `expires` as an ISO date."""
        return {"link": self.link, "owner": self.owner, "expires": self.expires.isoformat()}

    @property
    def not_met(self) -> str:
        """What is said of it when its failure is gone."""
        return f"known issue {self} was not met: take it out"

    @property
    def covered(self) -> dict[str, str]:
        """Which failures it is for: `line`, `target`, and `message`, a pattern."""
        return {"line": self.line, "target": self.target, "message": self.message.pattern}

    def covers(self, line: str, target: str, message: str) -> bool:
        return (line, target) == (self.line, self.target) and self.message.search(message)


def from_results(tables: Collection[Mapping[str, str]], day: date) -> list[KnownIssue]:
    """The issues that a `results.json` of that day names. Raises Mistakes, KeyError, ValueError."""
    now = _Now([table["target"] for table in tables], day)
    return [validated(KnownIssue, {**table, "expires": date.fromisoformat(table["expires"])}, now) for table in tables]


def read(text: str, targets: Collection[str], today: date) -> tuple[list[KnownIssue], list[str]]:
    """The issues that hold today, and a sentence for everything in `text` (TOML) that does not.

    `targets` are the names that the environment knows. An entry with a problem excuses nothing.
    """
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        return [], [f"it is not valid TOML: {error}; correct it there"]
    except RecursionError:
        return [], ["it is nested too deeply; it must hold [[known]] tables and nothing else"]
    entries = content.pop("known", [])
    if content or not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        return [], ["it must hold [[known]] tables and nothing else; see docs/environments.md"]
    issues, problems = [], []
    for number, entry in enumerate(entries, start=1):
        try:
            issues.append(validated(KnownIssue, entry, _Now(targets, today)))
        except Mistakes as mistakes:
            where = f"{entry.get('line', 'no line')} on {entry.get('target', 'no target')}"
            found = sorted(mistakes.found, key=lambda mistake: mistake.kind != UNKNOWN_KEY)
            problems.append(f"entry {number} ({where}): {'; '.join(map(_sentence, found))}")
    return issues, problems


def _sentence(mistake: Mistake) -> str:
    if mistake.kind == UNKNOWN_KEY:
        return f"{mistake.key} is not a key here; remove it"
    if mistake.kind == "missing":
        return EXPIRES if mistake.key == "expires" else f"{mistake.key}{MISSING}"
    return mistake.said
