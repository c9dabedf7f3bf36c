"""`--before-upgrade=FILE`: a video stays on the site, and the file tells what was there."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path

import media
from clients.errors import ConfigurationError, NotCheckable
from clients.moodle.assignments import save_submission
from clients.plugin import api as plugin_api
from clients.plugin.administration import plugin, plugin_settings
from runner.configuration.connect import new_site
from runner.configuration.environment import Environment
from runner.configuration.naming import LEFT, UPGRADE_NAME
from runner.reservation import upgrade
from runner.reservation.clean_up import PROMISED, CleanUp
from runner.reservation.reservation import SiteReservation
from runner.reservation.workspace import Workspace


def leave(environment: Environment, run_id: str, file: Path) -> CleanUp:
    """Hands a video in, writes `file`, and gives the site back; returns what clean-up did.

    Raises ConfigurationError, Locked, Unreachable, SiteError, OSError; then neither the video stays nor the file.
    Told to stop after that, when it gives the site back, it leaves both.
    """
    if not environment.test_site:
        raise ConfigurationError("--before-upgrade leaves a video, and test_site = false: name a test site.")
    descriptor = upgrade.create(file)
    try:
        reservation, state = SiteReservation.open(environment, run_id)
        try:
            _leave(environment, Workspace(environment, state, "main"), descriptor)
        finally:
            report = reservation.close()
    except BaseException:
        if not os.fstat(descriptor).st_size:
            file.unlink(missing_ok=True)
        raise
    finally:
        os.close(descriptor)
    return report


def _leave(environment: Environment, workspace: Workspace, descriptor: int) -> None:
    if waiting := workspace.waiting_for_an_upgrade:
        raise ConfigurationError(
            f"{environment.base_url} has “{next(iter(waiting.values()))}” of an earlier --before-upgrade. Finish with "
            "--after-upgrade and its file, or remove it by pytest --restore."
        )
    assignment = workspace.new_assignment()
    try:
        person = workspace.set_apart(LEFT, assignment.course)
    except NotCheckable as reason:
        raise ConfigurationError(f"No video can wait for an upgrade: {reason}.") from reason
    site = plugin_api.tell_promises(new_site(environment), partial(workspace.promise, person))
    site.login(person.username, person.password)
    clip = media.MP4
    submission, key = plugin_api.upload(site, assignment, clip, environment.verify)
    save_submission(site, assignment, key, clip.bytes, clip.mime)
    promised = [entry for entry in workspace.journal.entries(PROMISED) if entry["key"] == key]
    if not promised:  # nothing would remove it
        raise ConfigurationError(
            f"The plugin has put the student's video under {key}, which is no place of that student's. Look at step "
            "2.7 first."
        )
    found = plugin(workspace.site)
    text = upgrade.written(
        environment,
        upgrade.Left(
            site=environment.base_url,
            version=found.version if found else "",
            course=assignment.course.id,
            cmid=assignment.cmid,
            assignment=assignment.id,
            context=assignment.context,
            name=assignment.name,
            person=person.id,
            submission=submission,
            key=key,
            settings=upgrade.codes(environment, plugin_settings(workspace.site)),
        ),
    )
    try:
        # From here on it is no run's any more: clean-up knows a course by its name, and an object by the journal.
        workspace.courses.keep(assignment.course.id, f"{UPGRADE_NAME} {workspace.mark}", text)
        for entry in promised:
            workspace.journal.settle(entry["id"])
        os.write(descriptor, text.encode())
        os.fsync(descriptor)
    except BaseException:  # Ctrl-C, too: of what stays, the file tells
        os.ftruncate(descriptor, 0)
        workspace.remove_what_waited()
        raise
