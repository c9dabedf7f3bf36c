"""What Moodle tells people in its own notifications, beside mail.

Sources: externallib.php in message/output/popup/, notification_preferences_component_notification.mustache in
message/templates/.
"""

from __future__ import annotations

from clients.addresses import NOTIFICATION_PREFERENCES
from clients.moodle.ajax import ajax
from clients.moodle.client import MoodleClient

LATEST = 20
"""Notifications that are asked for, the newest first."""


def notifications(site: MoodleClient) -> dict[int, str]:
    """The subjects of the latest notifications of whoever's session `site` is, by their ids."""
    found = ajax(site, "message_popup_get_popup_notifications", useridto=0, limit=LATEST, offset=0)
    return {int(one["id"]): str(one["subject"]) for one in found["notifications"]}


def submissions_are_told(site: MoodleClient) -> bool:
    """Whether the site lets whoever's session `site` is have notifications of submissions."""
    page = site.open("Reading the notification preferences", NOTIFICATION_PREFERENCES)
    row = "[data-preference-key^=message_provider_mod_assign_assign_notification]"
    return page.select_one(f"{row} [data-processor-name=popup] input[checked]") is not None
