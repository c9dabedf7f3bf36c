"""The newest backups on the server: of the database and of Moodle's files."""

from __future__ import annotations

from clients.errors import NotCheckable
from clients.server.host import Backup, Host
from clients.words import some

NEWEST = 26
"""Hours: one a night, and some to spare."""

TABLES = ("assignsubmission_s3video", "assignsubmission_s3v_log")

HERE = {
    "database": "a dump of the database (*.sql or *.sql.gz)",
    "files": "an archive of Moodle's files (*.tar.gz or *.tgz)",
}


def expect_new(host: Host, kind: str) -> str:
    """There is one of the last day; returns its age."""
    backup = _newest(host, kind)
    hours = backup.age / 3600
    if hours > NEWEST:
        raise AssertionError(f"expected {HERE[kind]} of the last {NEWEST} hours, seen the newest {hours:.0f} hours old")
    return f"{hours:.1f} hours"


def expect_whole(host: Host) -> dict[str, int]:
    """Each newest one can be unpacked to its end, and is Moodle's; returns the bytes of each."""
    found = {kind: _newest(host, kind) for kind in HERE}
    for kind, backup in found.items():
        if not backup.whole:
            raise AssertionError(f"expected {HERE[kind]} that is whole, seen one that is cut off or damaged")
    expect_tables(host)
    if "config.php" not in found["files"].holds:
        raise AssertionError(f"expected config.php in {HERE['files']}, seen no such file")
    return {kind: backup.bytes for kind, backup in found.items()}


def expect_tables(host: Host) -> None:
    """The newest dump has the plugin's tables."""
    held = _newest(host, "database").holds
    if missing := [table for table in TABLES if table not in held]:
        raise AssertionError(
            f"expected the plugin's tables in the newest dump, seen it without {' and '.join(missing)}"
        )


def expect_restored(host: Host) -> str:
    """The database into which somebody has restored a dump is Moodle's, whole; returns the plugin's version there."""
    name, facts = host.shell.place.restored, host.facts
    if name is None:
        raise NotCheckable(
            "a restore writes, so the suite does none: restore the newest dump into an empty database beside Moodle's, "
            "and name it restored in [server]; or sign"
        )
    if facts.missing is None:
        raise NotCheckable(f"Moodle's database user reads no database {name} beside Moodle's own: let it, or sign")
    if facts.missing:
        raise AssertionError(f"expected all of Moodle's tables in {name}, seen it without {some(facts.missing)}")
    if facts.restored is None:
        raise AssertionError(f"expected the plugin to be installed in {name}, seen no version of it")
    return facts.restored


def _newest(host: Host, kind: str) -> Backup:
    found = host.backups().get(kind)
    if found is None:
        raise AssertionError(f"expected {HERE[kind]} in {host.shell.place.backups}, seen none")
    return found
