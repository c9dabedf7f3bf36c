"""Moodle's tasks: registered, scheduled, run without trouble, and what they say of what they did."""

from __future__ import annotations

import re

from clients.errors import NotCheckable
from clients.moodle.tasks import Scheduled, Task

DONE = "Scheduled task complete"
TROUBLE = re.compile(r"ERROR|WARNING|Failed to|(?:Scheduled|Adhoc) task failed|Unexpected|Skipping")
"""How Moodle, and the plugin 1.0.0, tell of what went wrong; their summaries count what "failed", in small letters."""


TOLD = re.compile(r"\bno\b.*\bvideos?\b|\bdeleted\b|\d+ videos? processed", re.I)
"""What a log has in it that tells what was cleaned up, if only that nothing was."""


def expect_registered(task: Task) -> Scheduled:
    """The list of scheduled tasks has it; returns what that says of it."""
    if (found := task.scheduled()) is None:
        raise AssertionError(f"expected the task {task.name} among the scheduled tasks, seen none")
    return found


def expect_named(task: Task) -> str:
    """The list calls it something in words, which is returned: not by its class alone, nor by the key of a text."""
    name = expect_registered(task).name
    if not name or "[[" in name:
        raise AssertionError(f"expected the list of tasks to call {task.name} by a name, seen {name or 'none'}")
    return name


def expect_enabled(task: Task) -> None:
    """Moodle runs it when it is due."""
    if "disabled" in (found := expect_registered(task).words):
        raise AssertionError(f"expected the task {task.name} to be enabled, seen {found}")


def expect_daily(task: Task, hour: int) -> None:
    """Every day at that full hour, in the site's time."""
    seen = expect_registered(task).schedule
    if seen != (wanted := ["0", str(hour), "*", "*", "*"]):
        raise AssertionError(f"expected the schedule {' '.join(wanted)}, seen {' '.join(seen) or 'none'}")


def expect_has_run(task: Task, hour: int) -> str:
    """Moodle has run it by itself at that full hour, without trouble; returns when, as the page tells.

    Raises NotCheckable where its last run was another one, or there was none.
    """
    found = expect_registered(task)
    if found.delay:
        raise AssertionError(f"expected the task's last run to end well, seen Moodle wait {found.delay} s after it")
    if not re.search(rf"\b0?{hour}[:.]0\d\b(?!\s*p)", found.last_run, re.I):
        raise NotCheckable(
            f"the task's last run was “{found.last_run or 'never'}”, and not at {hour} AM by itself: run this in the "
            "morning after a night in which cron ran, or look at the logs of the task, and sign"
        )
    return found.last_run


def expect_runnable(task: Task) -> None:
    """Raises NotCheckable where the site does not let an administrator run it from the browser."""
    if refusal := task.refusal_to_run():
        raise NotCheckable(
            f"the site does not run tasks from the browser: {refusal} Set the path to the PHP CLI under Site "
            "administration > Server > System paths, or run it on the server, look at what became of old videos, "
            rf"and sign: php admin/cli/scheduled_task.php --execute='\{task.name}'"
        )


def expect_logged(task: Task, *, after: int) -> str:
    """There is a log with a number higher than `after`, in which the plugin says what it did; returns that.

    Raises NotCheckable where the site keeps no logs of tasks.
    """
    number = task.last_log()
    if number <= after:
        raise NotCheckable(
            "the site keeps no log of this run: set Site administration > Server > Tasks > Task logging to all runs"
        )
    said = task.log(number)
    if not TOLD.search(said):
        raise AssertionError(f"expected the log to tell what was cleaned up, seen “{said[-300:]}”")
    return said


def expect_success(said: str, done: str = DONE) -> None:
    """A task that says this has ended, as `done` tells, and met no trouble."""
    if trouble := [line for line in said.splitlines() if TROUBLE.search(line)]:
        raise AssertionError(f"expected the task to run without trouble, seen “{trouble[0][:300]}”")
    if done not in said:
        raise AssertionError(f"expected the task to end, seen “{said[-300:]}”")
