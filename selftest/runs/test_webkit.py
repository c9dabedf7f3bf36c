"""The scripts of page objects, and the run's proxy, in a WebKit: WebKitGTK, by WebDriver.

Of how Playwright drives its own build it says nothing.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, cast

import pytest
from playwright.sync_api import Locator
from selenium.webdriver.remote.webdriver import WebDriver
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.webkitgtk.options import Options
from selenium.webdriver.webkitgtk.service import Service
from selenium.webdriver.webkitgtk.webdriver import WebDriver as WebKitGTK

import media
from checks.traffic import expect_bypassed, expect_received_from
from clients.addresses import CONFIRMATION
from clients.moodle.model import Person
from network.proxy import ProxiedNetwork
from pages.base import SCRIPTS, STILL, Moodle
from pages.player import SCRIPTS as PLAYING
from pages.player import Player
from pages.upload import progress
from pages.upload.recorder import RECORD, RECORDED, SAID
from runner.configuration.environment import Environment
from selftest.bench.webdriver import Selenium
from selftest.runs.students import Open

DRIVER = shutil.which("WebKitWebDriver")

At = Callable[[Person], AbstractContextManager[Selenium]]

pytestmark = [
    pytest.mark.usefixtures("state"),
    pytest.mark.skipif(not (DRIVER and shutil.which("Xvfb")), reason="apt-get install webkit2gtk-driver xvfb"),
]


@pytest.fixture
def display() -> Iterator[str]:
    """A screen that nobody sees: this WebKit has no headless mode."""
    reading, telling = os.pipe()
    command = ["Xvfb", "-displayfd", str(telling), "-screen", "0", "1400x1000x24", "-nolisten", "tcp"]
    with os.fdopen(reading) as told, subprocess.Popen(command, pass_fds=[telling], stderr=subprocess.DEVNULL) as screen:
        os.close(telling)
        yield f":{told.readline().strip()}"
        screen.terminate()


@pytest.fixture
def network() -> Iterator[ProxiedNetwork]:
    with ProxiedNetwork() as network:
        yield network


@pytest.fixture
def at(display: str, network: ProxiedNetwork, environment: Environment) -> At:
    """Puts a person at a browser of their own, whose way to the site leads through the run's proxy."""

    @contextmanager
    def at(person: Person) -> Iterator[Selenium]:
        options = Options()
        options.accept_insecure_certs = True
        for argument in ("--automation", f"--proxy={network.url}"):
            options.add_argument(argument)
        service = Service(str(DRIVER), env={**os.environ, "DISPLAY": display, "NO_AT_BRIDGE": "1"})
        with WebKitGTK(options=options, service=service) as browser:
            browser.set_script_timeout(60)
            browser.maximize_window()
            yield Selenium(browser, environment, person)

    return at


class Page:
    """A page or an element of Selenium's, with `evaluate` as Playwright has it."""

    def __init__(self, browser: WebDriver, element: WebElement | None = None) -> None:
        self._browser = browser
        self._element = [element] if element else []

    def evaluate(self, script: str, argument: object = None) -> Any:
        """Raises AssertionError with what the script has thrown."""
        call = f"""const done = [...arguments].at(-1), given = [...arguments].slice(0, -1);
            const called = (async () => ({script})(...given))();
            called.then((value) => done({{value}}), (error) => done({{thrown: String(error)}}))"""
        told = self._browser.execute_async_script(call, *self._element, argument)
        assert "thrown" not in told, told["thrown"]
        return told.get("value")


def watch_upload(person: Selenium, clip: media.Clip, notes: Path, network: ProxiedNetwork) -> progress.Recording:
    """Has the widget refuse `notes` and take the clip; returns what the recorder saw of that."""
    page, field = Page(person.browser), person.edit()
    widget = Page(person.browser, person.find(".s3video-upload-interface"))
    widget.evaluate(RECORD)
    field.send_keys(str(notes))
    refusal = Page(person.browser, person.find(".s3video-status-message.alert-danger")).evaluate(SAID)
    assert "not supported" in refusal
    seen = page.evaluate(RECORDED)
    assert (seen["type"], [message["success"] for message in seen["messages"]]) == ("text/plain", [False])
    widget.evaluate(RECORD)
    with network.slow(100):
        field.send_keys(str(clip.path))
        person.find(".s3video-status-message.alert-success", 120)
    return cast(progress.Recording, page.evaluate(RECORDED))


def test_a_video_is_handed_in_and_watched(
    at: At, open_reservation: Open, environment: Environment, network: ProxiedNetwork, tmp_path: Path
) -> None:
    _, (workspace,) = open_reservation()
    assignment = workspace.assignment()
    student, teacher = workspace.student(assignment.course), workspace.teacher(assignment.course)
    notes = tmp_path / "notes.txt"
    notes.write_text("Not a video.\n", encoding="utf-8")

    with at(student) as person:
        page = Page(person.browser)
        h264 = media.plays_h264(
            lambda mime: str(page.evaluate("m => document.createElement('video').canPlayType(m)", mime))
        )
        small = media.MP4 if h264 else media.WEBM
        clip = media.padded(small, media.WATCHED_BYTES, tmp_path)
        person.log_in_by_form()
        person.open(assignment)
        person.until(lambda _: page.evaluate(SCRIPTS["rest"], [STILL, []]))
        assert set(page.evaluate(SCRIPTS["busy"], [])) <= set(page.evaluate(SCRIPTS["stayed"]))
        assert assignment.name in page.evaluate(SCRIPTS["texts"])
        with network.measured() as traffic:
            seen = watch_upload(person, clip, notes, network)
        expect_bypassed(traffic, environment.base_url, clip.bytes)
        assert seen["type"] == clip.mime
        progress.expect_whole(seen["progress"], distinct=5)
        ended = [end["name"] for end in seen["ended"]]
        stored = [name for name in ended if environment.storage.bucket in name]
        progress.expect_told_last(seen, stored, [name for name in ended if CONFIRMATION in name])
        assert Page(person.browser, person.find("#id_submitbutton")).evaluate(SCRIPTS["place"])["fits"]
        person.save()

    with at(teacher) as person, network.measured() as traffic:
        person.log_in_by_form()
        person.open(assignment)
        person.grade(student.id)
        video = person.find(".s3video-player-container video")
        element = Page(person.browser, video)
        player = Player(cast(Locator, element), Moodle(environment.base_url, page=15, upload=60, play=15))
        assert element.evaluate(PLAYING["loaded"], 15)["duration"] == pytest.approx(clip.seconds, abs=0.5)
        assert environment.cdn.domain in player.source()
        element.evaluate(PLAYING["timed"])
        person.press(video)
        player.expect_playing()
        assert player.first_frame() is not None
        player.expect_smooth(1, stalled_percent=100)
        assert player.seek(15) >= 15 > player.seek(4) >= 4
        person.press(video)
        assert element.evaluate(PLAYING["pausedSoon"])
        held = element.evaluate(PLAYING["aSecond"])
        assert held["to"] == held["from"]
        player.set_volume(0.3)
        player.set_muted(True)
    expect_received_from(traffic, environment.cdn.domain, small.bytes // 2)
