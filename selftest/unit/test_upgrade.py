"""What is written before an upgrade, and read after it; each wrong file is told in a sentence."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from bs4 import BeautifulSoup

from checks import upgraded
from clients.errors import ConfigurationError, NotCheckable
from clients.http_result import HttpResult
from clients.moodle.client import MoodleClient
from clients.moodle.courses import Courses
from clients.moodle.model import Account, Plugin
from clients.plugin.api import Video
from runner.configuration.environment import Environment
from runner.configuration.naming import UPGRADE_NAME
from runner.reservation import upgrade
from runner.reservation.administrator import Administrator
from runner.reservation.seal import Seal
from runner.reservation.upgrade import Left, codes, create, expect_waiting, read, written
from selftest.unit.environment_files import LoadSite

SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"


@pytest.fixture
def environment(load_site: LoadSite) -> Environment:
    return load_site()


def left(environment: Environment, site: str = "") -> Left:
    return Left(
        site=site or environment.base_url,
        version="2025102600",
        course=9,
        cmid=8,
        assignment=7,
        context=6,
        name="Test",
        person=5,
        submission=4,
        key="videos/5/1764000000_0a1b2c3d/clip.mp4",
        settings=codes(environment, {"aws_secret_key": SECRET, "retention_days": "365"}),
    )


def test_what_was_written_is_read_and_holds_no_secret(environment: Environment, tmp_path: Path) -> None:
    file = tmp_path / "left"
    descriptor = create(file)
    os.write(descriptor, written(environment, left(environment)).encode())
    os.close(descriptor)
    assert read(environment, file) == left(environment)
    assert SECRET not in file.read_text("utf-8")
    assert '"365"' not in file.read_text("utf-8")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with pytest.raises(ConfigurationError, match=r"is there already\. Finish with pytest --after-upgrade"):
        create(file)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("nothing", "is not there. pytest --before-upgrade"),
        (".", "cannot be read"),
        ("empty", "is empty: --before-upgrade has written nothing into it"),
    ],
)
def test_no_file(environment: Environment, tmp_path: Path, name: str, told: str) -> None:
    (tmp_path / "empty").touch()
    with pytest.raises(ConfigurationError, match=told):
        read(environment, tmp_path / name)


def test_no_place_for_a_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="is a folder"):
        create(tmp_path)
    (tmp_path / "empty").touch()
    with pytest.raises(ConfigurationError, match="is there already, and empty"):
        create(tmp_path / "empty")
    with pytest.raises(ConfigurationError, match="cannot be written"):
        create(tmp_path / "nowhere" / "left")


@pytest.mark.parametrize("damage", ["cut", "changed", "words", "bytes"])
def test_a_damaged_file(environment: Environment, tmp_path: Path, damage: str) -> None:
    text = written(environment, left(environment))
    damaged = {
        "cut": text[:-30],
        "changed": text.replace('"course":9', '"course":3'),
        "words": "retention_days = 365",
        "bytes": "\udcff\udc80",
    }
    file = tmp_path / "left"
    file.write_bytes(damaged[damage].encode("utf-8", "surrogateescape"))
    with pytest.raises(ConfigurationError, match="is not what --before-upgrade wrote"):
        read(environment, file)


def test_a_file_of_another_site(environment: Environment, tmp_path: Path) -> None:
    file = tmp_path / "left"
    file.write_text(written(environment, left(environment, "https://other.example.edu")), encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"is of https://other\.example\.edu, and this run is on"):
        read(environment, file)


def test_a_course_that_is_gone(environment: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    there = {3: f"{UPGRADE_NAME} 1"}
    monkeypatch.setattr(upgrade, "waiting", lambda _: there)
    monkeypatch.setattr(upgrade, "plugin", lambda _: Plugin("2025102601", True, "S3 Video"))
    admin = cast(Administrator, SimpleNamespace(site=None))
    with pytest.raises(ConfigurationError, match="no longer has the course that left tells of"):
        expect_waiting(admin, left(environment), Path("left"))
    there[9] = f"{UPGRADE_NAME} 2"
    expect_waiting(admin, left(environment), Path("left"))
    monkeypatch.setattr(upgrade, "plugin", lambda _: Plugin(left(environment).version, True, "S3 Video"))
    with pytest.raises(ConfigurationError, match="is at version 2025102600, as before"):
        expect_waiting(admin, left(environment), Path("left"))


def test_settings_after_an_upgrade() -> None:
    before = {"retention_days": "a", "s3_bucket": "b", "region": "c"}
    upgraded.expect_settings(before, before | {"new": "d"})
    with pytest.raises(AssertionError, match="seen another value of s3_bucket and no setting region"):
        upgraded.expect_settings(before, {"retention_days": "a", "s3_bucket": "x"})


def test_who_is_named_on_the_dashboard(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = "<table><tbody><tr><td>Ada Lovelace</td><td>videos/7/1_a/clip.mp4</td></tr></tbody></table>"
    monkeypatch.setattr(HttpResult, "of", lambda _: SimpleNamespace(page=BeautifulSoup(rows, "lxml")))
    site = cast(MoodleClient, SimpleNamespace(get=lambda _: None))

    def look(key: str, name: str) -> None:
        upgraded.expect_on_dashboard(site, cast(Video, SimpleNamespace(key=key)), name)

    look("videos/7/1_a/clip.mp4", "Ada Lovelace")
    with pytest.raises(AssertionError, match="name the student Ada King, seen Ada Lovelace videos/7"):
        look("videos/7/1_a/clip.mp4", "Ada King")
    with pytest.raises(NotCheckable, match="shows no row of the video"):
        look("videos/8/1_a/clip.mp4", "Ada Lovelace")


def test_only_what_waits_for_an_upgrade_is_found() -> None:
    class Category:
        def within(self, _: int) -> dict[int, str]:
            return {1: "S3 Video acceptance run 1 main a", 2: f"{UPGRADE_NAME} 1 main", 3: "Physics"}

    class Admin:
        courses = cast(Courses, Category())
        category = 1

    assert upgrade.waiting(cast(Administrator, Admin())) == {2: f"{UPGRADE_NAME} 1 main"}


class Waiting:
    """A site with one course that waits for an upgrade, whose summary is `note`; nobody takes part in it any more."""

    category = 1
    site = None

    def __init__(self, note: str) -> None:
        self.note = note
        self.gone: list[object] = []
        self.courses = self.accounts = self.bucket = self

    def find(self, names: list[str]) -> list[Account]:
        return [Account(id=5, username=name) for name in names]

    def within(self, _: int) -> dict[int, str]:
        return {9: f"{UPGRADE_NAME} 1 main"}

    def summary(self, _: int) -> str:
        return self.note

    def participants(self, _: int) -> list[int]:
        return []

    def delete(self, what: object) -> None:
        self.gone.append(what)

    def empty_recycle_bin(self, *_: object) -> None:
        pass


@pytest.mark.parametrize(
    ("forge", "gone"),
    [
        (lambda note: note, [9, ["videos/5/1764000000_0a1b2c3d/clip.mp4"]]),
        (lambda note: note.replace("0a1b2c3d", "0a1b2c3e"), [9]),
        (lambda note: "a teacher wrote this", [9]),
    ],
    ids=["sealed", "changed", "words"],
)
def test_only_an_object_whose_key_is_sealed_goes(
    environment: Environment, forge: Callable[[str], str], gone: list[object]
) -> None:
    site = Waiting(forge(written(environment, left(environment))))
    assert upgrade.remove(cast(Administrator, site), Seal(environment)) == [f"{UPGRADE_NAME} 1 main"]
    assert site.gone == gone


def test_an_object_of_somebody_else_stays(environment: Environment) -> None:
    theirs = left(environment).model_copy(update={"key": "videos/6/1764000000_0a1b2c3d/clip.mp4"})
    site = Waiting(written(environment, theirs))
    upgrade.remove(cast(Administrator, site), Seal(environment))
    assert site.gone == [9]


def test_how_a_setting_s_lines_end_does_not_count(environment: Environment) -> None:
    one, other, changed = ({"key": f"BEGIN{end}abc{last}"} for end, last in (("\n", "\n"), ("\r\n", ""), ("\n", "d")))
    assert codes(environment, one) == codes(environment, other)
    assert codes(environment, one) != codes(environment, changed)
