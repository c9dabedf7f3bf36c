"""Site administration > Server and > Development: maintenance mode, the caches, and what shows texts' identifiers."""

from __future__ import annotations

from clients import steps
from clients.addresses import DEBUGGING, MAINTENANCE, PURGE_CACHES, SETTINGS
from clients.errors import SiteError
from clients.moodle.client import MoodleClient
from clients.moodle.first_page import fetch_assets
from clients.moodle.html import failure, plain, quote, text

MAINTENANCE_PAGE = "#page-maintenance-message"
"""The body of what Moodle shows while it is maintained: lib/weblib.php, print_maintenance_message()."""

PURGING = 120
"""Seconds."""


def in_maintenance(site: MoodleClient) -> bool:
    """Whether the site lets in administrators alone; `site` is a session of one."""
    page = site.open("Reading the site's maintenance mode", SETTINGS, section=MAINTENANCE)
    chosen = page.select_one("[name=s__maintenance_enabled] option[selected]")
    if chosen is None:
        raise SiteError(f"Reading the site's maintenance mode failed at {site.where}: no such setting. {quote(page)}")
    return chosen["value"] == "1"


def maintenance_message(site: MoodleClient) -> str:
    """What the site's setting has people read meanwhile, without its markup; `site` is an administrator's session."""
    page = site.open("Reading the site's maintenance message", SETTINGS, section=MAINTENANCE)
    field = page.select_one("[name=s__maintenance_message]")
    return " ".join(plain(field.get_text()).split()) if field else ""


def switch_maintenance(site: MoodleClient, *, on: bool) -> None:
    """Saves the setting, and looks whether that did it."""
    step = f"{'Enabling' if on else 'Disabling'} maintenance mode"
    steps.step(site.session.sender, f"{'Enable' if on else 'Disable'} the site's maintenance mode.")
    in_maintenance(site)  # for a sesskey that holds
    asked = {"section": MAINTENANCE, "action": "save-settings", "s__maintenance_enabled": int(on)}
    response = site.post(f"{SETTINGS}?section={MAINTENANCE}", asked)
    if not response.ok:
        raise failure(step, response)
    if in_maintenance(site) is not on:
        raise SiteError(
            f"{step} had no effect at {site.url(SETTINGS)}?section={MAINTENANCE}: expected it to be "
            f"{'enabled' if on else 'disabled'}. Try it there by hand."
        )


def end_maintenance(site: MoodleClient) -> bool:
    """Returns whether that was necessary."""
    if not in_maintenance(site):
        return False
    switch_maintenance(site, on=False)
    return True


def shows_string_ids(site: MoodleClient) -> bool:
    """Whether each text tells its identifier to who adds `?strings=1` to an address; `site` is an administrator's."""
    page = site.open("Reading the site's debugging settings", SETTINGS, section=DEBUGGING)
    box = page.select_one("input[type=checkbox][name=s__debugstringids]")
    if box is None:
        raise SiteError(f"Reading the site's debugging settings failed at {site.where}: no such setting. {quote(page)}")
    return box.has_attr("checked")


def switch_string_ids(site: MoodleClient, *, on: bool) -> None:
    """Saves the setting, and looks whether that did it."""
    step = f"{'Showing' if on else 'Hiding'} the origin of strings"
    steps.step(site.session.sender, f"Switch “Show origin of languages strings” {'on' if on else 'off'}.")
    shows_string_ids(site)  # for a sesskey that holds
    asked = {"section": DEBUGGING, "action": "save-settings", "s__debugstringids": int(on)}
    response = site.post(f"{SETTINGS}?section={DEBUGGING}", asked)
    if not response.ok:
        raise failure(step, response)
    if shows_string_ids(site) is not on:
        raise SiteError(
            f"{step} had no effect at {site.url(SETTINGS)}?section={DEBUGGING}: expected debugstringids to be "
            f"{'on' if on else 'off'}. Try it there by hand."
        )


def hide_string_ids(site: MoodleClient) -> bool:
    """Returns whether that was necessary."""
    if not shows_string_ids(site):
        return False
    switch_string_ids(site, on=False)
    return True


def purge_caches(site: MoodleClient) -> str:
    """Presses "Purge all caches"; returns what the site says to that.

    What Moodle then makes anew for whoever comes first is asked for, so that no browser has to wait for it.
    """
    step = "Purging all caches"
    steps.step(site.session.sender, "Purge all caches.")
    site.open(step, PURGE_CACHES)  # for a sesskey that holds
    page = site.send(step, PURGE_CACHES, {"confirm": 1}, timeout=PURGING)
    said = page.select_one(".alert-info, .alert-success")
    if said is None:
        raise SiteError(f"{step} failed at {site.where}: the site does not say that it did. {quote(page)}")
    fetch_assets(site, PURGING)
    return text(said)
