"""The video that waits on a site while its administrator upgrades the plugin, and what was there before.

`--before-upgrade=FILE` leaves it, in a course of its own that clean-up leaves alone, and writes down what was there.
The course's summary holds the same note: so `--restore` can remove all of it without the file.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from clients.errors import ConfigurationError
from clients.moodle.assignments import assignments_of, remove_submissions
from clients.moodle.model import Assignment, Course
from clients.plugin.administration import plugin
from clients.plugin.object_key import belongs_to
from runner.configuration.environment import Environment
from runner.configuration.naming import LEFT, UPGRADE_NAME
from runner.reservation.administrator import Administrator
from runner.reservation.seal import NotOurs, Seal

LONGEST = 100_000
"""Bytes of a file."""


class Left(BaseModel):
    """What was there before an upgrade; of `settings` their codes, which tell no value. `version` is the plugin's."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    site: str
    version: str
    course: int
    cmid: int
    assignment: int
    context: int
    name: str
    person: int
    submission: int
    key: str
    settings: dict[str, str]

    @property
    def where(self) -> Assignment:
        return Assignment(self.cmid, self.assignment, self.name, Course(self.course, self.name, ""), self.context)


def written(environment: Environment, left: Left) -> str:
    """In one line, and sealed."""
    return Seal(environment).sealed(left.model_dump_json())


def codes(environment: Environment, settings: Mapping[str, str]) -> dict[str, str]:
    """Of each setting what changes with its value, and does not tell it.

    How its lines end does not count: a browser that saves the page ends them in a way of its own.
    """
    seal = Seal(environment)
    lines = {name: "\n".join(value.splitlines()) for name, value in settings.items()}
    return {name: seal.sealed(f"{name}={value}").rpartition(":")[2] for name, value in lines.items()}


def read(environment: Environment, file: Path) -> Left:
    """What `--before-upgrade` wrote. Raises ConfigurationError."""
    try:
        with file.open("rb") as opened:
            text = opened.read(LONGEST).decode(errors="replace").strip()
    except FileNotFoundError:
        raise ConfigurationError(
            f"{file} is not there. pytest --before-upgrade={file} writes it; --after-upgrade removes it once it has "
            "looked at everything."
        ) from None
    except OSError as error:
        raise ConfigurationError(f"{file} cannot be read ({error.strerror}). Correct its name, or unlock it.") from None
    if not text:
        raise ConfigurationError(
            f"{file} is empty: --before-upgrade has written nothing into it. Delete it, run pytest --restore, and "
            "begin again with --before-upgrade, before the upgrade."
        )
    damaged = ConfigurationError(
        f"{file} is not what --before-upgrade wrote. Copy it anew from where it was written; or remove what waits on "
        "the site by pytest --restore, and begin again with --before-upgrade."
    )
    try:
        left = Left.model_validate_json(text.rpartition(":")[0])
    except ValidationError:
        raise damaged from None
    if left.site != environment.base_url:
        raise ConfigurationError(
            f"{file} is of {left.site}, and this run is on {environment.base_url}. Name that site's environment by "
            "--env, or this site's file."
        )
    try:
        Seal(environment).opened(text)
    except NotOurs:
        raise damaged from None
    return left


def create(file: Path) -> int:
    """A file for its owner alone, still empty; returns its descriptor. Raises ConfigurationError."""
    try:
        return os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        if file.is_dir():
            raise ConfigurationError(f"{file} is a folder. Name a file that is not there yet.") from None
        if not file.stat().st_size:
            raise ConfigurationError(
                f"{file} is there already, and empty, as --before-upgrade leaves it when it is killed. Delete it, and "
                "run pytest --restore, which removes what that run left on the site; then begin again."
            ) from None
        raise ConfigurationError(
            f"{file} is there already. Finish with pytest --after-upgrade={file}, or name another file."
        ) from None
    except OSError as error:
        raise ConfigurationError(
            f"{file} cannot be written ({error.strerror}). Name a file in a folder that is there."
        ) from None


def waiting(admin: Administrator) -> dict[int, str]:
    """Full names by id of the courses that wait for an upgrade: one, or none."""
    courses = admin.courses.within(admin.category)
    return {course: name for course, name in courses.items() if name.startswith(UPGRADE_NAME)}


def expect_waiting(admin: Administrator, left: Left, file: Path) -> None:
    """Raises ConfigurationError."""
    if left.course not in waiting(admin):
        raise ConfigurationError(
            f"{left.site} no longer has the course that {file} tells of: pytest --restore, or somebody, has removed "
            "it. Delete the file, and begin again with --before-upgrade."
        )
    found = plugin(admin.site)
    if found and found.version == left.version:
        raise ConfigurationError(
            f"There was no upgrade: the plugin on {left.site} is at version {left.version}, as before. Upgrade it, and "
            f"run --after-upgrade={file} again; what waits for that stays."
        )


def remove(admin: Administrator, seal: Seal) -> list[str]:
    """Removes the courses that wait for an upgrade, and their videos; returns their names. Raises SiteError."""
    people = {person.id for person in admin.accounts.find([LEFT])}
    names = waiting(admin)
    for course in names:
        try:
            key = Left.model_validate_json(seal.opened(admin.courses.summary(course))).key
        except (NotOurs, ValidationError):
            key = ""
        if participants := admin.accounts.participants(course):
            for assignment in assignments_of(admin.site, course):
                remove_submissions(admin.site, assignment, participants)
        admin.courses.delete(course)
        if any(belongs_to(key, person) for person in people):
            admin.bucket.delete([key])
    if names:
        admin.courses.empty_recycle_bin(admin.category, re.compile(re.escape(UPGRADE_NAME)))
    return [*names.values()]
