"""Moodle's scheduled tasks, as an administrator finds them: the list, "Run now", and the logs.

Pages and words as of Moodle 4.1 to 5.0: admin/tool/task/, admin/tasklogs.php, lib/classes/cron.php.
"""

from __future__ import annotations

import re

from bs4 import BeautifulSoup, Tag

from clients.errors import NotCheckable
from clients.moodle.client import MoodleClient
from clients.moodle.html import query, quote, text

RUN_NOW = "/admin/tool/task/schedule_task.php"
LOGS = "/admin/tasklogs.php"

RUNNING = 120
"""Seconds."""

DONE = "Scheduled task complete"
TROUBLE = re.compile(r"ERROR|WARNING|Failed to|(?:Scheduled|Adhoc) task failed|Unexpected|Skipping")
"""How Moodle, and the plugin 1.0.0, tell of what went wrong; their summaries count what "failed", in small letters."""


TOLD = re.compile(r"\bno\b.*\bvideos?\b|\bdeleted\b|\d+ videos? processed", re.I)
"""What a log has in it that tells what was cleaned up, if only that nothing was."""


class Task:
    """A scheduled task by its class; `site` is an administrator's session."""

    def __init__(self, site: MoodleClient, name: str) -> None:
        self.name = name
        self._site = site

    def row(self) -> Tag:
        """Its row in the list. Raises AssertionError where it is not registered."""
        page = self._site.open("Reading the scheduled tasks", "/admin/tool/task/scheduledtasks.php")
        for row in page.select("table tbody tr"):
            if self.name in text(row):
                return row
        raise AssertionError(f"expected the task {self.name} among the scheduled tasks, seen none")

    def expect_daily(self, hour: int) -> None:
        """Every day at that full hour, in the site's time."""
        seen = [text(cell) for cell in self.row().select("td.text-ltr")]
        if seen != (wanted := ["0", str(hour), "*", "*", "*"]):
            raise AssertionError(f"expected the schedule {' '.join(wanted)}, seen {' '.join(seen) or 'none'}")

    def expect_has_run(self, hour: int) -> str:
        """Moodle has run it by itself at that full hour, without trouble; returns when, as the page tells.

        Raises NotCheckable where its last run was another one, or there was none.
        """
        row = self.row()
        delay = text(row.select_one("td.c11"))
        if delay.isdigit() and int(delay):
            raise AssertionError(f"expected the task's last run to end well, seen Moodle wait {delay} s after it")
        last = row.select_one("td.c4")
        for link in last.select("div, a[href*='schedule_task']") if last else ():
            link.extract()
        if not re.search(rf"\b0?{hour}[:.]0\d\b(?!\s*p)", when := text(last), re.I):
            raise NotCheckable(
                f"the task's last run was “{when or 'never'}”, and not at {hour} AM by itself: run this in the morning "
                "after a night in which cron ran, or look at the logs of the task, and sign"
            )
        return when

    def expect_runnable(self) -> None:
        """Raises NotCheckable where the site does not let an administrator run it from the browser."""
        answer = self._site.get(RUN_NOW, task=self.name)
        page = BeautifulSoup(answer.text, "lxml")
        if not answer.ok or page.select_one("form input[name=confirm]") is None:
            raise NotCheckable(
                f"the site does not run tasks from the browser: {quote(page)} Set the path to the PHP CLI under Site "
                "administration > Server > System paths, or run it on the server, look at what became of old videos, "
                rf"and sign: php admin/cli/scheduled_task.php --execute='\{self.name}'"
            )

    def run(self) -> str:
        """Runs it now; returns what it says."""
        step = f"Running the task {self.name}"
        page = self._site.send(step, RUN_NOW, {"task": self.name, "confirm": 1}, timeout=RUNNING)
        return output(page)

    def last_log(self) -> int:
        """The number of its last log, 0 without one."""
        page = self._site.open("Listing the logs of tasks", LOGS, filter=self.name)
        rows = [row for row in page.select("tbody tr") if self.name in text(row)]
        links = [query(str(link["href"])) for row in rows for link in row.select("a[href*='logid=']")]
        return max((int(link["logid"]) for link in links), default=0)

    def expect_logged(self, *, after: int) -> str:
        """There is a log with a number higher than `after`, in which the plugin says what it did; returns that.

        Raises NotCheckable where the site keeps no logs of tasks.
        """
        number = self.last_log()
        if number <= after:
            raise NotCheckable(
                "the site keeps no log of this run: set Site administration > Server > Tasks > Task logging to all runs"
            )
        said = self._site.get(LOGS, logid=number, download=1).text
        if not TOLD.search(said):
            raise AssertionError(f"expected the log to tell what was cleaned up, seen “{said[-300:]}”")
        return said


def output(page: BeautifulSoup) -> str:
    """What a task said on the page that ran it: within it or after its footer, with a class or, up to 4.5, without.

    Raises NotCheckable for a page that shows it in another way.
    """
    shown = page.select_one("pre.task-output") or page.select_one("[role=main] pre") or page.select_one("pre")
    if shown is None:
        raise NotCheckable(
            f"the page that ran the task does not show what it said where any known Moodle does. {quote(page)} Look at "
            "the task's log under Site administration > Server > Tasks > Task logs, and sign"
        )
    return text(shown)


def expect_success(said: str, done: str = DONE) -> None:
    """A task that says this has ended, as `done` tells, and met no trouble."""
    if trouble := [line for line in said.splitlines() if TROUBLE.search(line)]:
        raise AssertionError(f"expected the task to run without trouble, seen “{trouble[0][:300]}”")
    if done not in said:
        raise AssertionError(f"expected the task to end, seen “{said[-300:]}”")
