"""Steps 2.3, 2.4 and 2.6 as an administrator sees them afterwards. What is not as it should be is an AssertionError."""

from __future__ import annotations

import re

from checks.message_quality import UNTRANSLATED
from checks.tasks import expect_enabled, expect_named, expect_registered
from clients.addresses import COMPONENT, DASHBOARD, MANAGE_VIDEOS, PLUGIN
from clients.errors import NotCheckable, SiteError
from clients.moodle.client import MoodleClient
from clients.moodle.html import query, text
from clients.moodle.tasks import Task
from clients.plugin.administration import is_default, plugin, position

TASK = rf"{COMPONENT}\task\cleanup_videos"

UNFINISHED = {
    "status-new": "a plugin that is not installed yet",
    "status-upgrade": "an upgrade that is not done yet",
    "status-downgrade": "files that are older than the tables",
    "status-nodb": "a plugin without tables",
    "status-missing": "a plugin without files",
    "status-delete": "a plugin that is to be deleted",
}
"""Classes of a row of the plugins overview whose files and tables do not agree: lib/classes/plugin_manager.php."""

NOT_FOR_THE_WEB = (
    "/vendor/composer/installed.json",
    "/vendor/composer/LICENSE",
    "/vendor/aws/aws-sdk-php/composer.json",
    f"{PLUGIN}/vendor/composer/installed.json",
    f"{PLUGIN}/vendor/composer/LICENSE",
)

HISTORY = (f"{PLUGIN}/.git/HEAD", f"{PLUGIN}/.git/config")

CAPABILITY = "assignsubmission/s3video:"

CAPABILITIES = {
    "student": ("use",),
    "editingteacher": ("use", "view"),
    "manager": ("view", "manage"),
}
"""Appendix C of the checklist: what the roles with these short names are allowed of `assignsubmission/s3video:…`."""

TOO_MUCH = {"student": ("view", "manage"), "editingteacher": ("manage",)}
"""What appendix C leaves to the roles above."""

NAMED = re.compile(r"\bS3\b.*vid|vid.*\bS3\b", re.I)
"""A name of S3 Video, in whatever language."""

NO_TABLE = re.compile(r"database|dmlread|doesn't exist|does not exist", re.I)


class Installation:
    """`site` is an administrator's session."""

    def __init__(self, site: MoodleClient) -> None:
        self._site = site

    def expect_unreadable(self, *paths: str) -> None:
        """Nobody gets any of these files from the web server."""
        answers = {path: self._site.get(path) for path in paths}
        if read := [path for path, answer in answers.items() if answer.ok and not answer.history]:
            raise AssertionError(f"expected files that are not for the web to be refused, seen {', '.join(read)}")

    def expect_upgraded(self) -> str:
        """Files and tables are of one version, which is returned."""
        page = self._site.open("Reading the plugins overview", "/admin/plugins.php")
        row = page.select_one(f"tr.name-{COMPONENT}")
        if row is None:
            raise AssertionError(f"expected {COMPONENT} in the plugins overview, seen no such row")
        if unfinished := [UNFINISHED[one] for one in row.get_attribute_list("class") if one in UNFINISHED]:
            raise AssertionError(f"expected the upgrade to be complete, seen {', '.join(unfinished)}")
        shown = re.search(r"\b20\d{8}\b", text(row))
        found = plugin(self._site)
        if found is None or shown is None or shown.group() != found.version:
            raise AssertionError(
                f"expected one version, seen {shown.group() if shown else 'none'} in the plugins overview and "
                f"{found.version if found else 'none'} in the list of submission plugins"
            )
        return found.version

    def expect_version(self, wanted: str | None) -> str:
        """The plugin is of the version that was decided for this site, by its release or its number; returns both.

        Raises NotCheckable where nobody has decided.
        """
        if wanted is None:
            raise NotCheckable(
                "give the version that is to be installed, such as 1.0.0, as plugin_version in [decided]"
            )
        shown = self.versions()
        if wanted not in shown:
            raise AssertionError(f"expected version {wanted} of the plugin, seen {' '.join(shown) or 'none'}")
        return " ".join(shown)

    def versions(self) -> list[str]:
        """What the plugins overview calls the plugin's version: its release and its number."""
        page = self._site.open("Reading the plugins overview", "/admin/plugins.php")
        return text(page.select_one(f"tr.name-{COMPONENT} .version")).split()

    def expect_position(self, wanted: int | None) -> int:
        """The plugin stands at that place in the list of submission plugins, counted from 1; returns it.

        Raises NotCheckable where nobody has decided.
        """
        if wanted is None:
            raise NotCheckable("give the plugin's place among the submission plugins, from 1, as position in [decided]")
        found = position(self._site)
        if found != wanted:
            raise AssertionError(f"expected S3 Video at place {wanted} of the submission plugins, seen it at {found}")
        return found

    def expect_default(self, wanted: bool | None) -> bool:
        """The form of a new assignment, here one of the site's home, has the plugin on, or off, as was decided.

        Raises NotCheckable where nobody has decided.
        """
        if wanted is None:
            raise NotCheckable(
                "say whether new assignments are to take videos by themselves: on_by_default in [decided]"
            )
        on = is_default(self._site)
        if on is not wanted:
            words = {True: "switched on", False: "switched off"}
            raise AssertionError(f"expected S3 Video {words[wanted]} in a new assignment's form, seen it {words[on]}")
        return on

    def expect_capabilities(self) -> None:
        """The default roles of appendix C are allowed the plugin's capabilities.

        Raises NotCheckable where the site has not one of these roles.
        """
        permissions = self._permissions()
        defined = {name for allowed in permissions.values() for name in allowed}
        wanted = dict.fromkeys(name for names in CAPABILITIES.values() for name in names)
        if undefined := [f"s3video:{name}" for name in wanted if name not in defined]:
            raise AssertionError(
                "expected the capabilities of the checklist's appendix C among those that a role can be given, seen no "
                f"{', '.join(undefined)} there"
            )
        missing = [
            f"s3video:{name} for the {role}"
            for role, names in CAPABILITIES.items()
            for name in names
            if not permissions[role].get(name)
        ]
        if missing:
            raise AssertionError(
                "expected the capabilities of the checklist's appendix C to be allowed to their default roles, seen "
                f"these missing: {', '.join(missing)}"
            )

    def expect_no_capability_too_many(self) -> None:
        """No default role is allowed what appendix C leaves to those above. Raises NotCheckable as above."""
        permissions = self._permissions()
        if over := [
            f"s3video:{name} for the {role}"
            for role, names in TOO_MUCH.items()
            for name in names
            if permissions[role].get(name)
        ]:
            raise AssertionError(f"expected no capability beyond appendix C, seen {', '.join(over)}")

    def _permissions(self) -> dict[str, dict[str, bool]]:
        """By role which of the plugin's capabilities there are, and whether it is allowed them."""
        page = self._site.open("Listing the roles", "/admin/roles/manage.php")
        ids = {text(cell): row for row in page.select("table tbody tr") for cell in row.select("td")}
        if absent := ", ".join(CAPABILITIES.keys() - ids.keys()):
            raise NotCheckable(f"the site has no role with the short name {absent}")
        permissions = {}
        for role in CAPABILITIES:
            link = ids[role].select_one("a[href*='roleid=']")
            assert link is not None
            permissions[role] = self._permissions_of(int(query(str(link["href"]))["roleid"]))
        return permissions

    def _permissions_of(self, role: int) -> dict[str, bool]:
        page = self._site.open("Reading a role", "/admin/roles/define.php", action="view", roleid=role)
        rows = {text(row.select_one(".cap-name")): row for row in page.select("tr.rolecap")}
        return {
            name.removeprefix(CAPABILITY): row.select_one("td.allow") is not None
            for name, row in rows.items()
            if name.startswith(CAPABILITY)
        }

    def expect_task_registered(self) -> None:
        expect_registered(Task(self._site, TASK))

    def expect_task_named(self) -> str:
        return expect_named(Task(self._site, TASK))

    def expect_task_enabled(self) -> None:
        expect_enabled(Task(self._site, TASK))

    def expect_tables(self) -> None:
        """The plugin's pages that read its two tables are answered from them."""
        for table, page in (("assignsubmission_s3video", MANAGE_VIDEOS), ("assignsubmission_s3v_log", DASHBOARD)):
            try:
                self._site.open(f"Reading the table {table}", page)
            except SiteError as reason:
                if NO_TABLE.search(str(reason)):
                    raise AssertionError(f"expected the table {table}, seen: {reason}") from reason
                raise NotCheckable(f"the page that reads {table} does not open: {reason}") from reason

    def expect_listed(self) -> str:
        """The list of submission plugins has S3 Video, by a name that a person finds; returns that."""
        found = plugin(self._site)
        if found is None:
            raise AssertionError("expected S3 Video in the list of submission plugins, seen no such row")
        if UNTRANSLATED.search(found.name) or not NAMED.search(found.name):
            raise AssertionError(
                f"expected the list of submission plugins to call it S3 Video, seen {found.name or 'no name'}"
            )
        return found.name

    def expect_enabled(self) -> None:
        found = plugin(self._site)
        if found is None or not found.enabled:
            raise AssertionError("expected S3 Video to be enabled, seen its eye closed")
