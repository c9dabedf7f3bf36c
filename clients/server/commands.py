"""All that the suite ever runs on a server: a fixed list of commands, each of which only reads.

A command is a list of words. Besides words of its own it has what the environment file names, and nothing of an answer.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from clients.addresses import PLUGIN


@dataclass(frozen=True, slots=True)
class Place:
    """What an environment file says of the server: folders and files there, and how PHP is called."""

    moodle: str
    php: str = "php"
    php_log: str | None = None
    web_log: str | None = None
    backups: str | None = None
    log_watcher: str | None = None
    restored: str | None = None

    @property
    def plugin(self) -> str:
        return f"{self.moodle.rstrip('/')}{PLUGIN}"


class Script(str):
    """A program of the suite's own that goes along as one word of a command; `name` is its file in this folder."""

    name: str

    def __new__(cls, name: str) -> Script:
        script = super().__new__(cls, (Path(__file__).parent / name).read_text(encoding="utf-8"))
        script.name = name
        return script


@dataclass(frozen=True, slots=True)
class Command:
    """`tells` what one learns by it; `needs` is the key of `[server]` without which it is not run.

    With `starts_moodle` it is Moodle's own and only the owner of Moodle's data runs it: Moodle fills its caches there.
    """

    tells: str
    words: Callable[[Place], Sequence[str]]
    seconds: float = 20
    needs: str = "moodle"
    starts_moodle: bool = False

    def shown(self, place: Place) -> str:
        """As one would type it, a script by its file's name."""
        words = (f"<{word.name}>" if isinstance(word, Script) else shlex.quote(word) for word in self.words(place))
        return " ".join(words)


def _php(place: Place, *words: str) -> list[str]:
    return [*shlex.split(place.php), "-d", "display_errors=stderr", *words]


def _end_of(log: str | None) -> list[str]:
    return ["tail", "-c", str(LOG_BYTES), "--", log or ""]


LOG_BYTES = 2_000_000
"""Of a log so many are read, from its end."""

FACTS = Command(
    "the site's address, the AWS SDK, the upgrade log, the database user's rights, what a restored database lacks",
    lambda place: _php(place, "-r", Script("facts.php"), "--", place.moodle, *filter(None, [place.restored])),
)
SIZE = Command(
    "how many bytes Moodle's data has",
    lambda place: _php(place, "-r", Script("size.php"), "--", place.moodle),
    60,
)
COMPOSER = Command("whether Composer is installed", lambda _: ["sh", "-c", "command -v composer"])
DISK = Command("how much room is left", lambda place: ["df", "-Pk", "--", place.moodle])
MODES = Command(
    "owners and permissions of the plugin's files",
    lambda place: ["find", "-H", place.plugin, "-printf", r"%y %m %u %P\n"],
)
HASHES = Command(
    "digests of the plugin's files",
    lambda place: ["find", "-H", place.plugin, "-type", "f", "-exec", "sha256sum", "{}", "+"],
    60,
)
PROCESSES = Command(
    "processor time and memory of each user's processes",
    lambda _: ["ps", "-e", "-o", "user:32=", "-o", "cputimes=", "-o", "rss="],
)
CLOCK = Command("the server's time", lambda _: ["date", "+%s %z"])
PHP_LOG = Command("the end of PHP's log", lambda place: _end_of(place.php_log), needs="php_log")
WEB_LOG = Command("the end of the web server's error log", lambda place: _end_of(place.web_log), needs="web_log")
BACKUPS = Command(
    "age and contents of the newest backups",
    lambda place: ["sh", "-c", Script("backups.sh"), "sh", place.backups or ""],
    300,
    needs="backups",
)
WATCHER = Command(
    "whether what watches the logs runs",
    lambda place: ["pgrep", "-x", "--", place.log_watcher or ""],
    needs="log_watcher",
)
TASKS = Command(
    "Moodle's list of scheduled tasks",
    lambda place: _php(place, f"{place.moodle.rstrip('/')}/admin/cli/scheduled_task.php", "--list"),
    60,
    starts_moodle=True,
)
SCHEMA = Command(
    "whether the database's tables are as install.xml says",
    lambda place: _php(place, f"{place.moodle.rstrip('/')}/admin/cli/check_database_schema.php"),
    120,
    starts_moodle=True,
)

COMMANDS = (
    FACTS,
    SIZE,
    COMPOSER,
    DISK,
    MODES,
    HASHES,
    PROCESSES,
    CLOCK,
    PHP_LOG,
    WEB_LOG,
    BACKUPS,
    WATCHER,
    TASKS,
    SCHEMA,
)
