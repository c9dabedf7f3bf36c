"""Ctrl-C arrives between any two instructions, those without a line among them."""

import sys
from types import FrameType, TracebackType

import pytest

from runner.pytest_plugin.compat import leave_out_frames_without_a_line


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
