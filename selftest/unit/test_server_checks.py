"""What is judged on Moodle's server, held against the replica's: all is right there but the fault that is on."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from checks import server_backups, server_database, server_files, server_logs
from checks.installation import TASK
from checks.server_load import ServerLoad
from clients.errors import NotCheckable
from clients.server.commands import Place
from clients.server.host import Host
from clients.server.shell import Answer
from clients.server.shell import Shell as ClientsShell
from replica.faults import LARGE, Faults
from replica.moodle.records import Video
from replica.moodle.site import Site
from replica.server import BACKUPS, MOODLE, PHP_LOG, RELEASE, RESTORED, WATCHER, WEB_LOG, Shell, Unknown
from replica.settings import Settings
from replica.site_profiles import SiteProfiles
from selftest.proof.outcome import expectations

AN_HOUR_AGO = datetime.now(UTC) - timedelta(hours=1)


class Beside:
    """A way to the replica's server without SSH; `instead` has what it says to a command that begins so."""

    name = "moodle@replica"

    def __init__(self, shell: Shell, instead: Mapping[str, str]) -> None:
        self.shell = shell
        self.instead = instead

    def run(self, words: list[str], seconds: float) -> Answer:
        command = shlex.join(words)
        for beginning, output in self.instead.items():
            if command.startswith(beginning):
                return Answer(0, output)
        try:
            return Answer(0, self.shell.answer(command))
        except Unknown as unknown:
            return Answer(127, "", f"{unknown}: not found")


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(Site(Settings(8443, tmp_path), Faults(), SiteProfiles()))


def host_of(shell: Shell, **instead: str) -> Host:
    place = Place(MOODLE, "php", PHP_LOG, WEB_LOG, BACKUPS, WATCHER, RESTORED)
    return Host(ClientsShell(Beside(shell, instead), place))


Judge = Callable[[Host], object]


def of_site(host: Host) -> object:
    return server_files.expect_site(host, "https://localhost:8443")


def since(judge: Callable[[Host, datetime], int]) -> Judge:
    return lambda host: judge(host, AN_HOUR_AGO)


EVERY: dict[str, Judge] = {
    "P.3.2": of_site,
    "P.1.8": server_files.expect_composer,
    "P.1.10": server_files.expect_room,
    "2.2.6": server_files.expect_permissions,
    "owner": server_files.expect_owner,
    "2.3.2": server_files.expect_sdk,
    "2.3.3": server_files.expect_sdk_whole,
    "3.3.4": partial(server_files.expect_release, release=RELEASE),
    "3.3.4 more": partial(server_files.expect_nothing_more, release=RELEASE),
    "2.4.6": server_database.expect_upgrade_logged,
    "2.4.6 errors": server_database.expect_no_upgrade_error,
    "3.4.6": server_database.expect_no_upgrade_warning,
    "2.4.7": server_database.expect_schema,
    "3.10.6": partial(server_database.expect_task_listed, task=TASK),
    "T.2.2": server_database.expect_may_create,
    "3.9.1": since(server_logs.expect_no_php_error),
    "T.2.4": since(server_logs.expect_no_sql_error),
    "3.9.2": since(server_logs.expect_no_web_error),
    "4.9.1": server_logs.expect_watched,
    "2.1.2": partial(server_backups.expect_new, kind="database"),
    "3.1.5": partial(server_backups.expect_new, kind="files"),
    "3.1.6": server_backups.expect_whole,
    "4.8.2": server_backups.expect_restored,
    "4.8.2 dump": server_backups.expect_tables,
}


@pytest.mark.parametrize("name", EVERY)
def test_all_is_right_on_the_replicas_server(shell: Shell, name: str) -> None:
    EVERY[name](host_of(shell))


LOAD = ("upload-by-way-of-php", "upload-held-in-memory", "upload-by-way-of-moodles-disk")

FAULTS = [name for name in expectations() if f'"{name}"' in Path("replica/server.py").read_text(encoding="utf-8")]


@pytest.mark.parametrize("fault", [fault for fault in FAULTS if fault not in LOAD])
def test_a_fault_is_told(shell: Shell, fault: str) -> None:
    shell.faults.replace([fault])
    expected = expectations()[fault]
    told = {}
    for name, judge in EVERY.items():
        try:
            judge(host_of(shell))
        except NotCheckable:
            continue
        except AssertionError as failure:
            told[name] = str(failure)
    assert any(re.search(expected.symptom, message) for message in told.values()), told


def load_of(shell: Shell, size: int) -> ServerLoad:
    """What a video of so many bytes, that is asked for and not yet confirmed, costs the server."""
    load = ServerLoad(host_of(shell))
    with load.before():
        pass
    with load.during():
        shell.site.state.videos["k"] = Video("k", 1, 1, 1, "b", "video/mp4", size, 0)
    return load


@pytest.mark.parametrize("fault", [None, *LOAD])
def test_a_large_upload_costs_nothing_but_where_a_fault_is(shell: Shell, fault: str | None) -> None:
    shell.faults.replace([fault] if fault else [])
    load = load_of(shell, LARGE * 32)
    told = {}
    for judge in (load.expect_idle, load.expect_memory, load.expect_disk):
        try:
            judge()
        except AssertionError as failure:
            told[judge.__name__] = str(failure)
    assert len(told) == (fault is not None)
    assert not fault or re.search(expectations()[fault].symptom, "".join(told.values()))


def test_without_a_server_the_load_is_not_checkable_and_nothing_else_ends() -> None:
    load = ServerLoad(NotCheckable("add [server]"))
    with load.before(), load.during():
        pass
    with pytest.raises(NotCheckable, match=r"add \[server\]"):
        load.expect_idle()


def test_a_server_that_falls_silent_ends_no_upload(shell: Shell) -> None:
    load = ServerLoad(host_of(shell, ps="what?"))
    with load.before(), load.during():
        pass
    with pytest.raises(NotCheckable, match="no process on moodle@replica is one of www-data"):
        load.expect_memory()


@pytest.mark.parametrize(
    ("log", "errors"),
    [
        ("[{php}] PHP Fatal error:  Uncaught Error: x in /var/www/moodle/mod/assign/submission/s3video/lib.php:3", 1),
        ("[{php}] PHP Warning:  Undefined variable $x in /var/www/moodle/mod/forum/lib.php on line 3", 0),
        ("[{php}] PHP Deprecated:  x in /var/www/moodle/mod/assign/submission/s3video/lib.php on line 3", 1),
        ("[{php}] PHP Fatal error:  Uncaught Error: x in /srv/other/mod/assign/submission/s3video/lib.php:3", 0),
        ("[{php}] Default exception handler: Error calling S3 InvalidAccessKeyId", 0),
        ("[{php}] Default exception handler: Cannot read file\nDebug: \nError code: cannotread", 1),
        ("[{php}] Default exception handler: x\nDebug: \nError code: invalidsesskey\nStack trace", 0),
        ("[{old}] PHP Fatal error:  Uncaught Error", 0),
        ("", 0),
    ],
)
def test_what_is_an_error_in_phps_log(shell: Shell, log: str, errors: int) -> None:
    now = datetime.now(UTC)
    old = now - timedelta(days=1)
    form = "%d-%b-%Y %H:%M:%S UTC"
    host = host_of(shell, tail=log.format(php=now.strftime(form), old=old.strftime(form)))
    if errors:
        with pytest.raises(AssertionError, match=r"expected no error in /var/log/php\.log since the run began, seen 1"):
            server_logs.expect_no_php_error(host, AN_HOUR_AGO)
    else:
        server_logs.expect_no_php_error(host, AN_HOUR_AGO)


@pytest.mark.parametrize(
    ("line", "errors"),
    [
        ("{nginx} [error] 7#7: *1 connect() failed (111: Connection refused) while connecting to upstream", 1),
        ("{nginx} [error] 7#7: *1 access forbidden by rule, client: 10.0.0.1", 0),
        ("{nginx} [warn] 7#7: *1 an upstream response is buffered to a temporary file", 0),
        ("[{apache}] [core:error] [pid 1] [client 10.0.0.1:3] AH00124: Request exceeded the limit of 10 redirects", 1),
        ("[{apache}] [php:notice] [pid 1] [client 10.0.0.1:3] PHP Warning", 0),
        ("[{apache}] [proxy_fcgi:error] [pid 1] AH01071: Got error 'PHP message: Suspended Login:  s3va-01'", 0),
        ("[{apache}] [proxy_fcgi:error] [pid 1] AH01071: Got error 'PHP message: PHP Fatal error:  Uncaught x'", 1),
    ],
)
def test_what_is_an_error_in_the_web_servers_log(shell: Shell, line: str, errors: int) -> None:
    now = datetime.now(UTC)
    stamps = {"nginx": now.strftime("%Y/%m/%d %H:%M:%S"), "apache": now.strftime("%a %b %d %H:%M:%S.%f %Y")}
    host = host_of(shell, tail=line.format(**stamps))
    if errors:
        with pytest.raises(AssertionError, match="since the run began, seen 1") as told:
            server_logs.expect_no_web_error(host, AN_HOUR_AGO)
        assert "10.0.0.1" not in str(told.value)
    else:
        server_logs.expect_no_web_error(host, AN_HOUR_AGO)


def test_each_error_is_told_once_with_how_often_it_came(shell: Shell) -> None:
    stamp = datetime.now(UTC).strftime("%a %b %d %H:%M:%S.%f %Y")
    lines = [
        f"[{stamp}] [proxy_fcgi:error] [pid {pid}:tid 7] Invalid status line from script 'a.php': 4290" for pid in "12"
    ]
    lines += [f"[{stamp}] [core:error] [pid 1] AH00124: {chr(ord('a') + one)}" for one in range(6)]
    with pytest.raises(AssertionError) as told:
        server_logs.expect_no_web_error(host_of(shell, tail="\n".join(lines)), AN_HOUR_AGO)
    assert str(told.value) == (
        "expected no error in /var/log/apache2/error.log since the run began, seen 8: "
        "“[proxy_fcgi:error] Invalid status line from script 'a.php': 4290” (2 times); "
        + "".join(f"“[core:error] AH00124: {one}”; " for one in "abcd")
        + "and 2 others"
    )


def test_the_servers_clock_and_time_zone_count(shell: Shell) -> None:
    """A server two hours fast, whose zone is one hour east: what it wrote before the run began is not new."""
    there = datetime.now(UTC) + timedelta(hours=2)
    written = (there - timedelta(minutes=90) + timedelta(hours=1)).strftime("%Y/%m/%d %H:%M:%S")
    host = host_of(shell, tail=f"{written} [error] 7#7: broken", date=f"{int(there.timestamp())} +0100\n")
    assert server_logs.expect_no_web_error(host, AN_HOUR_AGO) == 0
    with pytest.raises(AssertionError, match="seen 1"):
        server_logs.expect_no_web_error(host, AN_HOUR_AGO - timedelta(hours=1))


def test_a_log_that_tells_the_time_in_another_way(shell: Shell) -> None:
    with pytest.raises(NotCheckable, match=r"does not understand how /var/log/apache2/error\.log tells the time"):
        server_logs.expect_no_web_error(host_of(shell, tail="yesterday: all was well\n"), AN_HOUR_AGO)


def test_composer_is_not_missed_where_the_sdk_is_there_without_it(shell: Shell) -> None:
    with pytest.raises(NotCheckable, match=r"no Composer, and the AWS SDK 3.318.0 without it, in vendor"):
        server_files.expect_composer(host_of(shell, **{"sh -c 'command": ""}))


def test_what_nobody_has_restored_is_not_checkable(shell: Shell) -> None:
    unnamed = ClientsShell(Beside(shell, {}), Place(MOODLE))
    with pytest.raises(NotCheckable, match=r"restore the newest dump into an empty database beside .* in \[server\]"):
        server_backups.expect_restored(Host(unnamed))
    facts = json.loads(shell.answer("php -d x -r wwwroot")) | {"missing": None}
    with pytest.raises(NotCheckable, match="reads no database moodle_restored beside Moodle's own"):
        server_backups.expect_restored(host_of(shell, php=json.dumps(facts)))


@pytest.mark.parametrize(
    ("file", "right"),
    [
        ("f 644 root lib.php", True),
        ("f 640 www-data lib.php", True),
        ("f 640 root lib.php", True),
        ("f 600 root lib.php", False),
        ("d 644 root db", False),
        ("d 2775 www-data db", True),
        ("f 666 www-data lib.php", False),
        ("l 777 root lib.php", True),
    ],
)
def test_permissions(shell: Shell, file: str, right: bool) -> None:
    host = host_of(shell, find=f"{file}\n")
    if right:
        server_files.expect_permissions(host)
    else:
        with pytest.raises(AssertionError, match=r"lib\.php|db"):
            server_files.expect_permissions(host)
