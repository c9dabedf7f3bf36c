"""Step 2.13 at addresses: a phone that chromedriver emulates, by WebDriver, and a browser with a debugging port."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Playwright
from selenium.webdriver.common.utils import free_port, is_connectable
from tenacity import Retrying, retry_if_result, stop_after_delay, wait_fixed

from checklist.results import FILE, RUN
from runner.configuration.environment_tables import Target
from runner.configuration.targets import launch_of
from selftest.runs.checkout import GO, PROJECT, Checkout

DRIVER = shutil.which("chromedriver")

TARGETS = """
[[targets]]
name = "phone"
engine = "chromium"
device = "Pixel 7"
webdriver = "S3V_DRIVER"
[targets.capabilities]
acceptInsecureCerts = true # the replica's authority is its own
"goog:loggingPrefs" = { browser = "SEVERE" }
[targets.capabilities."goog:chromeOptions"]
binary = "%s"
args = %s
mobileEmulation = { deviceName = "Pixel 7" }

[[targets]]
name = "pixel"
engine = "chromium"
cdp_endpoint = "S3V_PORT"
real = "Pixel 9, Android 16"
"""


@contextmanager
def listening(port: int, *command: str) -> Iterator[str]:
    """A program that listens at a port of loopback; gives its address."""
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as program:
        up = Retrying(stop=stop_after_delay(15), wait=wait_fixed(0.1), retry=retry_if_result(lambda there: not there))
        up(is_connectable, port, "127.0.0.1")
        yield f"http://127.0.0.1:{port}"
        program.terminate()


@pytest.mark.skipif(not DRIVER, reason="on Debian: apt-get install chromium-driver")
@pytest.mark.usefixtures("nothing_left")
def test_step_2_13_by_webdriver_and_by_a_debugging_port(
    checkout: Checkout, playwright: Playwright, tmp_path: Path
) -> None:
    launch = launch_of(Target(name="chromium", engine="chromium"), playwright)
    binary = launch.options.get("executable_path") or playwright.chromium.executable_path
    arguments = [*launch.options["args"], "--headless"]
    shutil.copy(PROJECT / "checklist" / "checklist.toml", checkout.folder / "checklist")
    checkout.tests(test_it=(PROJECT / "tests" / "test_2_13_browsers.py").read_text("utf-8"))
    file = checkout.file(TARGETS % (binary, json.dumps(arguments)))
    port, debugged = free_port(), free_port()
    profile = (f"--remote-debugging-port={debugged}", f"--user-data-dir={tmp_path}")
    with (
        listening(port, str(DRIVER), f"--port={port}") as driver,
        listening(debugged, binary, *arguments, *profile) as address,
    ):
        checkout.secrets |= {"S3V_DRIVER": driver, "S3V_PORT": address}
        run = checkout.run(file, "-k", "upload_and_playback", "--target=phone", "--target=pixel")
    assert run.code == GO, run.text
    folder = (checkout.reports / "latest").resolve()
    told = RUN.validate_json((folder / FILE).read_bytes())
    lines = {entry.id: entry for entry in told.lines if entry.id.startswith("2.13")}
    assert "phone: passed, emulated; pixel: passed" in lines["2.13.6"].message
    assert "phone: passed; pixel: passed" in lines["2.13.5"].message
    assert lines["2.13.1"].checks == []
    builds = {target.name: target.build for target in told.targets}
    assert builds["phone"].startswith("Pixel 7 emulated in chrome")
    assert builds["pixel"].startswith("Pixel 9, Android 16: a remote chromium")
    consoles = next(entry for entry in told.lines if entry.id == "2.14.3")
    assert {check.target for check in consoles.checks} == {"phone", "pixel"}
    assert not any(
        secret in path.read_text("utf-8", "replace") for secret in (driver, address) for path in folder.glob("*.*")
    )
