"""What a fault was expected to do, what it did, and what that proves. Pure: no pytest, no replica, no network."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import cache
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field

from checklist.lines import CONSOLES, LINES
from checklist.tables import UNKNOWN_KEY, Mistake, Mistakes, Table, validated
from checklist.verdicts import Check, Verdict
from runner.configuration.replica import CHECKOUT
from selftest.texts import not_for_people

ENGINES = ("chromium", "firefox", "webkit", "webkitgtk", "msedge")
"""In what the proof can be made: engines, and channels that are installed. WebDriver drives WebKitGTK."""
GREEN = (Verdict.PASSED, Verdict.NOT_CHECKABLE, Verdict.ADVICE)


ANYWHERE = frozenset({CONSOLES})
"""Lines that any fault may turn red: what goes wrong on a page often shows on a console as well."""


class ExpectationError(Exception):
    """`faults.toml` cannot be used; the message says what to change."""


def _some(lines: tuple[str, ...]) -> tuple[str, ...]:
    if not lines:
        raise ValueError("lines is missing: which of them must fail?")
    return lines


def _one_of(known: Collection[str], what: str) -> AfterValidator:
    def check(name: str) -> str:
        if name not in known:
            raise ValueError(f"{name} is no {what}")
        return name

    return AfterValidator(check)


def _symptom(text: str) -> re.Pattern[str]:
    try:
        pattern = re.compile(text, re.I)
    except re.error as error:
        raise ValueError(f"symptom is no regular expression: {error}") from None
    if pattern.search(""):
        raise ValueError("symptom is missing or matches every message")
    return pattern


Lines = tuple[Annotated[str, _one_of(LINES, "line of the checklist")], ...]


class Expected(Table):
    """At least one of `lines` fails with a message that `symptom` matches; lines in `also` may fail with them.

    `test` is the one that has to notice, or empty for all that judge `lines`; `alone` keeps the fault from being on
    together with others, which it would hide; `engines` are those whose proof includes it.
    """

    lines: Annotated[Lines, AfterValidator(_some)] = Field((), validate_default=True)
    symptom: Annotated[re.Pattern[str], BeforeValidator(_symptom)] = Field("", validate_default=True)
    test: str = ""
    also: Lines = ()
    alone: bool = False
    engines: tuple[Annotated[str, _one_of(ENGINES, "engine")], ...] = ("chromium",)


class Expectation(Expected):
    """What is expected of a `fault`, by its name."""

    fault: str

    @property
    def allowed(self) -> set[str]:
        """The lines that may fail."""
        return {*self.lines, *self.also}

    @property
    def needs_happy_path(self) -> bool:
        """Whether people at a browser might notice too: not what is judged once a run, by a test of its own."""
        return any(not LINES[line].of_no_target and not LINES[line].on_one_target for line in self.lines)


@dataclass
class Ran:
    """What a test came to. `broken` are failures outside its lines, with the reason."""

    checks: list[Check] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    seconds: float = 0.0


@dataclass
class Round:
    """What ran while faults were on, by the name of the test."""

    tests: dict[str, Ran] = field(default_factory=dict)

    @property
    def checks(self) -> list[Check]:
        return [check for ran in self.tests.values() for check in ran.checks]

    @property
    def broken(self) -> list[str]:
        return [reason for ran in self.tests.values() for reason in ran.broken]

    @property
    def seconds(self) -> float:
        return round(sum(ran.seconds for ran in self.tests.values()), 1)

    def of(self, tests: Collection[str], but: Collection[str] = ()) -> Round:
        """The part that these tests have in it, without what they say of the lines in `but`."""

        def rest(ran: Ran) -> Ran:
            return replace(ran, checks=[check for check in ran.checks if check.line not in but])

        return Round({name: rest(ran) for name, ran in self.tests.items() if name in tests})

    def failed(self) -> list[Check]:
        return [check for check in self.checks if check.verdict is Verdict.FAILED]

    def to_json(self, name: str) -> str:
        """One line, which `from_json` reads."""
        return json.dumps([name, asdict(self)["tests"]])

    @staticmethod
    def from_json(text: str) -> tuple[str, Round]:
        name, tests = json.loads(text)
        read = {test: [Check.from_json(check) for check in ran["checks"]] for test, ran in tests.items()}
        return name, Round({test: Ran(**{**ran, "checks": read[test]}) for test, ran in tests.items()})


@dataclass(frozen=True, slots=True)
class Outcome:
    """`caught_by` are failures that name the symptom in words, `off_target` those of expected lines that do not."""

    fault: str
    caught_by: tuple[Check, ...]
    off_target: tuple[Check, ...]
    collateral: tuple[Check, ...]
    not_run: tuple[str, ...]
    broken: tuple[str, ...]
    seconds: float


def read(text: str) -> dict[str, Expectation]:
    """Expectations by fault, in the order of `faults.toml`. Raises ExpectationError unless each fault has one."""
    entries: Mapping[str, Mapping[str, Any]] = tomllib.loads(text)
    problems = []
    expected = {}
    for name, entry in entries.items():
        try:
            table = validated(Expected, entry.get("expected", {}))
            expected[name] = Expectation.model_construct(fault=name, **dict(table))
        except Mistakes as mistakes:
            problems += sorted(f"{name}: {_sentence(mistake)}" for mistake in mistakes.found)
    if problems:
        raise ExpectationError("faults.toml:\n  " + "\n  ".join(problems))
    return expected


@cache
def expectations() -> Mapping[str, Expectation]:
    """What is expected of each fault of the replica."""
    return read((CHECKOUT / "replica/faults.toml").read_text(encoding="utf-8"))


def _sentence(mistake: Mistake) -> str:
    if mistake.kind == UNKNOWN_KEY:
        return f"{mistake.key} is not a key here"
    return mistake.said if mistake.kind == "value_error" else f"{mistake.place}: {mistake.said}"


def judge(expectation: Expectation, round_: Round) -> Outcome:
    """Compare what failed with what had to."""
    named = [check for check in round_.failed() if check.line in expectation.lines]

    def tells(check: Check) -> bool:
        return bool(expectation.symptom.search(check.message)) and not not_for_people(check.message)

    ran = {check.line for check in round_.checks if check.verdict in (*GREEN, Verdict.FAILED)}
    return Outcome(
        expectation.fault,
        tuple(check for check in named if tells(check)),
        tuple(check for check in named if not tells(check)),
        tuple(check for check in round_.failed() if check.line not in expectation.allowed | ANYWHERE),
        tuple(line.id for line in LINES.values() if line.judged and line.id not in ran),
        tuple(round_.broken),
        round_.seconds,
    )


def void_because(clean: Round) -> list[str]:
    """Why the proof proves nothing: what was not green in a round without a fault."""
    reasons = [
        f"{check.line} ({check.title}) {check.verdict}: {check.message}"
        for check in clean.checks
        if check.verdict not in GREEN
    ]
    return [f"without a fault: {reason}" for reason in (*reasons, *clean.broken)]
