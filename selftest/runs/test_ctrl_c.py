"""Ctrl-C arrives between any two instructions, those without a line among them."""

import subprocess
import sys
from types import FrameType, TracebackType
from typing import Any, cast

import pytest

from runner.configuration.replica import CHECKOUT
from runner.pytest_plugin.compat import end_fixtures, leave_out_frames_without_a_line


def a_frame() -> FrameType:
    try:
        return sys._getframe()
    finally:
        pass


def test_ctrl_c_in_a_frame_without_a_line_can_be_shown() -> None:
    frame = a_frame()
    nowhere = next(start for start, _, line in frame.f_code.co_lines() if line is None)
    try:
        raise KeyboardInterrupt
    except KeyboardInterrupt as interrupt:
        between = TracebackType(interrupt.__traceback__, frame, nowhere, -1)
        excinfo = pytest.ExceptionInfo.from_exception(interrupt.with_traceback(between))
    leave_out_frames_without_a_line(excinfo)
    assert "KeyboardInterrupt" in str(excinfo.getrepr(funcargs=True))


class Torn:
    """A session whose fixtures end with these errors, as one that is told to stop again meanwhile."""

    def __init__(self, *errors: BaseException) -> None:
        self._setupstate = self
        self._errors = errors

    def teardown_exact(self, nextitem: None) -> None:
        raise BaseExceptionGroup("errors while tearing down", self._errors)


def test_ctrl_c_again_while_fixtures_end_is_nothing_but_that() -> None:
    end_fixtures(cast(Any, Torn(KeyError("a callback"), ValueError())))
    with pytest.raises(KeyboardInterrupt):
        end_fixtures(cast(Any, Torn(KeyError("a callback"), KeyboardInterrupt())))


def test_ctrl_c_while_the_suite_is_imported_shows_no_traceback() -> None:
    script = "import os, signal, conftest; os.kill(os.getpid(), signal.SIGINT)"
    done = subprocess.run([sys.executable, "-c", script], cwd=CHECKOUT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (2, "INTERRUPTED before anything was begun\n")
