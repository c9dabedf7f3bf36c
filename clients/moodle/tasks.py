"""Moodle's tasks, as an administrator finds them: the lists of scheduled and of ad hoc ones, "Run now", and the logs.

Pages and words as of Moodle 4.1 to 5.0: admin/tool/task/, admin/tasklogs.php, lib/classes/cron.php.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bs4 import BeautifulSoup, Tag

from clients import steps
from clients.errors import NotCheckable
from clients.moodle.client import MoodleClient
from clients.moodle.html import query, quote, text

RUN_NOW = "/admin/tool/task/schedule_task.php"
LOGS = "/admin/tasklogs.php"
ADHOC, RUN_ADHOC = "/admin/tool/task/adhoctasks.php", "/admin/tool/task/run_adhoctasks.php"

STARTED = "Execute adhoc task"
"""What Moodle says first, in English everywhere, where it runs an ad hoc task."""

CRON = 90
"""Seconds in which a site whose tasks nobody may run by hand should have run them."""

RUNNING = 120
"""Seconds."""


@dataclass(frozen=True)
class Scheduled:
    """A task as the list shows it.

    `name` is what it is called, beside its class; `schedule` are minute, hour, day, month and day of the week, as cron
    has them; `last_run` is in the page's words, empty for never; `delay` the seconds that Moodle waits after a run that
    failed; `words` all that its row says, the names of its classes too.
    """

    name: str
    schedule: list[str]
    last_run: str
    delay: int
    words: str


class Task:
    """A scheduled task by its class; `site` is an administrator's session."""

    def __init__(self, site: MoodleClient, name: str) -> None:
        self.name = name
        self._site = site

    def scheduled(self) -> Scheduled | None:
        """None where it is not registered."""
        page = self._site.open("Reading the scheduled tasks", "/admin/tool/task/scheduledtasks.php")
        for row in page.select("table tbody tr"):
            if self.name in text(row):
                return _scheduled(row)
        return None

    def refusal_to_run(self) -> str:
        """What the site says that does not let an administrator run it from the browser; empty where it does."""
        answer = self._site.get(RUN_NOW, task=self.name)
        page = BeautifulSoup(answer.text, "lxml")
        return "" if answer.ok and page.select_one("form input[name=confirm]") else quote(page)

    def run(self) -> str:
        """Runs it now; returns what it says."""
        step = f"Running the task {self.name}"
        steps.step(self._site.session.sender, f"Run the task {self.name} now, from the list of scheduled tasks.")
        page = self._site.send(step, RUN_NOW, {"task": self.name, "confirm": 1}, timeout=RUNNING)
        return output(page)

    def last_log(self) -> int:
        """The number of its last log, 0 without one."""
        page = self._site.open("Listing the logs of tasks", LOGS, filter=self.name)
        rows = [row for row in page.select("tbody tr") if self.name in text(row)]
        links = [query(str(link["href"])) for row in rows for link in row.select("a[href*='logid=']")]
        return max((int(link["logid"]) for link in links), default=0)

    def log(self, number: int) -> str:
        """What that log says."""
        return self._site.get(LOGS, logid=number, download=1).text


def _scheduled(row: Tag) -> Scheduled:
    words = " ".join([*map(str, row.get_attribute_list("class")), text(row)])
    schedule, delay = [text(cell) for cell in row.select("td.text-ltr")], text(row.select_one("td.c11"))
    last = row.select_one("td.c4")
    for link in last.select("div, a[href*='schedule_task']") if last else ():
        link.extract()
    name = row.select_one("th.c0")
    for more in name.select(".task-class, .alert-info") if name else ():
        more.extract()
    return Scheduled(text(name), schedule, text(last), int(delay) if delay.isdigit() else 0, words)


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


def run_adhoc(site: MoodleClient, name: str, is_it: Callable[[dict[str, Any]], bool]) -> str:
    """Runs the ad hoc task of that class whose payload `is_it`, and none of other people's; returns what it says.

    Empty where there is none such, or the site does not let anybody. Raises SiteError where the site refuses, as when
    cron has just run it.
    """
    answer = site.get(ADHOC, classname=name)
    for row in BeautifulSoup(answer.text, "lxml").select("tbody tr") if answer.ok else ():
        links = [query(str(link["href"])) for link in row.select(f"a[href*='{RUN_ADHOC}']")]
        if links and any(is_it(_json(text(cell))) for cell in row.select("td")):
            task = {"id": links[0]["id"], "confirm": 1}
            return output(site.send(f"Running the task {name}", RUN_ADHOC, task, timeout=RUNNING))
    return ""


def _json(said: str) -> dict[str, Any]:
    try:
        found = json.loads(said)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
