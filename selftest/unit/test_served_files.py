"""Files that a web server gives, held against a release."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any
from zipfile import ZipFile

import pytest

from checks.served_files import Release
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
