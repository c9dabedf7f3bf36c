"""What Moodle tells people in its own notifications, beside mail.

Sources: externallib.php in message/output/popup/, notification_preferences_component_notification.mustache in
message/templates/.
"""

from __future__ import annotations

from clients.addresses import NOTIFICATION_PREFERENCES
from clients.moodle.ajax import ajax
from clients.moodle.client import MoodleClient
from clients.moodle.model import Account

LATEST = 20
"""Notifications that are asked for, the newest first."""


def notifications(site: MoodleClient, person: Account) -> dict[int, str]:
    """The subjects of somebody's latest notifications, by their ids; `site` is an administrator's session.

    Moodle shows none to whoever has stopped mail, and whether one has is what a session knows from its log-in.
    """
    found = ajax(site, "message_popup_get_popup_notifications", useridto=person.id, limit=LATEST, offset=0)
    return {int(one["id"]): str(one["subject"]) for one in found["notifications"]}


def is_told_of_submissions(site: MoodleClient, person: Account) -> bool:
    """Whether the site lets somebody have notifications of submissions; `site` is an administrator's session."""
    page = site.open("Reading the notification preferences", NOTIFICATION_PREFERENCES, userid=person.id)
    row = "[data-preference-key^=message_provider_mod_assign_assign_notification]"
    return page.select_one(f"{row} [data-processor-name=popup] input[checked]") is not None
