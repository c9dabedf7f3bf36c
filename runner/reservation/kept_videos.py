"""Videos that stay on the site for a later run, which has them cleaned up (4.2): the plugin counts in whole days, so no
run can make one of its own old enough.

Each is in a course of its own, which clean-up leaves alone. There are four at most: a nightly run finds two of two
nights ago, and leaves two of its own. Two, as one of them loses its object, and must not keep the task from the other.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable

import media
from clients.moodle.assignments import save_submission
from clients.plugin import api as plugin_api
from clients.plugin.video_list import listed
from runner.configuration.connect import new_site
from runner.configuration.environment import Environment
from runner.configuration.naming import KEEPER, KEPT_NAME
from runner.reservation.workspace import Workspace

MOST = 4

EACH_RUN = 2


class KeptVideos:
    """`remember` takes secrets."""

    def __init__(self, workspace: Workspace, environment: Environment, remember: Callable[[str], None]) -> None:
        self._workspace = workspace
        self._environment = environment
        self._remember = remember

    def leave(self) -> None:
        """Removes the courses whose video was cleaned up, and leaves EACH_RUN videos where there are MOST then at most.

        Does nothing where the suite creates nobody.
        """
        if self._environment.accounts.given is not None:
            return
        workspace, courses, left = self._workspace, self._workspace.courses, 0
        for course, name in courses.within(workspace.category).items():
            if name.startswith(KEPT_NAME):
                if listed(workspace.site, courseid=course, status="ready"):
                    left += 1
                else:
                    courses.delete(course)
        for _ in range(min(EACH_RUN, MOST - left)):
            self._leave_one()

    def _leave_one(self) -> None:
        workspace, clip = self._workspace, media.MP4
        mark = f"{workspace.mark} {secrets.token_hex(3)}"
        short_name = f"s3va-kept-{mark.replace(' ', '-')}"
        course = workspace.courses.create(workspace.category, f"{KEPT_NAME} {mark}", short_name)
        assignment, person = workspace.new_assignment(course), workspace.set_apart(KEEPER, course)
        self._remember(person.password)
        site = new_site(self._environment)
        site.login(person.username, person.password)
        for secret in (site.sesskey, *(cookie.value or "" for cookie in site.session.cookies)):
            self._remember(secret)
        _, key = plugin_api.upload(site, assignment, clip, self._environment.verify)
        save_submission(site, assignment, key, clip.bytes, clip.mime)
