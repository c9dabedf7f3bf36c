"""A run of the suite, of this checkout or another, that runs one test after the other as it is told."""

from __future__ import annotations

import json
import os
import select
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Collection, Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any

INSIDE = Path(__file__).parent / "inside"

TO_START = 3600
TO_END = 1200
"""Seconds: a run waits for its turn and looks over the whole site before its first test, and cleans up after its
last."""


class SuiteDied(Exception):
    """The run has ended, or did not answer in time; the message is what it said last."""


class Suite:
    """`folder` is the checkout, `environment` the environment file, `wrap` a command that is to start it."""

    def __init__(self, folder: Path, environment: Path, reports: Path, wrap: str = "") -> None:
        self._folder = folder
        self._environment = environment
        self._reports = reports
        self._wrap = wrap
        self._process: subprocess.Popen[bytes] | None = None
        self._buffer = b""
        self.lines: dict[str, list[str]] = {}
        """The tests, and the lines that each judges."""
        self.stopped = ""
        """Why the run takes no further test."""

    def __enter__(self) -> Suite:
        self._reports.mkdir(parents=True)
        orders, told = self._reports / "orders", self._reports / "told"
        for fifo in (orders, told):
            os.mkfifo(fifo, 0o600)
        command = [
            *(
                *shlex.split(self._wrap),
                sys.executable,
                "-m",
                "pytest",
                "-p",
                "mutants_inside",
                "-p",
                "no:cacheprovider",
            ),
            *(f"--orders={orders}", f"--told={told}", f"--reports={self._reports / 'runs'}", "--browser=chromium"),
            *(f"--env={self._environment}", "--tracing=off", "--video=off", "--screenshot=off"),
        ]
        own = {"PYTHONPATH": str(INSIDE), "XDG_STATE_HOME": str(self._reports.parent / "journals")}
        with (self._reports / "pytest.log").open("wb") as log:
            self._process = subprocess.Popen(
                command,
                cwd=self._folder,
                env={**os.environ, **own, "GITHUB_STEP_SUMMARY": ""},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._told = os.open(told, os.O_RDONLY | os.O_NONBLOCK)
        # Opened for both, it waits for no reader; a run whose driver dies still sees its end.
        self._orders = os.fdopen(os.open(orders, os.O_RDWR), "w", encoding="utf-8")
        try:
            self.lines = self._answer(TO_START)["tests"]
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        """The plugin must be the original by now: the run cleans up."""
        process = self._process
        assert process is not None
        print(json.dumps({"test": ""}), file=self._orders, flush=True)
        self._orders.close()
        for how, patience in ((None, TO_END if self.lines else 1), (signal.SIGTERM, 60), (signal.SIGKILL, 10)):
            if how is not None:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, how)
            with suppress(subprocess.TimeoutExpired):
                process.wait(patience)
                break
        os.close(self._told)

    def kill(self) -> None:
        """What hangs cleans nothing up; the next run does."""
        assert self._process is not None
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)

    def run(
        self, test: str, *, known: Collection[str], wanted: Collection[str] | None, fresh: bool, seconds: float
    ) -> Mapping[str, Any]:
        """What a test comes to. It ends with the first failure of a line that is not `known`, and one of `wanted`."""
        order = {"test": test, "known": sorted(known), "fresh": fresh}
        order["wanted"] = None if wanted is None else sorted(wanted)
        print(json.dumps(order), file=self._orders, flush=True)
        answer = self._answer(seconds)
        self.stopped = answer["stopped"] or ("its slots are used up" if not answer["left"] else "")
        return answer

    def _answer(self, seconds: float) -> dict[str, Any]:
        assert self._process is not None
        end = time.monotonic() + seconds
        while b"\n" not in self._buffer:
            ready, _, _ = select.select([self._told], [], [], 0.5)
            part = os.read(self._told, 65536) if ready else b""
            self._buffer += part
            if not part and self._process.poll() is not None:
                raise SuiteDied(self._end_of_log())
            if not part and time.monotonic() > end:
                raise SuiteDied(f"no answer within {seconds:.0f} s")
            if ready and not part:  # nobody has opened the other end yet
                select.select([], [], [], 0.1)
        line, _, self._buffer = self._buffer.partition(b"\n")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _end_of_log(self) -> str:
        log = self._reports / "pytest.log"
        return " | ".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-8:])
