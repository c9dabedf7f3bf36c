"""Where two sites differ, and which of that is accepted, with its reason."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

from selftest.fidelity.facts import NOTHING, Facts

ACCEPTED = Path(__file__).with_name("accepted.toml")


@dataclass(frozen=True)
class Difference:
    """`fact` is its name, `site` and `replica` what each has."""

    fact: str
    site: str
    replica: str


@dataclass(frozen=True)
class Accepted:
    """A difference that stays. All of it are patterns as of files, in which * stands for any text.

    `moodle` are the versions of Moodle on which it is seen; none are all.
    """

    fact: str
    reason: str
    site: str = "*"
    replica: str = "*"
    moodle: tuple[str, ...] = ()

    def on(self, moodle: str) -> bool:
        return not self.moodle or moodle in self.moodle

    def covers(self, difference: Difference) -> bool:
        pairs = ((difference.fact, self.fact), (difference.site, self.site), (difference.replica, self.replica))
        return all(_fits(text, pattern) for text, pattern in pairs)


def _fits(text: str, pattern: str) -> bool:
    return fnmatchcase(text, pattern.replace("[", "[[]"))


@dataclass(frozen=True)
class Judged:
    """What came of a comparison of so many facts."""

    facts: int
    unexplained: list[Difference] = field(default_factory=list)
    accepted: list[tuple[Difference, Accepted]] = field(default_factory=list)
    out_of_date: list[Accepted] = field(default_factory=list)

    @property
    def good(self) -> bool:
        return not self.unexplained and not self.out_of_date


def differences(site: Facts, replica: Facts) -> list[Difference]:
    """In the order in which the site was asked; what only the replica has comes last."""
    names = [*site, *(name for name in replica if name not in site)]
    pairs = [Difference(name, site.get(name, NOTHING), replica.get(name, NOTHING)) for name in names]
    return [one for one in pairs if one.site != one.replica]


def judge(site: Facts, replica: Facts, accepted: Iterable[Accepted], moodle: str) -> Judged:
    known = [one for one in accepted if one.on(moodle)]
    judged = Judged(len(site.keys() | replica.keys()))
    used: set[Accepted] = set()
    for difference in differences(site, replica):
        reason = next((one for one in known if one.covers(difference)), None)
        if reason is None:
            judged.unexplained.append(difference)
        else:
            used.add(reason)
            judged.accepted.append((difference, reason))
    judged.out_of_date.extend(one for one in known if one not in used)
    return judged


def read(file: Path = ACCEPTED) -> Sequence[Accepted]:
    """Raises TypeError for an entry with a key that it does not have, or without one that it must have."""
    entries = tomllib.loads(file.read_text(encoding="utf-8")).get("accepted", [])
    return [Accepted(**{**entry, "moodle": tuple(entry.get("moodle", ()))}) for entry in entries]
