"""How far a run is: a live line at an interactive terminal, `12/67` at each test in a pipe."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.text import Text

from checklist.history import Past
from checklist.lines import ALL_TARGETS
from checklist.verdicts import Check
from runner.pytest_plugin.compat import stream_of

STYLES = {"green": "green", "red": "red", "yellow": "yellow"}


class Progress:
    """`earlier` are the runs of this environment: the latest one tells how long each line takes."""

    def __init__(self, reporter: Any, earlier: Sequence[Past], *, silent: bool) -> None:
        self.total = 0
        self._reporter = reporter
        self._silent = silent
        self._started = time.monotonic()
        self._begun = 0
        self._now = ""
        self._recorded = {name: line.seconds for name, line in earlier[-1].lines.items()} if earlier else {}
        self._spent = 0.0
        self._live: Live | None = None
        if reporter.isatty and not silent:
            console = Console(file=stream_of(reporter), highlight=False)
            self._live = Live(
                get_renderable=self._line,
                console=console,
                transient=True,
                refresh_per_second=2,
                redirect_stdout=False,
                redirect_stderr=False,
            )
            self._live.start()

    def begin(self, nodeid: str) -> None:
        """A test begins."""
        self._begun += 1
        self._now = called(nodeid)
        if self._live is not None:
            self._live.refresh()
        elif not self._silent:
            self._reporter.write_line(f"{self._begun}/{self.total or '?'} {self._now}")
            self._reporter.flush()

    def say(self, text: str, colour: str = "") -> None:
        """A line of the tick list."""
        if self._silent:
            return
        if self._live is not None:
            self._live.console.print(Text(text, STYLES.get(colour, "")), soft_wrap=True)
        else:
            self._reporter.write_line(text, **({colour: True} if colour else {}))
            self._reporter.flush()

    def judged(self, check: Check) -> None:
        self._spent += self._recorded.pop(f"{check.line} {check.target}", 0.0)
        self._spent += self._recorded.pop(f"{check.line} {ALL_TARGETS}", 0.0)

    def end(self) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None

    def _line(self) -> Text:
        elapsed = time.monotonic() - self._started
        parts = [f"{self._begun}/{self.total or '?'}", self._now, f"{_minutes(elapsed)} so far", self._left(elapsed)]
        return Text("  " + " · ".join(part for part in parts if part), "bold", overflow="ellipsis", no_wrap=True)

    def _left(self, elapsed: float) -> str:
        """By what the lines took the last time, else by the tests so far."""
        if self._spent > 0:
            return f"about {_minutes(sum(self._recorded.values()) * elapsed / self._spent)} left"
        done = self._begun - 1
        return f"about {_minutes(elapsed / done * (self.total - done))} left" if done > 2 and self.total else ""


def _minutes(seconds: float) -> str:
    return f"{seconds / 60:.0f} min" if seconds >= 90 else f"{seconds:.0f} s"


def called(nodeid: str) -> str:
    """A test in words: "2.7 upload, chromium: replacement"."""
    found = re.fullmatch(r".*test_((?:\d|[prtx])(?:_\d+)?)_(\w+)\.py::test_(\w+?)(?:\[(.+)\])?", nodeid)
    if not found:
        return nodeid
    step = ".".join(part.lstrip("0") or "0" for part in found[1].upper().split("_"))
    target = f", {found[4]}" if found[4] else ""
    return f"{step} {found[2].replace('_', ' ')}{target}: {found[3].replace('_', ' ')}"
