"""What is known of a run so far: every part of the run adds to it, and the results are made of it."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from checklist.decide import Conditions
from checklist.known_issues import KnownIssue
from checklist.verdicts import Check, TargetState
from runner.environment import Environment
from runner.hold import Hold
from runner.options import is_narrowed, place_reports
from services.secrecy import Secrets


@dataclass
class State:
    """`code` is pytest's exit code, or that of a run that ends before its tests; None while neither is known.

    `misconfigured`, `outage` and `broke`, what nobody foresaw, are reasons, empty when there is none. Each of
    `problems` keeps the run from GO, `notes` do not. `broken` are tests that failed outside their lines; `tried` the
    lines that the environment lets a run try, where it does not let all.
    """

    run_id: str
    started: datetime
    environment_name: str
    folder: Path
    partial: bool
    strict: bool = False
    code: int | None = None
    misconfigured: str = ""
    outage: str = ""
    broke: str = ""
    interrupted: bool = False
    stopped: bool = False
    environment: Environment | None = None
    hold: Hold | None = None
    secrets: Secrets | None = None
    versions: dict[str, str] = field(default_factory=dict)
    tested: dict[str, str] = field(default_factory=dict)
    tried: set[str] | None = None
    tests: dict[str, list[str]] = field(default_factory=dict)
    targets: list[TargetState] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)
    known: list[KnownIssue] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @classmethod
    def begin(cls, config: pytest.Config) -> State:
        """A run with a name and a folder of its own. Raises UsageError when it has no place for its reports."""
        started, environment = datetime.now(UTC), config.option.env
        folder = place_reports(config, f"{started:%Y%m%dT%H%M%SZ}-{Path(environment).stem}")
        run_id = f"{started:%m%d%H%M}{secrets.token_hex(2)}"
        return cls(run_id, started, environment, folder, is_narrowed(config), bool(config.getini("strict")))

    @property
    def environment_stem(self) -> str:
        """The environment's name in reports."""
        return Path(self.environment_name).stem

    @property
    def conditions(self) -> Conditions:
        return Conditions(
            self.code or 0,
            self.partial,
            self.outage,
            self.misconfigured,
            tuple(self.problems),
            tuple(self.broken),
            strict=self.strict,
        )

    def cannot_write(self, error: OSError) -> None:
        """A file or folder that the run needs is full or locked; that is for its user to mend."""
        where = error.filename or self.folder
        self.misconfigured = f"{where} cannot be written ({error.strerror}). Free or unlock it, and run again."
