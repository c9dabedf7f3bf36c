"""Where things are below a Moodle site, the two names that the plugin has there, and how reports show an address."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import parse_qsl, urlsplit

COMPONENT = "assignsubmission_s3video"
"""What Moodle calls the plugin: in its settings, its texts and its modules of JavaScript."""

PLUGIN = "/mod/assign/submission/s3video"
"""The plugin's own folder."""

VIDEO_PAGE = f"{PLUGIN}/view_video.php"
DOWNLOAD = f"{PLUGIN}/download_video.php"
DASHBOARD = f"{PLUGIN}/dashboard.php"
MANAGE_VIDEOS = f"{PLUGIN}/videomanagement.php"
UPLOAD_URL = f"{PLUGIN}/ajax/get_upload_url.php"
CONFIRMATION = f"{PLUGIN}/ajax/confirm_upload.php"
PLAYBACK_URL = f"{PLUGIN}/ajax/get_playback_url.php"

ENGLISH = {"lang": "en"}
"""Asked for once in the query of any page, Moodle speaks it for the rest of the session; log-in begins a new one."""

AJAX = "/lib/ajax/service.php"
"""Moodle's external functions, for its pages' scripts."""

LOGIN = "/login/index.php"
LOGOUT = "/login/logout.php"
HOME = "/?redirect=0"
"""The site's home, which every site has: a dashboard it may not have."""
OWN = "/user/preferences.php"
"""What everybody sees who is logged in, and nobody else."""
NOTIFICATION_PREFERENCES = "/message/notificationpreferences.php"
ASSIGNMENT = "/mod/assign/view.php"
MODULE_SETTINGS = "/course/modedit.php"
COURSE = "/course/view.php"
COURSE_SETTINGS = "/course/edit.php"
CATEGORIES = "/course/management.php"
PARTICIPANTS = "/user/index.php"
PROFILE = "/user/view.php"
ACCOUNT = "/user/editadvanced.php"
SETTINGS = "/admin/settings.php"
SETTINGS_CATEGORY = "/admin/category.php"
ADMINISTRATION = "/admin/search.php"
ENVIRONMENT = "/admin/environment.php"
MAINTENANCE = "maintenancemode"
DEBUGGING = "debugging"
"""The section of the site's settings."""
PURGE_CACHES = "/admin/purgecaches.php"

VIDEO = re.compile(r"(?<=/videos/)(\d+)/.+")
"""Where a video is on S3: the id of its owner, then a name that they chose."""

VIDEO_KEY = re.compile(r"^(videos/\d+/[^/]+)/.+")

LEADS = ("id", "action", "userid", "roleid", "section")
"""Parameters of Moodle's pages that say which one it is."""

LONGEST_VALUE = 60
"""Characters of what is sent as one parameter."""

LONGEST = 300
"""Characters of an address that are shown."""


def shown(address: str) -> str:
    """An address as reports show it: numbers only of its parameters, and of a video whose it is, not its name."""
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https"):
        return f"{parts.scheme}:…"
    asked = parse_qsl(parts.query, keep_blank_values=True)
    query = "&".join(f"{name}={value if value.isdigit() else '…'}" for name, value in asked)
    path = VIDEO.sub(r"\1/…", parts.path)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{path}{'?' if query else ''}{query}"[:LONGEST]


def asked(form: object, *, whole: bool = True) -> dict[str, str]:
    """What a request sends, as reports show it: no key of a session, and nothing longer than a line.

    `form` is what requests takes. Of one that is not the plugin's (`whole` is false) what leads somewhere is told.
    """
    pairs = form.items() if isinstance(form, Mapping) else form if isinstance(form, list) else ()
    return {
        str(name): "…" if name == "sesskey" else _cut(VIDEO_KEY.sub(r"\1/…", str(value)))
        for name, value in pairs
        if whole or name in LEADS or "s3video" in str(name)
    }


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}…"


def endpoint(url: str) -> str:
    """`host:port` of an https address, or of a bare host, as a browser names it to a proxy."""
    parts = urlsplit(url if "//" in url else f"//{url}")
    return f"{parts.hostname}:{parts.port or 443}"
