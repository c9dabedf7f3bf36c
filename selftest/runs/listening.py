"""Programs that listen at a port of loopback while a test goes on, and the Chromium that they drive."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from selenium.webdriver.common.utils import is_connectable
from tenacity import Retrying, retry_if_result, stop_after_delay, wait_fixed

Binary = tuple[str, list[str]]
"""A Chromium's path, and its arguments."""


@contextmanager
def listening(port: int, *command: str) -> Iterator[str]:
    """A program that listens at a port of loopback; gives its address."""
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as program:
        up = Retrying(stop=stop_after_delay(15), wait=wait_fixed(0.1), retry=retry_if_result(lambda there: not there))
        try:
            up(is_connectable, port, "127.0.0.1")
            yield f"http://127.0.0.1:{port}"
        finally:
            program.terminate()
