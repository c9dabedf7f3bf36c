"""A copy of the project in which acceptance runs of a few lines can be started, stopped and killed."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import shutil
import signal
import struct
import subprocess
import sys
import termios
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from runner.configuration.environment import Environment

PROJECT = Path(__file__).resolve().parents[2]
GO, NO_GO, INTERRUPTED, INTERNAL_ERROR, WRONG, NO_TESTS, OUTAGE, INCOMPLETE = range(8)
"""The exit codes of docs/contract.md, pytest's own among them."""

NOT_INHERITED = ("S3V_", "PYTEST_", "PYTHON", "GITHUB_")
"""How names of variables start that would make a run another one than on a stranger's machine, or news for the job that
tests the suite."""

LIMIT = 300
"""Seconds after which a run that hangs is aborted: its test fails, and its output ends with where every thread was."""

CHECKLIST = """
[[steps]]
id = "2.7"
title = "Three lines"
boxes = ["one", "two", "three"]
"""

FAKE_BROWSER = """
import os
from types import SimpleNamespace
import psutil
import pytest

def die(*_):
    "Killed, and the run's watchdog with it."
    for process in psutil.Process().children():
        process.kill()
    os.kill(os.getpid(), 9)

@pytest.fixture(scope="session")
def browser():
    return SimpleNamespace(version="1.2.3")
"""


def three_lines(
    each: str = "workspace.student(workspace.new_course())", before: str = "pass", after: str = "pass"
) -> str:
    """A test of three lines without a browser: what happens in each, `number` 1 to 3, before and after."""
    return f"""{FAKE_BROWSER}
@pytest.mark.lines("2.7.1", "2.7.2", "2.7.3")
def test_three_lines(workspace, run, environment, line):
    secret = environment.accounts.admin.password.get_secret_value()
    {before}
    for number in (1, 2, 3):
        with line(f"2.7.{{number}}", f"line {{number}}"):
            {each}
    {after}
"""


UPLOADS = """
import pytest

@pytest.mark.lines("2.7.1", "2.7.2", "2.7.3")
def test_upload(student, assignment, clip, network, line):
    with line("2.7.1", "in the form", blocks=True):
        student.log_in_by_form()
        form = student.open(assignment).add_submission()
    with network.slow(1):
        with line("2.7.2", "on its way", blocks=True):
            upload = form.widget.choose(clip.path)
            upload.expect_started()
            upload.expect_sending(lambda: network.sent_to(upload.storage()))
        with line("2.7.3", "there", blocks=True):
            upload.expect_success()
"""
"""A student whose 24 MiB take minutes to go to S3."""


ASKED_ONCE = "from clients import probes\nprobes.PROBES = 1\n"
"""A conftest.py for runs on hosts that are silent to the end: to ask them again takes seconds each time."""


@dataclass(frozen=True)
class Ended:
    code: int
    text: str


class Checkout:
    """`environment` is a replica that stays up, `variables` hold its secrets; runs are pointed at it by files that
    differ from its own."""

    def __init__(self, folder: Path, environment: Environment, variables: dict[str, str]) -> None:
        self.folder = folder
        self.environment = environment
        for room in (
            "checklist",
            "checks",
            "clients",
            "environments",
            "fixtures",
            "media",
            "network",
            "pages",
            "redaction",
            "replica",
            "runner",
        ):
            shutil.copytree(PROJECT / room, folder / room, ignore=shutil.ignore_patterns("__pycache__"))
        for file in ("conftest.py", "pyproject.toml"):
            shutil.copy(PROJECT / file, folder)
        (folder / "checklist" / "checklist.toml").write_text(CHECKLIST, encoding="utf-8")
        (folder / "checklist" / "beyond.toml").write_text("steps = []\n", encoding="utf-8")
        self.reports = folder / "reports"
        self.state = folder / "state"
        self.secrets = {name: value for name, value in variables.items() if name.startswith("S3V_REPLICA_")}

    def file(self, more: str = "", *, first: str = "", **changes: str) -> str:
        """Writes an environment file in which keys have other values, in TOML, and gives the option that names it.

        Of keys with one name it is the first that changes.

        `first` goes before the first table, `more` after the last.
        """
        text = self.environment.file.read_text(encoding="utf-8")
        for key, value in changes.items():
            text, found = re.subn(rf"(?m)^( *{key} = ).*$", rf"\g<1>{value}", text, count=1)
            assert found == 1, key
        file = self.folder / "site.toml"
        file.write_text(f"{first}\n{text}\n{more}", encoding="utf-8")
        return f"--env={file}"

    def tests(self, **modules: str) -> None:
        """Makes these the tests of the copy, `conftest` among them if need be."""
        shutil.rmtree(self.folder / "tests", ignore_errors=True)
        (self.folder / "tests").mkdir()
        for name, text in modules.items():
            (self.folder / "tests" / f"{name}.py").write_text(text, encoding="utf-8")

    @contextmanager
    def started(
        self, *arguments: str, variables: dict[str, str] | None = None, before: Sequence[str] = (), **popen: Any
    ) -> Iterator[subprocess.Popen[str]]:
        """A run that goes on beside the test; its output is at `stdout`. `before` is a command that starts it."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(NOT_INHERITED)}
        process = subprocess.Popen(
            [*before, sys.executable, "-X", "faulthandler", "-m", "pytest", *arguments],
            cwd=self.folder,
            env=inherited | self.secrets | {"XDG_STATE_HOME": str(self.state)} | (variables or {}),
            **{
                "stdin": subprocess.DEVNULL,
                "stdout": subprocess.PIPE,
                "stderr": subprocess.STDOUT,
                "text": True,
                "start_new_session": True,
                **popen,
            },
        )
        watch = threading.Timer(LIMIT, process.send_signal, [signal.SIGABRT])
        watch.start()
        try:
            yield process
        finally:
            watch.cancel()
            process.kill()
            process.wait()

    def run(self, *arguments: str, **options: Any) -> Ended:
        with self.started(*arguments, **options) as process:
            text = process.communicate()[0]
            return Ended(process.returncode, text)

    def run_in_terminal(self, *arguments: str, variables: dict[str, str] | None = None) -> Ended:
        """A run whose output is a terminal of 100 columns; its text has the terminal's commands in it."""
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 100, 0, 0))
        said = bytearray()
        variables = {"TERM": "xterm-256color", **(variables or {})}
        with self.started(*arguments, variables=variables, stdout=theirs, stderr=theirs) as process:
            os.close(theirs)
            with suppress(OSError):  # how the end of a terminal is told
                while some := os.read(ours, 4096):
                    said += some
            os.close(ours)
            process.wait()
        return Ended(process.returncode, said.decode())

    def processes(self) -> list[psutil.Process]:
        """What runs of this copy have started and is still there: every one of them works in its folder."""
        return [process for process in psutil.process_iter() if _works_in(process, self.folder)]


def read_until(process: subprocess.Popen[str], words: str) -> str:
    """What a run prints up to the line with `words`."""
    assert process.stdout is not None
    seen = ""
    for line in process.stdout:
        seen += line
        if words in line:
            return seen
    raise AssertionError(f"the run ended before it said {words!r}:\n{seen}")


def expect(run: Ended, code: int, verdict: str, *words: str) -> None:
    """The run ended with this code and verdict, said these words, and showed no traceback."""
    assert run.code == code, f"exit code {run.code}\n{run.text}"
    told = " ".join(run.text.split())
    assert f" {verdict}: " in f" {told}", run.text
    for word in words:
        assert word in told, run.text
    assert "Traceback" not in run.text, run.text
    assert "INTERNALERROR" not in run.text, run.text


def expect_told(run: Ended, code: int, verdict: str, *words: str) -> None:
    """As `expect`, for runs that end before their tests: the verdict, and a few lines about it."""
    expect(run, code, verdict, *words)
    assert len(run.text.strip().splitlines()) <= 5, run.text


def _works_in(process: psutil.Process, folder: Path) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE and Path(process.cwd()).is_relative_to(folder)
    except psutil.Error:
        return False


def merged(checkout: Checkout, *pieces: Path) -> Ended:
    command = [sys.executable, "-m", "checklist", "merge", *map(str, pieces), "--reports", str(checkout.reports)]
    done = subprocess.run(command, cwd=checkout.folder, capture_output=True, text=True, check=False)
    return Ended(done.returncode, done.stdout + done.stderr)


def pieces_of(checkout: Checkout, *parts: tuple[str, ...], file: str = "") -> list[Path]:
    """The folders of runs with these options each, on the site that the option `file` names."""
    found = []
    for options in parts:
        run = checkout.run(file or checkout.file(), *options)
        assert "PARTIAL: " in run.text, run.text
        found.append((checkout.reports / "latest").resolve())
    return found
