"""What Moodle tells people in its own notifications, beside mail: message/output/popup/externallib.php."""

from __future__ import annotations

from clients.moodle.ajax import ajax
from clients.moodle.client import MoodleClient
from clients.moodle.model import Person

LATEST = 20
"""Notifications that are asked for, the newest first."""


def notifications(site: MoodleClient, person: Person) -> list[str]:
    """The subjects of somebody's latest notifications; `site` is their own session."""
    found = ajax(site, "message_popup_get_popup_notifications", useridto=person.id, limit=LATEST, offset=0)
    return [str(one["subject"]) for one in found["notifications"]]
