from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Account:
    """An account as the site lists it; `name` is the full name that it shows."""

    id: int
    username: str
    email: str = ""
    name: str = ""
    suspended: bool = False


@dataclass(frozen=True, kw_only=True)
class Person(Account):
    """An account whose password the suite knows."""

    password: str = field(repr=False)


@dataclass(frozen=True)
class Course:
    id: int
    name: str
    short_name: str


@dataclass(frozen=True)
class Assignment:
    """`cmid` is the id in `/mod/assign/view.php?id=`, `id` the one the plugin's widget sends, `context` Moodle's."""

    cmid: int
    id: int
    name: str
    course: Course
    context: int


@dataclass(frozen=True)
class Plugin:
    """`name` is what the list of submission plugins calls it."""

    version: str
    enabled: bool
    name: str = ""


class Settings(dict[str, str]):
    """By short name, secrets included; `forced` are those that config.php defines: nobody can change them on the site,
    and a secret among them is not shown.

    `words` are label and description of each, `labels` the label alone, `defaults` what the page gives as the plugin's
    own default. What has lines and is in `one_line` loses them when somebody presses "Save changes". Of `masked` ones
    the page shows no character until somebody asks for it.
    """

    def __init__(
        self,
        values: Mapping[str, str],
        forced: Collection[str] = (),
        words: Mapping[str, str] | None = None,
        defaults: Mapping[str, str] | None = None,
        labels: Mapping[str, str] | None = None,
        one_line: Collection[str] = (),
        masked: Collection[str] = (),
    ) -> None:
        super().__init__(values)
        self.forced = frozenset(forced)
        self.words = dict(words or {})
        self.defaults = dict(defaults or {})
        self.labels = dict(labels or {})
        self.one_line = frozenset(one_line)
        self.masked = frozenset(masked)
