"""What Moodle's database says of the plugin: its upgrade log, its tables, its task; and what its user may there."""

from __future__ import annotations

from itertools import pairwise

from clients.addresses import COMPONENT
from clients.errors import NotCheckable
from clients.server.host import Entry, Host

NOTICE, ERROR = 1, 2
"""Types of entries in mdl_upgrade_log: lib/upgradelib.php, UPGRADE_LOG_NOTICE and UPGRADE_LOG_ERROR."""

TABLES = "assignsubmission_s3v"


def expect_upgrade_logged(host: Host) -> int:
    """The log tells of the plugin's installation or upgrade; returns how many entries there are."""
    entries = _upgrade_log(host)
    if not entries:
        raise AssertionError(f"expected entries of {COMPONENT} in the upgrade log, seen none")
    return len(entries)


def expect_no_upgrade_error(host: Host) -> str:
    """The upgrade to the plugin's newest version left no error; returns the version."""
    return _expect_none(_upgrade_log(host), ERROR, "error")


def expect_no_upgrade_warning(host: Host) -> str:
    """The upgrade to the plugin's newest version left no notice; returns the version."""
    return _expect_none(_upgrade_log(host), NOTICE, "warning")


def _upgrade_log(host: Host) -> list[Entry]:
    if host.facts.upgrade_log is None:
        raise NotCheckable(f"the database of Moodle lets PHP on {host.shell.name} not in: ask there, and sign")
    return host.facts.upgrade_log


def _expect_none(entries: list[Entry], kind: int, what: str) -> str:
    if not entries:
        raise NotCheckable(f"the upgrade log has no entry of {COMPONENT}")
    newest = entries[-1].version
    found = [entry.info for entry in entries if entry.type >= kind and entry.version == newest]
    if found:
        raise AssertionError(f"expected no {what} in the upgrade log of {newest}, seen “{found[0][:200]}”")
    return newest


def expect_may_create(host: Host) -> None:
    """Moodle's user of the database may create tables."""
    if host.facts.may_create is None:
        raise NotCheckable(f"the database of Moodle lets PHP on {host.shell.name} not in: ask there, and sign")
    if not host.facts.may_create:
        raise AssertionError("expected Moodle's database user to be allowed CREATE, seen that it is not")


def expect_schema(host: Host) -> None:
    """The plugin's tables are as its install.xml says."""
    told = host.schema()
    lines = told.splitlines()
    if wrong := [f"{table}: {what.strip(' *')}" for table, what in pairwise(lines) if table.startswith(TABLES)]:
        raise AssertionError(f"expected the plugin's tables to be as install.xml says, seen “{wrong[0][:200]}”")
    if not told:
        raise NotCheckable("Moodle says nothing of its tables: try admin/cli/check_database_schema.php by hand")


def expect_task_listed(host: Host, task: str) -> None:
    """Moodle's command line lists the scheduled task."""
    if task not in host.tasks():
        raise AssertionError(f"expected {task} in the list of scheduled_task.php, seen no such task")
