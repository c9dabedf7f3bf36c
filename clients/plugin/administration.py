"""What an administrator sees and sets of the plugin: version, whether it is enabled, its settings; and of Moodle."""

from __future__ import annotations

import re
from collections.abc import Mapping

import requests
from bs4 import BeautifulSoup, Tag

from clients import steps
from clients.addresses import COMPONENT, MODULE_SETTINGS, SETTINGS
from clients.errors import SiteError
from clients.moodle.client import MoodleClient
from clients.moodle.html import failure, lines, query, quote, text
from clients.moodle.model import Plugin, Settings

SETTING = f"s_{COMPONENT}_"
PLUGINS = "/mod/assign/adminmanageplugins.php"
SUBMISSIONS = {"subtype": "assignsubmission"}
SITE_COURSE = 1
"""Of each Moodle: the site's home is a course."""


class NotKept(SiteError):
    """The site took a setting's value, and has another one since."""


def release(site: MoodleClient) -> str:
    """Moodle's release, such as "4.5.6"; needs an administrator."""
    page = site.open("Reading Moodle's release", "/admin/index.php")
    found = re.search(r"\d+\.\d+(\.\d+)?", text(page.select_one(".copyright")))
    if found is None:
        raise SiteError(
            f"Moodle's release is not shown at {site.where}. {quote(page)} "
            "Use an administrator, and finish a pending upgrade."
        )
    return found.group()


def concurrent_logins(site: MoodleClient) -> int:
    """How many sessions the site allows an account at a time, 0 for any number; needs an administrator."""
    response = site.get(SETTINGS, section="manageauths")
    chosen = BeautifulSoup(response.text, "lxml").select_one("[name=s__limitconcurrentlogins] option[selected]")
    return int(str(chosen["value"])) if chosen else 0


def plugin(site: MoodleClient) -> Plugin | None:
    """The S3 Video plugin as the list of submission plugins shows it, None if it is not installed."""
    page = site.open("Listing the submission plugins", PLUGINS, **SUBMISSIONS)
    for row in page.select("table tbody tr"):
        switches = _switches(row)
        if switches:
            version = re.search(r"\b20\d{8}\b", text(row))
            return Plugin(version.group() if version else "", "hide" in switches, text(row.select_one("td")))
    return None


def position(site: MoodleClient) -> int:
    """The plugin's place in the list of submission plugins, from 1; 0 if it is not there."""
    page = site.open("Listing the submission plugins", PLUGINS, **SUBMISSIONS)
    return next((place for place, row in enumerate(page.select("table tbody tr"), 1) if _switches(row)), 0)


def _switches(row: Tag) -> list[str]:
    """What can be done to the plugin in a row of the list; nothing in another plugin's."""
    links = [query(str(link["href"])) for link in row.select("a[href]")]
    return [link["action"] for link in links if link.get("plugin") == "s3video" and "action" in link]


def is_default(site: MoodleClient) -> bool:
    """Whether a new assignment takes videos unless somebody switches that off; nothing is created."""
    step = "Opening the form of a new assignment"
    page = site.open(step, MODULE_SETTINGS, add="assign", course=SITE_COURSE, section=0)
    fields = page.select(f"select[name={COMPONENT}_enabled], input[type=checkbox][name={COMPONENT}_enabled]")
    if not fields:
        raise SiteError(f"{step} failed at {site.where}: it does not offer S3 Video. {quote(page)}")
    field = fields[-1]  # 1.0.0 has a select of its own after Moodle's checkbox, and PHP takes the last
    chosen = field.select_one("option[selected]")
    return field.has_attr("checked") or (chosen is not None and chosen["value"] == "1")


def switch_plugin(site: MoodleClient, *, on: bool) -> None:
    """Presses the plugin's eye in the list of submission plugins, and looks whether that did it."""
    step = f"{'Enabling' if on else 'Disabling'} S3 Video"
    steps.step(site.session.sender, f"{'Enable' if on else 'Disable'} S3 Video in the list of submission plugins.")
    plugin(site)  # for a sesskey that holds
    pressed = {"action": "show" if on else "hide", "plugin": "s3video", "sesskey": site.sesskey}
    site.open(step, PLUGINS, **SUBMISSIONS, **pressed)
    found = plugin(site)
    if found is None or found.enabled is not on:
        raise SiteError(
            f"{step} had no effect at {site.base_url}{PLUGINS}: expected its eye to be {'open' if on else 'closed'}. "
            "Try it there by hand."
        )


def enable_plugin(site: MoodleClient) -> bool:
    """Returns whether that was necessary."""
    found = plugin(site)
    if found is not None and found.enabled:
        return False
    switch_plugin(site, on=True)
    return True


def plugin_settings(site: MoodleClient) -> Settings:
    """The plugin's settings."""
    return _shown(site, site.open("Reading the plugin's settings", SETTINGS, section=COMPONENT))


def _shown(site: MoodleClient, page: BeautifulSoup) -> Settings:
    settings, forced, one_line, masked = {}, [], [], []
    words, defaults, labels = {}, {}, {}
    for control in page.select(f"#adminsettings [name^={SETTING}]"):
        name = str(control["name"]).removeprefix(SETTING)
        # HTML drops a newline right after <textarea>; the parser does not.
        written = control.get_text().removeprefix("\n")
        settings[name] = written if control.name == "textarea" else str(control.get("value", ""))
        if control.name == "select":
            chosen = control.select_one("option[selected]")
            settings[name] = str(chosen["value"]) if chosen else ""
        if control.get("type") == "checkbox":
            settings[name] = "1" if control.has_attr("checked") else "0"
        if control.has_attr("disabled"):
            forced.append(name)
        if control.name != "textarea":
            one_line.append(name)
        if control.get("type") == "password":
            masked.append(name)
        if (row := control.find_parent(class_="form-item")) is not None:
            words[name] = " ".join(filter(None, map(text, row.select(".form-label label, .form-description"))))
            labels[name] = text(row.select_one(".form-label label"))
            defaults[name] = text(row.select_one(".form-defaultinfo")).rpartition(":")[2].strip()
    if not settings:
        raise SiteError(f"No settings of {COMPONENT} at {site.where}. {quote(page)} Is it installed?")
    return Settings(settings, forced, words, defaults, labels, one_line, masked)


def save_plugin_settings(site: MoodleClient, changes: Mapping[str, str]) -> None:
    """Saves these settings, leaves the others alone, and reads them back."""
    step = f"Saving the plugin's settings {', '.join(sorted(changes))}"
    response = _save(site, step, changes)
    stored = plugin_settings(site)
    lost = [name for name, value in changes.items() if lines(stored.get(name, "")) != lines(value)]
    if lost:
        raise NotKept(f"{step} failed at {response.url}: the site did not keep {', '.join(lost)}.")


def saved_settings(site: MoodleClient, values: Mapping[str, str]) -> tuple[Settings, dict[str, str]]:
    """Saves these settings; gives all as the page shows them that answers, and what it says against any of them.

    One that it refuses it may show as it was sent.
    """
    page = BeautifulSoup(_save(site, "Saving the plugin's settings", values).text, "lxml")
    rows = {name: page.select_one(f".form-item:has([name={SETTING}{name}])") for name in values}
    said = {name: text(row.select_one(".error")) for name, row in rows.items() if row is not None}
    return _shown(site, page), {name: words for name, words in said.items() if words}


def _save(site: MoodleClient, step: str, changes: Mapping[str, str]) -> requests.Response:
    response = site.post(
        f"{SETTINGS}?section={COMPONENT}",
        {
            "section": COMPONENT,
            "action": "save-settings",
            **{SETTING + name: value for name, value in changes.items()},
        },
    )
    if not response.ok:
        raise failure(step, response)
    return response
