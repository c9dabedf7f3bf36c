"""Files that a web server gives, held against a release."""

import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from zipfile import ZipFile

import pytest

from checks.served_files import Release, files_of
from clients.errors import NotCheckable
from clients.moodle.client import MoodleClient


class Site(MoodleClient):
    """Serves these files of the plugin."""

    def __init__(self, **files: bytes) -> None:
        super().__init__("https://moodle.test")
        self.files = files

    def get(self, path: str, **_: Any) -> Any:
        name = path.rpartition("/")[2].partition(".")[0]
        found = self.files.get(name)
        return SimpleNamespace(status_code=404 if found is None else 200, content=found)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "s3video/amd/build").mkdir(parents=True)
    (tmp_path / "s3video/amd/build/player.min.js").write_bytes(b"play")
    (tmp_path / "s3video/styles.css").write_bytes(b"a{}")
    (tmp_path / "s3video/version.php").write_bytes(b"<?php")
    return tmp_path / "s3video"


@pytest.fixture(params=["folder", "ZIP"])
def release(request: pytest.FixtureRequest, folder: Path) -> Release:
    if request.param == "folder":
        return Release(folder)
    with ZipFile(folder.parent / "release.zip", "w") as archive:
        for file in folder.rglob("*.*"):
            archive.write(file, file.relative_to(folder.parent))
    return Release(folder.parent / "release.zip")


def test_the_same_files(release: Release) -> None:
    assert sorted(release.expect_served(Site(player=b"play", styles=b"a{}"))) == [
        "amd/build/player.min.js",
        "styles.css",
    ]
    assert release.expect_served(Site(player=b"play")) == ["amd/build/player.min.js"]


def test_another_file(release: Release) -> None:
    with pytest.raises(AssertionError, match=r"seen another amd/build/player\.min\.js"):
        release.expect_served(Site(player=b"played", styles=b"a{}"))


def test_nothing_to_compare(release: Release, tmp_path: Path) -> None:
    with pytest.raises(NotCheckable, match="the web server gives none of"):
        release.expect_served(Site())
    with pytest.raises(NotCheckable, match="as release in"):
        Release(None).expect_served(Site())
    with pytest.raises(NotCheckable, match="is no folder and no ZIP file"):
        Release(tmp_path / "nothing.zip").expect_served(Site())


def a_zip(path: Path, **changes: int) -> Path:
    """Of one script; `changes` are bytes of its header, by where they stand."""
    with ZipFile(path, "w") as archive:
        archive.writestr("s3video/amd/build/a.min.js", b"it")
    content = bytearray(path.read_bytes())
    for header in (content.index(b"PK\x03\x04") + 6, content.index(b"PK\x01\x02") + 8):
        content[header] |= changes.get("flags", 0)
    sizes = content.index(b"PK\x01\x02") + 24
    content[sizes : sizes + 4] = changes.get("size", 2).to_bytes(4, "little")
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("changes", "told"), [({"flags": 1}, "password"), ({"size": 2**31}, "more than a plugin does")]
)
def test_an_archive_that_cannot_be_a_release(tmp_path: Path, changes: dict[str, int], told: str) -> None:
    release = a_zip(tmp_path / "s3video.zip", **changes)
    with pytest.raises(NotCheckable, match=rf"s3video\.zip, is no folder and no ZIP file: .*{told}"):
        files_of(release, (".js",))


def test_a_pipe_is_no_release(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "release")
    with pytest.raises(NotCheckable, match="is no folder and no ZIP file"):
        files_of(tmp_path / "release", (".js",))
