"""Steps 2.1, 3.1 and 4.8: the newest backups, as they lie on the server."""

import pytest

from checks.server_backups import expect_new, expect_restored, expect_tables, expect_whole
from clients.server.host import Host
from runner.pytest_plugin.lines import Lines

pytestmark = pytest.mark.production


@pytest.mark.lines("2.1.2", "3.1.4", "3.1.5", "3.1.6", "4.8.2")
def test_backups(host: Host, line: Lines) -> None:
    """Who deploys the plugin has a backup to go back to."""
    for box in ("2.1.2", "3.1.4"):
        with line(box, "The newest dump of the database is of the last day") as evidence:
            evidence["age"] = expect_new(host, "database")
    with line("3.1.5", "The newest archive of Moodle's files is of the last day") as evidence:
        evidence["age"] = expect_new(host, "files")
    with line("3.1.6", "Dump and archive can be read to their end, and hold what belongs there") as evidence:
        evidence["bytes"] = expect_whole(host)
    with line("4.8.2", "A dump has been restored, with all of Moodle's tables") as evidence:
        evidence["version"] = expect_restored(host)
    with line("4.8.2", "The newest dump has the plugin's tables", extra=True):
        expect_tables(host)
