"""Site administration > Server and > Development: maintenance mode, the caches, and what shows texts' identifiers."""

from __future__ import annotations

from dataclasses import dataclass

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


@dataclass(frozen=True)
class SiteSwitch:
    """A setting of the site that is on or off: where it stands, and its `name` in a sentence."""

    section: str
    field: str
    name: str


MAINTENANCE_MODE = SiteSwitch(MAINTENANCE, "s__maintenance_enabled", "the site's maintenance mode")
"""While it is on the site lets in administrators alone."""

STRING_IDS = SiteSwitch(DEBUGGING, "s__debugstringids", "“Show origin of languages strings”")
"""While it is on each text tells its identifier to who adds `?strings=1` to an address."""


def is_on(site: MoodleClient, which: SiteSwitch) -> bool:
    """What the site's settings say; `site` is a session of an administrator."""
    page = site.open(f"Reading {which.name}", SETTINGS, section=which.section)
    shown = page.select_one(f"[name={which.field}] option[selected], input[type=checkbox][name={which.field}]")
    if shown is None:
        raise SiteError(f"Reading {which.name} failed at {site.where}: no such setting. {quote(page)}")
    return shown.has_attr("checked") if shown.name == "input" else shown["value"] == "1"


def switch(site: MoodleClient, which: SiteSwitch, *, on: bool) -> None:
    """Saves the setting, and looks whether that did it."""
    state = "on" if on else "off"
    steps.step(site.session.sender, f"Switch {which.name} {state}.")
    is_on(site, which)  # for a sesskey that holds
    asked = {"section": which.section, "action": "save-settings", which.field: int(on)}
    response = site.post(f"{SETTINGS}?section={which.section}", asked)
    if not response.ok:
        raise failure(f"Switching {which.name} {state}", response)
    if is_on(site, which) is not on:
        raise SiteError(
            f"Switching {which.name} {state} had no effect at {site.url(SETTINGS)}?section={which.section}. Try it "
            "there by hand."
        )


def switch_off(site: MoodleClient, which: SiteSwitch) -> bool:
    """Returns whether that was necessary."""
    if not is_on(site, which):
        return False
    switch(site, which, on=False)
    return True


def maintenance_message(site: MoodleClient) -> str:
    """What the site's setting has people read meanwhile, without its markup; `site` is an administrator's session."""
    page = site.open("Reading the site's maintenance message", SETTINGS, section=MAINTENANCE)
    field = page.select_one("[name=s__maintenance_message]")
    return " ".join(plain(field.get_text()).split()) if field else ""


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
