"""A stand-in for a driver of WebDriver, at which a file is chosen."""

from __future__ import annotations

from contextlib import ExitStack
from http.server import ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from pages.base import Moodle
from pages.webdriver.tab import Tab
from pages.webdriver.upload import WidgetByWebDriver
from runner.configuration.webdriver import session
from selftest.unit.environment_files import LoadSite


def choose_at(
    server: ThreadingHTTPServer, file: Path, opened: ExitStack, monkeypatch: pytest.MonkeyPatch, load_site: LoadSite
) -> None:
    """The server is up until `opened` ends, and the driver of a target whose form is given `file`."""
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    opened.callback(thread.join)
    opened.callback(server.server_close)
    opened.callback(server.shutdown)
    monkeypatch.setenv("S3V_PHONE", f"http://127.0.0.1:{server.server_port}")
    site = load_site(end='[[targets]]\nname = "phone"\nengine = "webkit"\nwebdriver = "S3V_PHONE"\nreal = "Our phone"')
    tab = Tab(opened.enter_context(session(site.target("phone"))), 1)
    WidgetByWebDriver(tab, Moodle("https://moodle.test", 1, 1, 1), lambda _: None).choose(file)
