"""Tells a firewall in front of the site from the plugin: what the one refuses, the other has never seen."""

from __future__ import annotations

from collections.abc import Mapping

import media
from clients.addresses import LOGIN
from clients.errors import NotCheckable
from clients.http_result import HttpResult
from clients.moodle.client import MoodleClient
from clients.moodle.html import is_moodles
from clients.moodle.model import Assignment
from clients.plugin.api import request_upload

REFUSED = 400
"""From this status on."""


def expect_seen(site: MoodleClient, answer: HttpResult, asked: Mapping[str, str]) -> None:
    """The site has answered what was `asked`, and nothing before it: raises NotCheckable where something has.

    The log-in page takes no such parameters. Who refuses them there as well, is not the plugin.
    """
    if answer.status < REFUSED or is_moodles(answer.text) or answer.is_json:
        return
    control = HttpResult.of(site.get(LOGIN, **asked))
    if control.status == answer.status and not is_moodles(control.text):
        title = control.page.title.get_text(strip=True) if control.page.title else ""
        told = ", ".join(f"{name}={value}" for name, value in asked.items())
        raise NotCheckable(
            f"something in front of the site refuses {told} wherever it is asked (status {control.status}"
            f"{f', “{title}”' if title else ''}), so the plugin never saw it: have that firewall let this machine "
            "through, or try it behind it"
        )


def expect_name_seen(site: MoodleClient, assignment: Assignment, clip: media.Clip) -> None:
    """Nothing in front of the site refuses this file's name, so the plugin gets to see it. Raises NotCheckable."""
    name = clip.path.name
    expect_seen(site, request_upload(site, assignment.id, name, clip.bytes, clip.mime), {"filename": name})
