"""Step 2.13 over a Selenium Grid of two nodes, where there is a program `selenium-server`: docs/scale.md says how.

One node has Chromium, the other one passes on to WebKitGTK's driver, as nodes do to Appium's.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import requests
from selenium.webdriver.common.utils import free_port
from tenacity import Retrying, retry_if_exception_type, retry_if_result, stop_after_delay, wait_fixed

from checklist.results import FILE, RUN
from runner.configuration.webdriver import INSTALLED, started_driver
from selftest.runs.checkout import GO, PROJECT, Checkout
from selftest.runs.listening import Binary, listening

PROGRAMS = ("selenium-server", "chromedriver", INSTALLED["webkitgtk"].program, *INSTALLED["webkitgtk"].needs)

HERE, ELSEWHERE = "127.0.0.1", "127.1"
"""The second is the same, and the suite takes it for another machine: so it sends its files."""

UP = 60
"""Seconds that a grid may take to be up."""

PART = """
[server]
host = "{host}"
port = {port}
hub = "http://{host}:{hub}"
[events]
publish = "tcp://{host}:{publish}"
subscribe = "tcp://{host}:{subscribe}"
"""

HUB = "bind = true\n"

CHROMIUM = """
[node]
detect-drivers = false
[[node.driver-configuration]]
display-name = "Chromium"
max-sessions = 2
webdriver-executable = "{driver}"
stereotype = '{{"browserName": "chrome"}}'
"""

RELAY = """
[node]
detect-drivers = false
[relay]
url = "{driver}"
status-endpoint = "/status"
configs = ["1", '{{"browserName": "MiniBrowser"}}']
"""

TARGETS = """
[[targets]]
name = "grid-chromium"
engine = "chromium"
webdriver = "S3V_GRID"
[targets.capabilities]
browserName = "chrome"
acceptInsecureCerts = true # the replica's authority is its own
"goog:chromeOptions" = {{ binary = "{binary}", args = {arguments} }}

[[targets]]
name = "grid-webkitgtk"
engine = "webkit"
channel = "webkitgtk"
webdriver = "S3V_GRID_HERE" # a driver behind a relay takes no copy
[targets.capabilities]
browserName = "MiniBrowser"
acceptInsecureCerts = true
"webkitgtk:browserOptions" = {{ args = ["--automation"] }}
"""

pytestmark = pytest.mark.skipif(not all(map(shutil.which, PROGRAMS)), reason=f"needs {', '.join(PROGRAMS)}")


@pytest.fixture
def grid(tmp_path: Path) -> Iterator[int]:
    """The port of a hub with two nodes, on loopback alone."""
    hub, publish, subscribe = free_port(), free_port(), free_port()
    events = {"publish": publish, "subscribe": subscribe}

    def start(role: str, port: int, more: str) -> None:
        file = tmp_path / f"{role}-{port}.toml"
        file.write_text(PART.format(host=HERE, port=port, hub=hub, **events) + more, encoding="utf-8")
        started.enter_context(listening(port, "selenium-server", role, "--config", str(file)))

    with ExitStack() as started:
        start("hub", hub, HUB)
        start("node", free_port(), CHROMIUM.format(driver=shutil.which("chromedriver")))
        start("node", free_port(), RELAY.format(driver=started.enter_context(started_driver("webkitgtk"))))

        def nodes() -> int:
            return len(requests.get(f"http://{HERE}:{hub}/status", timeout=10).json()["value"]["nodes"])

        retry = retry_if_exception_type(requests.RequestException) | retry_if_result(lambda there: there < 2)
        Retrying(stop=stop_after_delay(UP), wait=wait_fixed(0.5), retry=retry)(nodes)
        yield hub


@pytest.mark.usefixtures("nothing_left")
def test_step_2_13_over_a_grid(checkout: Checkout, grid: int, binary: Binary) -> None:
    shutil.copy(PROJECT / "checklist" / "checklist.toml", checkout.folder / "checklist")
    checkout.tests(test_it=(PROJECT / "tests" / "test_2_13_browsers.py").read_text("utf-8"))
    checkout.secrets |= {"S3V_GRID": f"http://{ELSEWHERE}:{grid}", "S3V_GRID_HERE": f"http://{HERE}:{grid}"}
    path, arguments = binary
    file = checkout.file(TARGETS.format(binary=path, arguments=json.dumps(arguments)))
    chosen = ("--target=grid-chromium", "--target=grid-webkitgtk")
    run = checkout.run(file, "-n", "2", "-k", "not phones", *chosen)
    assert run.code == GO, run.text
    told = RUN.validate_json(((checkout.reports / "latest").resolve() / FILE).read_bytes())
    lines = {entry.id: entry.message for entry in told.lines}
    assert "grid-chromium: passed, in Chromium, not Chrome" in lines["2.13.1"]
    assert "grid-webkitgtk: passed, in WebKitGTK, not Safari" in lines["2.13.3"]
    assert "grid-chromium: passed; grid-webkitgtk: passed" in lines["2.13.5"]
