"""What PHP's log and the web server's say of a run: entries since it began, without what the run itself provoked."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from clients.errors import NotCheckable
from clients.server.host import Host, Log

PHP = re.compile(r"^\[(?P<at>\d\d-\w{3}-\d{4} \d\d:\d\d:\d\d) (?P<zone>[\w/+-]+)\] ?")
APACHE = re.compile(r"^\[\w{3} (?P<at>\w{3} \d\d \d\d:\d\d:\d\d)(?:\.\d+)? (?P<year>\d{4})\] ?")
NGINX = re.compile(r"^(?P<at>\d{4}/\d\d/\d\d \d\d:\d\d:\d\d) ?")
STAMPS = {PHP: "%d-%b-%Y %H:%M:%S", APACHE: "%Y %b %d %H:%M:%S", NGINX: "%Y/%m/%d %H:%M:%S"}
"""How an entry begins, and how its time is written: main/main.c of PHP, `ErrorLogFormat`, `error_log`."""

BROKEN = re.compile(
    r"PHP (?:Fatal|Parse|Recoverable fatal|Core|Compile) error|Uncaught |Default exception handler|Exception ignored",
    re.I,
)
COMPLAINT = re.compile(r"PHP (?:Warning|Notice|Deprecated)\b.*s3video", re.I)
"""PHP's errors; of what it only complains of, what the plugin's own files give it cause for."""

SQL = re.compile(
    r"Error (?:reading from|writing to) (?:the )?database|\bd[md]l_?\w*exception|SQLSTATE\[|SQL syntax|"
    r"Table '?\S+ doesn.t exist|relation \S+ does not exist|Unknown column",
    re.I,
)

SERIOUS = re.compile(r"\[(?:\w+:)?(?:error|crit|alert|emerg)\]")
"""Levels of Apache and nginx."""

OF_PHP = re.compile(r"PHP message: (?P<php>.*)")
"""PHP's own words, where they come by way of the web server."""

PROVOKED = re.compile(
    r"InvalidAccessKeyId|SignatureDoesNotMatch|nopermissions|required_capability_exception|require_login_exception|"
    r"requireloginerror|invalidsesskey|invalid_parameter_exception|invalidparameter|invalidrecord|invalidcoursemodule|"
    r"error/notingroup|sitemaintenance"
)
"""What a run asks for that must be refused: with a key that it broke, without a right, with parameters that it bent."""

REFUSED = re.compile(
    r"AH01630|client denied by server configuration|access forbidden by rule|Primary script unknown|AH01276|AH10244|"
    r"AH00126|AH00127|AH00128|File does not exist|File name too long|is forbidden|directory index of|"
    r"No such file or directory\)|not found or unable to stat"
)
"""What a web server says of a request that it refuses, as a run tries them in 2.3.4 and 4.4.2."""

FILE = re.compile(r"(?: in |thrown in )(/[^\s:]+\.php)\b")
PROCESS = re.compile(r"\[pid [^\]]*\] ?|\b\d+#\d+: (?:\*\d+ )?")
"""Which process and thread wrote an entry, as Apache and nginx tell it."""

ADDRESS = re.compile(r"\[client [^\]]*\]|\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b|client: [^,]+|\S+@\S+")

KINDS = 5
"""Of the errors that differ, those that a message tells."""

SHOWN = 300
"""Characters of an error."""


@dataclass(frozen=True, slots=True)
class Told:
    """An entry of a log: when, and what, with the lines that belong to it."""

    at: datetime
    text: str


RUN = "since the run began"


def expect_no_php_error(host: Host, since: datetime, when: str = RUN) -> int:
    """PHP's log has no error since then that the run did not provoke; returns how many entries were read.

    `when` says the same as `since`, in words.
    """
    return _expect_none(host, host.php_log(), since, _is_php_error, "error", when)


def expect_no_sql_error(host: Host, since: datetime, when: str = RUN) -> int:
    """PHP's log has no error of the database since then."""
    return _expect_none(host, host.php_log(), since, SQL.search, "error of the database", when)


def expect_no_web_error(host: Host, since: datetime) -> int:
    """The web server's log has no error since then but what it refuses."""
    return _expect_none(host, host.web_log(), since, _is_web_error, "error", RUN)


def expect_watched(host: Host) -> None:
    """The process that watches the logs, and tells somebody, runs. Raises NotCheckable where nobody named it."""
    if not host.watcher_runs():
        raise AssertionError(f"expected {host.shell.place.log_watcher} to watch the logs, seen no such process")


def _is_php_error(text: str) -> object:
    return (BROKEN.search(text) or COMPLAINT.search(text) or SQL.search(text)) and not PROVOKED.search(text)


def _is_web_error(text: str) -> object:
    if php := OF_PHP.search(text):
        return _is_php_error(php["php"])
    return SERIOUS.search(text) and not REFUSED.search(text)


def _expect_none(host: Host, log: Log, since: datetime, is_error: Callable[[str], object], what: str, when: str) -> int:
    now = host.now()
    began = since + (now - datetime.now(UTC))  # by the server's clock
    entries = list(entries_of(log.text, now.tzinfo or UTC))
    if log.text.strip() and not entries:
        raise NotCheckable(f"the suite does not understand how {log.name} tells the time: read it there, and sign")
    new = [entry.text for entry in entries if entry.at >= began.replace(microsecond=0)]
    errors = [text for text in new if is_error(text) and not _elsewhere(text, host.shell.place.moodle)]
    if errors:
        raise AssertionError(f"expected no {what} in {log.name} {when}, seen {len(errors)}: {_each_once(errors)}")
    if not log.whole and entries[0].at > began:
        raise NotCheckable(f"{log.name} has more entries {when} than are read: read it there, and sign")
    return len(new)


def entries_of(text: str, zone: tzinfo) -> Iterator[Told]:
    """The entries of a log, oldest first. What begins with no time goes on with the entry before, or is cut off."""
    at: datetime | None = None
    words: list[str] = []
    for line in text.splitlines():
        if stamp := _stamp(line, zone):
            if at:
                yield Told(at, "\n".join(words))
            at, words = stamp[0], [stamp[1]]
        else:
            words.append(line)
    if at:
        yield Told(at, "\n".join(words))


def _stamp(line: str, zone: tzinfo) -> tuple[datetime, str] | None:
    """When an entry was written that begins with this line, and the line without that; None where it begins none."""
    for pattern, form in STAMPS.items():
        if found := pattern.match(line):
            parts = found.groupdict()
            written = " ".join(filter(None, (parts.get("year"), parts["at"])))
            at = datetime.strptime(written, form).replace(tzinfo=_zone(parts.get("zone"), zone))
            return at, line[found.end() :]
    return None


def _zone(name: str | None, otherwise: tzinfo) -> tzinfo:
    try:
        return ZoneInfo(name) if name else otherwise
    except (ZoneInfoNotFoundError, ValueError):
        return otherwise


def _elsewhere(text: str, moodle: str) -> bool:
    """Whether it speaks of another site's files, which have the same log."""
    files = FILE.findall(text)
    return bool(files) and not any(file.startswith(f"{moodle.rstrip('/')}/") for file in files)


def _each_once(errors: Iterable[str]) -> str:
    """The errors that differ by more than numbers, `KINDS` of them at most, and how often each came."""
    kinds: dict[str, list[str]] = {}
    for error in errors:
        shown = _shown(error)
        kinds.setdefault(re.sub(r"\d+", "#", shown), []).append(shown)
    told = [f"“{alike[0]}”{f' ({len(alike)} times)' if len(alike) > 1 else ''}" for alike in kinds.values()]
    more = [f"and {len(told) - KINDS} others"] if len(told) > KINDS else []
    return "; ".join([*told[:KINDS], *more])


def _shown(text: str) -> str:
    """The first line, without who it was and which process wrote it."""
    return ADDRESS.sub("…", PROCESS.sub("", text.splitlines()[0])).strip()[:SHOWN]
