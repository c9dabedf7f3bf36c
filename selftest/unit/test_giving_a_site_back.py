"""What a run says when it takes a site or gives it back, and a host falls silent meanwhile."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from tenacity import wait_none

from clients.errors import SiteError, Unreachable
from runner.configuration.environment import Environment
from runner.pytest_plugin import lifecycle, outage
from runner.pytest_plugin.lifecycle import Lifecycle
from runner.pytest_plugin.outage import Watch
from runner.pytest_plugin.state import State
from runner.reservation import clean_up
from runner.reservation.clean_up import PROMISED, Cleaner, CleanUp
from runner.reservation.journal import Journal
from runner.reservation.reservation import SiteReservation

MINE, STRANGE = "videos/7/1_a/clip.mp4", "videos/7/2_b/clip.mp4"


@pytest.fixture
def reservation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Of a run whose clean-up found nothing wrong, and that has released its lock; one object was promised to it."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    reservation = cast(Any, SiteReservation.__new__(SiteReservation))
    reservation.run_id, reservation._folders, reservation._lock = "run1", ["videos/7/"], None
    reservation._environment = SimpleNamespace(base_url="https://moodle.test")
    reservation.journal = Journal("https://moodle.test", "run1")
    reservation.journal.record(PROMISED, key=MINE)
    reservation._kept = SimpleNamespace(close=lambda: None)
    reservation._cleaner = SimpleNamespace(clean_up=lambda *_: CleanUp(problems=[]), delete_objects=lambda *_: None)
    reservation._admin = SimpleNamespace(
        site=SimpleNamespace(log_in_again=lambda: None), bucket=SimpleNamespace(keys=lambda _: [MINE, STRANGE])
    )
    return reservation


def test_an_object_that_was_promised_is_not_called_strange(reservation: Any) -> None:
    assert reservation.close().not_promised == [STRANGE]


def test_storage_that_falls_silent_is_a_problem(reservation: Any) -> None:
    def silent(_: str) -> list[str]:
        raise Unreachable("S3 does not answer.")

    reservation._admin.bucket.keys = silent
    assert reservation.close().problems == ["S3 does not answer."]
    assert reservation.journal.entries(PROMISED)


SILENT = "moodle.test does not answer."


class Beginning:
    """A run that begins; `happens` is what its preparation does, `silent` what the hosts say when they are asked."""

    def __init__(self, folder: Path, happens: Callable[[State], None], silent: str, restore: bool) -> None:
        self.state = State("1", datetime.now(UTC), "site", folder, partial=False)
        self.state.environment = cast(Environment, SimpleNamespace())
        self.lifecycle = cast(Any, Lifecycle.__new__(Lifecycle))
        plugins = SimpleNamespace(get_plugin=lambda _: None)
        config = SimpleNamespace(option=SimpleNamespace(restore=restore), pluginmanager=plugins)
        self.lifecycle._config, self.lifecycle._state, self.lifecycle._started = config, self.state, None
        self.lifecycle._watch = Watch(cast(pytest.Config, config), self.state)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(lifecycle, "prepare", lambda *_: happens(self.state))
            patch.setattr(outage, "outage", lambda _: silent)
            self.goes_on = self.lifecycle.prepare()


def refused(_: State) -> None:
    raise SiteError("Creating a course failed (HTTP 502).")


def left_something(state: State) -> None:
    state.problems.append("The course run 7 is still there.")
    state.code = 0


@pytest.mark.parametrize(
    ("silent", "told"), [(SILENT, (SILENT, "", 6)), ("", ("", "Creating a course failed (HTTP 502).", 4))]
)
def test_a_site_that_refuses_while_a_host_is_silent(tmp_path: Path, silent: str, told: tuple[str, str, int]) -> None:
    begun = Beginning(tmp_path, refused, silent, restore=False)
    assert (begun.state.outage, begun.state.misconfigured, begun.state.code) == told
    assert not begun.goes_on


@pytest.mark.parametrize(("restore", "silent", "told"), [(True, SILENT, SILENT), (True, "", ""), (False, SILENT, "")])
def test_what_cannot_be_restored_while_a_host_is_silent(tmp_path: Path, restore: bool, silent: str, told: str) -> None:
    assert Beginning(tmp_path, left_something, silent, restore).state.outage == told


class Late:
    """A bucket to which a video comes once it was looked through so often; `stays` is one that nobody may delete."""

    def __init__(self, after: int, *, stays: bool = False) -> None:
        self.held: set[str] = set()
        self._after, self._stays = after, stays

    def keys(self, prefix: str) -> list[str]:
        self._after -= 1
        if self._after == 0:
            self.held.add(f"{prefix}clip.mp4")
        return sorted(self.held)

    def delete(self, keys: list[str]) -> None:
        if not self._stays:
            self.held.difference_update(keys)

    def object(self, key: str) -> str:
        return key


@pytest.mark.parametrize(
    ("bucket", "problems"),
    [
        (Late(after=1), []),
        (Late(after=2), []),
        (Late(after=1, stays=True), ["The object videos/3/1/clip.mp4 is still on S3."]),
    ],
    ids=["there", "on its way", "stays"],
)
def test_a_video_that_comes_to_s3_while_it_is_looked_for_goes(
    bucket: Late, problems: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clean_up.WRITTEN, "wait", wait_none())
    journal = SimpleNamespace(entries=lambda _: [{"key": "videos/3/1/clip.mp4"}])
    report = CleanUp()
    Cleaner.delete_objects(cast(Any, SimpleNamespace(_bucket=bucket)), cast(Any, [journal]), report)
    assert report.problems == problems
    assert bool(bucket.held) == bool(problems)
