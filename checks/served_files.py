"""Whether the plugin's files on the server are those of a release, as far as the web server gives them away."""

from __future__ import annotations

import zlib
from io import BytesIO
from pathlib import Path
from zipfile import BadZipFile, ZipFile

from checklist import foreign_files
from clients.addresses import PLUGIN
from clients.errors import NotCheckable
from clients.moodle.client import MoodleClient

FOR_EVERYBODY = (".js", ".css", ".mustache", ".svg", ".png", ".xml")

HIDDEN = (401, 403, 404)


class Release:
    """A plugin as it is installed from: a folder, or a ZIP with one folder in it. None where nobody named one."""

    def __init__(self, path: Path | None) -> None:
        self._path = path

    def expect_served(self, site: MoodleClient, *endings: str) -> list[str]:
        """Each file that the web server gives is, byte for byte, that of the release; returns the names.

        Raises NotCheckable where there is no release to compare with, or the web server gives none of its files.
        """
        same: list[str] = []
        other: list[str] = []
        absent: list[str] = []
        for name, content in files_of(self._path, endings or FOR_EVERYBODY).items():
            answer = site.get(f"{PLUGIN}/{name}")
            if answer.status_code in HIDDEN:
                absent.append(name)
            else:
                (same if answer.content == content else other).append(name)
        if other:
            raise AssertionError(f"expected the files of the release, seen another {', another '.join(other)}")
        if not same:
            raise NotCheckable(f"the web server gives none of {', '.join(absent[:5]) or 'the files of the release'}")
        return same


def files_of(release: Path | None, endings: tuple[str, ...]) -> dict[str, bytes]:
    """What the release's files with such endings hold, by their path in the plugin's folder. Raises NotCheckable."""
    if release is None:
        raise NotCheckable(
            "there is nothing to compare the files with: give the plugin as it was installed, a folder or a ZIP, "
            "as release in [decided]"
        )
    try:
        if release.is_dir():
            files = [file for file in sorted(release.rglob("*")) if file.is_file() and file.name.endswith(endings)]
            return {file.relative_to(release).as_posix(): foreign_files.content(file) for file in files}
        with ZipFile(BytesIO(foreign_files.content(release))) as archive:
            packed = [file for file in archive.infolist() if file.filename.endswith(endings)]
            if sum(file.file_size for file in packed) > foreign_files.LARGEST:
                raise BadZipFile("it holds more than a plugin does")
            return {file.filename.partition("/")[2]: archive.read(file) for file in packed}
    except (OSError, BadZipFile, RuntimeError, EOFError, zlib.error) as reason:  # a ZIP with a password, or torn
        raise NotCheckable(f"decided.release, {release.name}, is no folder and no ZIP file: {reason}") from reason
