import os
import signal
from threading import current_thread, main_thread
from typing import NoReturn

import pytest


def _end(*_: object) -> NoReturn:
    os.write(2, b"INTERRUPTED before anything was begun\n")
    os._exit(2)


if current_thread() is main_thread() and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    signal.signal(signal.SIGINT, _end)  # what is imported below takes seconds, and Python would show where it was

pytest_plugins = [
    "runner.pytest_plugin.options",
    "runner.pytest_plugin.browser_restart",
    "runner.pytest_plugin.lines",
    "runner.pytest_plugin.plugin",
    "fixtures.run",
    "fixtures.browsers",
    "fixtures.people",
    "fixtures.webdriver",
    "fixtures.data",
    "fixtures.access",
    "fixtures.set_up",
    "fixtures.visitors",
    "fixtures.rush",
    "fixtures.upgrade",
]


@pytest.hookimpl(tryfirst=True)
def pytest_configure() -> None:
    if signal.getsignal(signal.SIGINT) is _end:
        signal.signal(signal.SIGINT, signal.default_int_handler)
