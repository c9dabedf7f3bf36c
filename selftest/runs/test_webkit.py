"""What step 2.13 does not ask of a browser that WebDriver drives, in WebKitGTK: a refused file, the bar, the grader.

Of how Playwright drives its own build it says nothing.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from typing import cast

import pytest

import media
from checks.traffic import expect_bypassed, expect_received_from
from checks.video_store import StoredVideos
from clients.addresses import CONFIRMATION
from clients.moodle.model import Person
from network.proxy import ProxiedNetwork
from pages.base import Moodle
from pages.upload import progress
from pages.upload.recorder import RECORDED, SAID
from pages.webdriver import PersonByWebDriver
from pages.webdriver.player import PlayerByWebDriver
from runner.configuration.connect import new_bucket, new_site
from runner.configuration.environment import Environment
from runner.configuration.environment_tables import Target
from runner.configuration.webdriver import INSTALLED, session
from selftest.bench.webdriver import Selenium
from selftest.runs.students import Open

WEBKITGTK = Target(name="webkitgtk", engine="webkit", channel="webkitgtk")

PROGRAMS = (INSTALLED["webkitgtk"].program, *INSTALLED["webkitgtk"].needs)

At = Callable[[Person], AbstractContextManager[PersonByWebDriver]]

pytestmark = [
    pytest.mark.usefixtures("state"),
    pytest.mark.skipif(not all(map(shutil.which, PROGRAMS)), reason=INSTALLED["webkitgtk"].remedy),
]


@pytest.fixture
def network() -> Iterator[ProxiedNetwork]:
    with ProxiedNetwork() as network:
        yield network


@pytest.fixture
def at(network: ProxiedNetwork, environment: Environment) -> At:
    """Puts a person at a browser of their own, whose way to the site leads through the run's proxy."""

    @contextmanager
    def at(person: Person) -> Iterator[PersonByWebDriver]:
        there = PersonByWebDriver(
            person,
            Moodle(environment.base_url, page=15, upload=60, play=15),
            videos=StoredVideos(new_bucket(environment), f"videos/{person.id}/"),
            session=partial(session, WEBKITGTK, proxy=network.url, insecure=True),
            new_site=partial(new_site, environment),
            remember=lambda _: None,
            promise=lambda _: None,
        )
        yield there
        there.close()

    return at


def test_a_video_is_handed_in_and_watched(
    at: At, open_reservation: Open, environment: Environment, network: ProxiedNetwork, tmp_path: Path
) -> None:
    _, (workspace,) = open_reservation()
    assignment = workspace.assignment()
    student, teacher = workspace.student(assignment.course), workspace.teacher(assignment.course)
    notes = tmp_path / "notes.txt"
    notes.write_text("Not a video.\n", encoding="utf-8")

    with at(student) as person:
        h264 = media.plays_h264(
            lambda mime: str(person.tab.evaluate("m => document.createElement('video').canPlayType(m)", mime))
        )
        small = media.MP4 if h264 else media.WEBM
        clip = media.padded(small, media.WATCHED_BYTES, tmp_path)
        person.log_in_by_form()
        form = person.open(assignment).add_submission()
        refused = form.widget.choose(notes)
        assert "not supported" in refused.expect_refused()
        assert "not supported" in person.tab.find(".s3video-status-message.alert-danger").evaluate(SAID)
        assert refused.file_type() == "text/plain"
        with network.measured() as traffic, network.slow(100):
            upload = form.widget.choose_in_dialogue(clip.path)
        expect_bypassed(traffic, environment.base_url, clip.bytes)
        assert upload.file_type() == clip.mime
        upload.expect_whole_progress(distinct=5)
        seen = cast(progress.Recording, person.tab.evaluate(RECORDED))
        ended = [end["name"] for end in seen["ended"]]
        stored = [name for name in ended if environment.storage.bucket in name]
        progress.expect_told_last(seen, stored, [name for name in ended if CONFIRMATION in name])
        form.save().expect_video(clip.bytes)

    with at(teacher) as person, network.measured() as traffic:
        person.log_in_by_form()
        person.open(assignment)
        Selenium(person.tab.driver, environment, teacher).grade(student.id)
        player = PlayerByWebDriver(person.tab, ".s3video-player-container video", person.moodle)
        player.expect_loaded(clip.seconds)
        assert environment.cdn.domain in player.source()
        player.play()
        player.expect_playing()
        assert player.first_frame() is not None
        player.expect_smooth(1, stalled_percent=100)
        assert player.seek(15) >= 15 > player.seek(4) >= 4
        player.pause()
        player.set_volume(0.3)
        player.set_muted(True)
    expect_received_from(traffic, environment.cdn.domain, small.bytes // 2)
