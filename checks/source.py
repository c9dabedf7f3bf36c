"""The plugin's source and its key, as they lie on the machine of whoever set the site up."""

from __future__ import annotations

import os
import stat
from collections.abc import Collection
from pathlib import Path
from xml.etree import ElementTree

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from checklist import foreign_files
from clients.errors import NotCheckable
from clients.repository import Repository
from redaction.secret_patterns import Detector

INSTALL = "db/install.xml"

TABLES = ("assignsubmission_s3video", "assignsubmission_s3v_log")
"""Of step 2.4, without the site's prefix."""

TYPES = ("int", "number", "float", "char", "text", "binary")
"""Of a field: lib/xmldb/xmldb.xsd."""

OTHERS = stat.S_IRWXG | stat.S_IRWXO


class Source:
    """The plugin's repository."""

    def __init__(self, repository: Repository) -> None:
        self._repository = repository

    def expect_never_committed(self, what: str, secret: str) -> int:
        """The secret stands in nothing that was ever committed, however it is spelled; returns how much was read.

        Raises NotCheckable where nobody knows the secret.
        """
        if not secret:
            raise NotCheckable(f"the plugin's settings do not show the {what}, so nobody knows what to look for")
        detector, looked_at = Detector([secret]), 0
        for place, content in self._repository.objects():
            if detector.matches(content):
                raise AssertionError(
                    f"expected the {what} in nothing that was ever committed, seen it in {place}: replace that key"
                )
            looked_at += 1
        if not looked_at:
            raise NotCheckable("the repository has no commit")
        return looked_at

    def expect_tag(self, versions: Collection[str]) -> str:
        """A tag names one of these versions, with or without a v before it; returns the tag."""
        tags = self._repository.tags()
        for tag in tags:
            if tag.removeprefix("v") in versions:
                return tag
        wanted = " or ".join(versions)
        raise AssertionError(f"expected a tag of version {wanted}, seen {', '.join(tags[-5:]) or 'none'}")

    def expect_install_xml(self) -> list[str]:
        """db/install.xml describes the two tables, each field as Moodle takes it; returns their names."""
        content = self._repository.file(INSTALL, "HEAD")
        if content is None:
            raise AssertionError(f"expected the plugin's {INSTALL} in the repository, seen none at HEAD")
        try:
            root = ElementTree.fromstring(content)
        except ElementTree.ParseError as error:
            raise AssertionError(f"expected {INSTALL} to be XML, seen: {error}") from error
        tables = {str(table.get("NAME")): table for table in root.iter("TABLE")}
        if missing := [name for name in TABLES if name not in tables]:
            raise AssertionError(f"expected {INSTALL} to describe {' and '.join(missing)}, seen {', '.join(tables)}")
        if wrong := [mistake for name, table in tables.items() for mistake in _mistakes(name, table)]:
            raise AssertionError(f"expected {INSTALL} as Moodle takes it, seen {'; '.join(wrong[:3])}")
        return [*tables]


class KeyFile:
    """The private key's file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def expect_for_owner_only(self) -> str:
        """Nobody but its owner can read it; returns its mode. Raises NotCheckable for what is no file."""
        mode = self._stat().st_mode
        if not stat.S_ISREG(mode):
            raise NotCheckable(f"local.key_file, {self._path.name}, is a folder, or no file: name the key's file")
        if mode & OTHERS:
            raise AssertionError(f"expected {self._path.name} with the mode 600, seen {stat.S_IMODE(mode):o}")
        return f"{stat.S_IMODE(mode):o}"

    def expect_key(self, private_key: str) -> None:
        """It holds the plugin's private key (PEM). Raises NotCheckable where that is not known."""
        held = self._content()
        if not private_key:
            raise NotCheckable("the plugin's settings do not show the private key")
        try:
            here, there = (
                load_pem_private_key(pem, password=None).public_key() for pem in (held, private_key.encode())
            )
        except (ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise AssertionError(f"expected a private key in {self._path.name} and in the settings: {error}") from error
        if here != there:
            raise AssertionError(f"expected the plugin's private key in {self._path.name}, seen another one")

    def _content(self) -> bytes:
        try:
            return foreign_files.content(self._path)
        except OSError as reason:
            raise NotCheckable(f"local.key_file, {self._path.name}, cannot be read: {reason.strerror}") from reason

    def _stat(self) -> os.stat_result:
        try:
            return self._path.stat()
        except OSError as reason:
            raise NotCheckable(f"local.key_file, {self._path.name}, cannot be read: {reason.strerror}") from reason


def _mistakes(name: str, table: ElementTree.Element) -> list[str]:
    fields = {str(field.get("NAME")): str(field.get("TYPE")) for field in table.iter("FIELD")}
    keys = list(table.iter("KEY"))
    found = [f"the type {type_} of {name}.{field}" for field, type_ in fields.items() if type_ not in TYPES]
    if not any(key.get("TYPE") == "primary" for key in keys):
        found.append(f"no primary key of {name}")
    for key in (*keys, *table.iter("INDEX")):
        named = [field.strip() for field in str(key.get("FIELDS")).split(",")]
        found += [f"a key of {name} on {field}, which it has not" for field in named if field not in fields]
    return found
