"""What is known of a run so far: every part of the run adds to it, and the results are made of it."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import tempfile
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
from platformdirs import user_state_path

from checklist.decide import Conditions
from checklist.known_issues import KnownIssue
from checklist.verdicts import Check, TargetState
from checklist.waivers import Waiver
from redaction.secrets import Secrets
from runner.configuration.environment import Environment
from runner.pytest_plugin.options import is_narrowed, place_reports, unredacted
from runner.reservation.reservation import SiteReservation

TWO_DAYS = 2 * 24 * 3600


@dataclass
class State:
    """`code` is pytest's exit code, or that of a run that ends before its tests; None while neither is known.

    `misconfigured`, `outage` and `broke`, what nobody foresaw, are reasons, empty when there is none. Each of
    `problems` keeps the run from GO, `notes` do not. `broken` are tests that failed outside their lines; `tried` the
    lines that the environment lets a run try, where it does not let all. A run that `diagnosed` has no verdict.
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
    diagnosed: bool = False
    upgrade_judged: bool = False
    environment: Environment | None = None
    reservation: SiteReservation | None = None
    secrets: Secrets | None = None
    versions: dict[str, str] = field(default_factory=dict)
    tested: dict[str, str] = field(default_factory=dict)
    tried: set[str] | None = None
    tests: dict[str, list[str]] = field(default_factory=dict)
    targets: list[TargetState] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)
    known: list[KnownIssue] = field(default_factory=list)
    waived: list[Waiver] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @classmethod
    def begin(cls, config: pytest.Config) -> State:
        """A run with a name and a folder of its own. Raises UsageError when it has no place for its reports."""
        started, environment = datetime.now(UTC), config.option.env
        folder = place_reports(config, f"{started:%Y%m%dT%H%M%SZ}-{_stem(environment)}")
        _forget_old_artifacts(unredacted(folder).parent)
        run_id = f"{started:%m%d%H%M}{secrets.token_hex(2)}"
        return cls(run_id, started, environment, folder, is_narrowed(config), bool(config.getini("strict")))

    @property
    def environment_stem(self) -> str:
        """The environment's name in reports."""
        return _stem(self.environment_name)

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
        where = Path(error.filename or self._full() or self.folder)
        remedy = "Free or unlock it, and run again."
        if where.is_relative_to(user_state_path()):
            remedy = "Free or unlock it, or name another folder in XDG_STATE_HOME, and run again."
        elif where.is_relative_to(self.folder.parent):
            remedy = "Free or unlock it, or name another folder by --reports=FOLDER, and run again."
        elif where.is_relative_to(tempfile.gettempdir()):
            remedy = "Free or unlock it, or name another folder in TMPDIR, and run again."
        if named := next((name for name, value in os.environ.items() if value == str(where)), ""):
            remedy = f"Free or unlock it, or name another one in {named}, and run again."
        self.misconfigured = f"{where} cannot be written ({error.strerror or error}). {remedy}"

    def _full(self) -> str:
        """Which of the folders that a run writes to has no room; an error of a full disk often names no file."""
        folders = (str(self.folder), tempfile.gettempdir(), str(user_state_path()))
        return next((folder for folder in folders if Path(folder).exists() and not _has_room(folder)), "")


def _forget_old_artifacts(folder: Path) -> None:
    """Traces of runs that were killed; nobody has redacted them."""
    for old in folder.glob("*"):
        if time.time() - old.stat().st_mtime > TWO_DAYS:
            shutil.rmtree(old, ignore_errors=True)


def _has_room(folder: str) -> bool:
    try:
        return shutil.disk_usage(folder).free > 1024**2
    except OSError:
        return False


def _stem(environment: str) -> str:
    """What of an environment's name, which may be any path, can be part of a file's name, and be printed."""
    return re.sub(r"[^\w.-]+", "_", Path(environment).stem)[:60] or "environment"
