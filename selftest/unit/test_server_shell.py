"""The shell on Moodle's server: who is trusted, what is run, and what becomes of a server that does not answer well."""

from __future__ import annotations

import ast
import os
import re
import socket
import sys
import tarfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import asyncssh
import pytest

import clients.server.commands
from clients.errors import ConfigurationError, NotCheckable, Unreachable
from clients.server import shell as module
from clients.server.commands import BACKUPS, COMMANDS, DISK, FACTS, PHP_LOG, Command, Place, Script
from clients.server.host import Host
from clients.server.shell import LOST, Here, Shell, Ssh
from runner.configuration.connect import new_host
from runner.configuration.environment import ENVIRONMENTS
from selftest.unit.environment_files import LoadSite
from selftest.unit.ssh_server import SshServer, new_key, serving

PLACE = Place("/var/www/it's moodle")

DF = "Filesystem 1024-blocks Used Available Capacity Mounted on\n/dev/sda1 100 40 60 40% /\n"

ANSWERS: dict[str, tuple[int, str, str] | None] = {"true": (0, "", ""), "df": (0, DF, "")}


@pytest.fixture
def answers() -> dict[str, tuple[int, str, str] | None]:
    """What the server says to a command that begins with that word; else that there is no such command."""
    return dict(ANSWERS)


@pytest.fixture
def server(answers: dict[str, tuple[int, str, str] | None]) -> Iterator[SshServer]:
    def respond(command: str) -> tuple[int, str, str] | None:
        name = command.partition(" ")[0]
        return answers.get(name, (127, "", f"sh: 1: {name}: not found\n"))

    with serving(respond) as server:
        yield server


@pytest.fixture
def way(server: SshServer) -> Ssh:
    return Ssh(f"moodle@127.0.0.1:{server.port}", server.client_key, server.host_key, patience=5)


def test_a_command_arrives_as_words_whatever_is_in_them(way: Ssh, server: SshServer) -> None:
    assert Host(Shell(way, PLACE)).free_bytes() == 60 * 1024
    assert server.asked == ["df -Pk -- '/var/www/it'\"'\"'s moodle'"]


def test_another_host_key_is_a_mistake_that_one_looks_into(way: Ssh, server: SshServer) -> None:
    other = replace(way, host_key="ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ0l5uYbA1zAMdE7VvKqfEeCqyZ2ZpFNWBOCr3m2b1yH")
    with pytest.raises(ConfigurationError, match=r"shows another host key than host_key in \[server\]"):
        Shell(other, PLACE).check()
    assert server.asked == []


@pytest.mark.parametrize(
    "known", [None, "", "elsewhere.example ssh-ed25519 AAAA\n"], ids=["no file", "empty", "another"]
)
def test_an_unknown_host_is_not_trusted(way: Ssh, server: SshServer, tmp_path: Path, known: str | None) -> None:
    file = tmp_path / "known_hosts"
    if known is not None:
        file.write_text(known)
    with pytest.raises(ConfigurationError, match=r"is not known here.* Log in once by hand, compare the fingerprint"):
        Shell(replace(way, host_key=None, known_hosts=file), PLACE).check()
    assert server.asked == []


def test_a_host_key_of_another_kind_is_another_one(way: Ssh, monkeypatch: pytest.MonkeyPatch) -> None:
    async def refuse(*_: object, **__: object) -> None:
        raise asyncssh.KeyExchangeFailed("Unable to find compatible server host key")

    monkeypatch.setattr(asyncssh, "connect", refuse)
    with pytest.raises(ConfigurationError, match=r"shows another host key than host_key in \[server\]"):
        Shell(way, PLACE).check()
    with pytest.raises(ConfigurationError, match="is not known here, or is another than before"):
        Shell(replace(way, host_key=None), PLACE).check()


@pytest.mark.parametrize("content", [b"@@@ garbage", b"\xff\xfe"])
def test_a_list_of_hosts_that_is_none(way: Ssh, server: SshServer, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "known_hosts").write_bytes(content)
    for file in (tmp_path / "known_hosts", tmp_path):
        with pytest.raises(ConfigurationError, match=r"is no list of host keys \(.+\): mend it, or give the key as"):
            Shell(replace(way, host_key=None, known_hosts=file), PLACE).check()
    assert server.asked == []


def test_a_known_host_is(way: Ssh, server: SshServer, tmp_path: Path) -> None:
    file = tmp_path / "known_hosts"
    file.write_text(f"[127.0.0.1]:{server.port} {server.host_key}\n")
    Shell(replace(way, host_key=None, known_hosts=file), PLACE).check()
    assert server.asked == ["true"]


def test_a_refused_key(way: Ssh) -> None:
    with pytest.raises(ConfigurationError, match=r"refuses the key of \[server\]: add its public half to"):
        Shell(replace(way, key=new_key()), PLACE).check()


def test_a_server_that_is_down() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    down = Shell(Ssh(f"moodle@127.0.0.1:{port}", new_key(), patience=2), PLACE)
    with pytest.raises(Unreachable, match="does not answer by SSH: "):
        down.check()
    with pytest.raises(NotCheckable, match="does not answer by SSH: "):
        down.ask(DISK)


def test_a_server_that_takes_the_connection_and_is_silent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        silent = Ssh(f"moodle@127.0.0.1:{listening.getsockname()[1]}", new_key(), patience=0.5)
        with pytest.raises(Unreachable, match="does not answer by SSH: no answer in time"):
            Shell(silent, PLACE).check()


def test_a_command_that_comes_to_no_end(
    way: Ssh, answers: dict[str, tuple[int, str, str] | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    answers["df"] = None
    slow = replace(DISK, seconds=0.5)
    monkeypatch.setattr("clients.server.shell.COMMANDS", (slow,))
    with pytest.raises(NotCheckable, match=r"df -Pk -- .* on moodle@127.* came to no end within 0.5 s"):
        Shell(way, PLACE).ask(slow)


def test_a_command_that_is_not_there(way: Ssh) -> None:
    with pytest.raises(NotCheckable, match=r"php .*<facts.php> .* cannot be run: sh: 1: php: not found"):
        Shell(way, PLACE).ask(FACTS)


@pytest.mark.parametrize("output", ["", "Welcome!", "\0\0", "a b c d e f\n", "ä\n"])
def test_an_answer_that_nobody_understands(
    way: Ssh, answers: dict[str, tuple[int, str, str] | None], output: str
) -> None:
    answers["df"] = answers["php"] = answers["ps"] = answers["date"] = answers["find"] = answers["sh"] = (0, output, "")
    host = Host(Shell(way, replace(PLACE, backups="/backups")))
    asks: list[Callable[[], object]] = [host.free_bytes, host.digests, host.now, host.data_bytes, host.use]
    asks += [host.files, host.backups] if output else []
    asks.append(partial(getattr, host, "facts"))
    for ask in asks:
        with pytest.raises(NotCheckable, match=r"does not understand|does not read Moodle's config.php"):
            ask()


@pytest.mark.parametrize("output", ["", "A page that is not Moodle's"])
def test_what_php_complains_of(way: Ssh, answers: dict[str, tuple[int, str, str] | None], output: str) -> None:
    fatal = "PHP Fatal error:  Uncaught Error: no /m/config.php\nStack trace:\n#0 {main}\n  thrown in x on line 5\n"
    answers["php"] = (255, output, fatal)
    with pytest.raises(NotCheckable, match=r"does not read Moodle's config\.php .* no /m/config\.php\. Correct moodle"):
        _ = Host(Shell(way, PLACE)).facts


def test_what_a_command_complains_of(way: Ssh, answers: dict[str, tuple[int, str, str] | None]) -> None:
    answers["tail"] = (1, "", "tail: cannot open '/var/log/php.log': Permission denied\n")
    with pytest.raises(NotCheckable, match=r"failed on moodle@127.*: tail: cannot open .*Permission denied"):
        Host(Shell(way, replace(PLACE, php_log="/var/log/php.log"))).php_log()


def test_what_is_not_named_is_not_asked_for(way: Ssh, server: SshServer) -> None:
    with pytest.raises(NotCheckable, match=r"php_log in \[server\]"):
        Shell(way, PLACE).ask(PHP_LOG)
    assert server.asked == []


def test_only_commands_of_the_list_are_run(way: Ssh) -> None:
    with pytest.raises(AssertionError):
        Shell(way, PLACE).ask(Command("all", lambda _: ["rm", "-r", "/"]))


def test_here_a_command_has_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("S3V_X_PASSWORD", "hunter-22")
    monkeypatch.setenv("ANYTHING", "has hunter-22 in it")
    words = [sys.executable, "-c", "import os; print(sorted(os.environ))"]
    told = Here(["hunter-22"]).run(words, 20).output
    assert "PATH" in told
    assert not re.search("S3V_X_PASSWORD|ANYTHING", told)


def test_here_a_command_ends_in_time_and_may_be_missing() -> None:
    with pytest.raises(TimeoutError):
        Here().run([sys.executable, "-c", "import threading; threading.Event().wait()"], 0.1)
    with pytest.raises(NotCheckable, match="cannot be run: No such file or directory"):
        Shell(Here(), Place("/moodle", php="no-such-php")).ask(FACTS)


def test_moodles_own_commands_are_for_the_owner_of_its_data(answers: dict[str, tuple[int, str, str] | None]) -> None:
    facts = '{"wwwroot":"https://m","sdk":[],"composer_lists":null,"owner":33,"owner_name":"www-data","user":0}'
    answers["php"] = (0, f"{facts}\n", "")
    with serving(lambda command: answers[command.partition(" ")[0]]) as server:
        way = Ssh(f"moodle@127.0.0.1:{server.port}", server.client_key, server.host_key)
        with pytest.raises(NotCheckable, match=r'run as www-data only.*php = "sudo -n -u www-data php"'):
            Host(Shell(way, PLACE)).schema()
        assert len(server.asked) == 1


WRITES = re.compile(
    r"\b(?:rm|mv|cp|mkdir|touch|chmod|chown|tee|dd|kill|sed -i|truncate|INSERT|UPDATE|DELETE|REPLACE|ALTER|DROP|"
    r"file_put_contents|fopen|unlink|mkdir|rename|exec|shell_exec|system|passthru|curl|wget)\b|(?<![0-9&])>(?!=|&|/dev/null)"
)


def test_no_command_writes() -> None:
    place = Place("/m", "php", "/p.log", "/w.log", "/b", "watcher")
    for command in COMMANDS:
        for word in command.words(place):
            code = re.sub(r"(?m)^ *(?://|#).*$|->|=>|-exec", "", word)
            assert not WRITES.search(code), f"{command.shown(place)}: {WRITES.search(code)}"


def test_every_script_goes_with_a_command() -> None:
    folder = Path(clients.server.commands.__file__).parent
    place = Place("/m", backups="/b")
    sent = {word.name for command in COMMANDS for word in command.words(place) if isinstance(word, Script)}
    assert sent == {file.name for file in folder.iterdir() if file.suffix in (".php", ".sh")}


def test_the_list_is_all_there_is() -> None:
    """Whoever writes a command puts it on the list."""
    tree = ast.parse(Path(clients.server.commands.__file__).read_text(encoding="utf-8"))
    calls = [
        node for node in ast.walk(tree) if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Command"
    ]
    assert len(calls) == len(COMMANDS)


def test_the_documents_list_every_command() -> None:
    text = (ENVIRONMENTS.parent / "docs/environments.md").read_text(encoding="utf-8")
    place = Place("MOODLE", "php", "PHP_LOG", "WEB_LOG", "BACKUPS", "LOG_WATCHER", "RESTORED")
    missing = [command.shown(place) for command in COMMANDS if f"`{command.shown(place)}`" not in text]
    assert missing == []


def test_a_backup_is_looked_into(tmp_path: Path) -> None:
    dump = tmp_path / "moodle.sql"
    dump.write_text("CREATE TABLE `mdl_assignsubmission_s3video` (\nCREATE TABLE `mdl_user` (\n-- Dump completed on\n")
    found = Host(Shell(Here(), Place("/m", backups=str(tmp_path)))).backups()
    assert list(found) == ["database"]
    assert found["database"].whole
    assert found["database"].holds == ("assignsubmission_s3video",)
    dump.write_text("CREATE TABLE `mdl_user` (\n")
    assert not Host(Shell(Here(), Place("/m", backups=str(tmp_path)))).backups()["database"].whole
    assert Host(Shell(Here(), Place("/m", backups=str(tmp_path)))).shell.ask(BACKUPS).code == 0


def test_an_archive_whose_name_has_a_colon_is_of_this_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """GNU tar takes what is before the colon for a host, and starts a shell there."""
    ran = tmp_path / "ran"
    shell = tmp_path / "bin/ssh"
    shell.parent.mkdir()
    shell.write_text(f"#!/bin/sh\ntouch {ran}\n")
    shell.chmod(0o755)
    monkeypatch.setenv("TAR_OPTIONS", f"--rsh-command={shell}")
    (tmp_path / "b").mkdir()
    with tarfile.open(tmp_path / "b/moodle_2026-11-29_02:00.tar.gz", "w:gz") as archive:
        archive.add(__file__, "moodle/config.php")
    found = Host(Shell(Here(), Place("/m", backups=str(tmp_path / "b")))).backups()
    assert (found["files"].whole, found["files"].holds) == (True, ("config.php",))
    assert not ran.exists()


def test_a_link_to_the_newest_backup_has_its_age_and_size(tmp_path: Path) -> None:
    dump = tmp_path / "old.sql"
    dump.write_text(f"{'-' * 1000}\n-- Dump completed on\n")
    os.utime(dump, (time.time() - 7200,) * 2)
    (tmp_path / "latest.sql").symlink_to(dump)
    found = Host(Shell(Here(), Place("/m", backups=str(tmp_path)))).backups()["database"]
    assert found.age >= 7200
    assert found.bytes > 1000


def test_the_plugins_folder_may_be_a_link(tmp_path: Path) -> None:
    plugin, moodle = tmp_path / "plugin", tmp_path / "moodle"
    plugin.mkdir()
    (plugin / "version.php").write_text("<?php")
    (moodle / "mod/assign/submission").mkdir(parents=True)
    (moodle / "mod/assign/submission/s3video").symlink_to(plugin)
    host = Host(Shell(Here(), Place(str(moodle))))
    assert [(file.kind, file.path) for file in host.files()] == [("d", ""), ("f", "version.php")]
    assert [*host.digests()] == ["version.php"]


SERVER = '[server]\nmoodle = "/var/www/moodle"\n'


def test_without_a_server_one_is_told_how_to_give_it(load_site: LoadSite) -> None:
    with pytest.raises(NotCheckable, match=r'add \[server\] with ssh = "user@host" and moodle'):
        new_host(load_site())


@pytest.mark.parametrize(
    ("table", "problem"),
    [
        (SERVER, r'server\.local: there is one way to the server: give ssh = "user@host", or local = true'),
        (f'{SERVER}local = true\nssh = "a@b"', r"server\.local: there is one way"),
        (f'{SERVER}ssh = "host"', r"server\.ssh: must be a user at a host; write it user@host"),
        (f'{SERVER}ssh = "a@-oProxyCommand=x"', r"server\.ssh: must be a user at a host"),
        ('[server]\nlocal = true\nmoodle = "moodle"', r"server\.moodle: must be a path on the server from its root"),
        ('[server]\nlocal = true\nmoodle = "/var/../etc"', r"server\.moodle: must be a path on the server"),
        (f'{SERVER}ssh = "a@b:99999"', r"server\.ssh: has the port 99999, and ports go from 1 to 65535"),
        (f'{SERVER}ssh = "a@b:0"', r"server\.ssh: has the port 0, and ports"),
        (f'{SERVER}ssh = "a@[::1]:0"', r"server\.ssh: has the port 0, and ports"),
        (f'{SERVER}ssh = "a@[:::1]"', r"server\.ssh: has no address of IPv6 in its brackets; write it user@host, "),
        (f'{SERVER}ssh = "a@::1"', r"server\.ssh: must be a user at a host; .* or user@\[2001:db8::1\]:22"),
        (f'{SERVER}ssh = "a@b..c"', r"server\.ssh: must be a user at a host"),
        (f'{SERVER}ssh = "a@{"b" * 64}"', r"server\.ssh: must be a user at a host"),
        (f'{SERVER}ssh = "a\\u0000@b"', r"server\.ssh: holds a line break or another character"),
        ('[server]\nlocal = true\nmoodle = "/var/\\u007f"', r"server\.moodle: must be a path on the server"),
        (
            f'{SERVER}local = true\nkey = "S3V_STUDENT_PASSWORD"',
            r"server\.key: the variable does not hold a private SSH key",
        ),
        (f'{SERVER}local = true\nhost_key = "AAAA"', r"server\.host_key: is no public key; write it like ssh-ed25519"),
        (f'{SERVER}local = true\nlog_watcher = "-f x"', r"server\.log_watcher: must be the name of a process"),
    ],
)
def test_a_table_that_cannot_be_meant(load_site: LoadSite, table: str, problem: str) -> None:
    with pytest.raises(ConfigurationError, match=problem):
        load_site(end=table)


def test_a_key_is_for_ssh(load_site: LoadSite, monkeypatch: pytest.MonkeyPatch, server: SshServer) -> None:
    monkeypatch.setenv("S3V_SERVER_KEY", new_key())
    for line in ('key = "S3V_SERVER_KEY"', f'host_key = "{server.host_key}"'):
        with pytest.raises(ConfigurationError, match=r"key: is for ssh, and local = true takes none"):
            load_site(end=f"{SERVER}local = true\n{line}")
    with pytest.raises(ConfigurationError, match="without the name that ssh-keyscan prints first"):
        load_site(end=f'{SERVER}ssh = "a@b"\nhost_key = "[127.0.0.1]:22 {server.host_key}"')


@pytest.mark.parametrize(
    "php",
    [
        "rm",
        "rm -rf /",
        "sudo -n rm php",
        "rm php",
        "tee /tmp/php",
        "sudo -n -u www-data rm",
        "sudo sh -c php",
        "php -r 1;",
        "php; rm",
        "php '",
        "''",
        "env php",
        "../php",
        "$(rm) php",
        "docker exec -v /:/x moodle php",
        "docker run moodle php",
        "runuser -u www-data php",
    ],
)
def test_what_is_no_php_is_not_run(load_site: LoadSite, php: str) -> None:
    with pytest.raises(ConfigurationError, match=r"server\.php: must be PHP alone, or after sudo"):
        load_site(end=f'{SERVER}local = true\nphp = "{php}"')


@pytest.mark.parametrize(
    "php",
    [
        "php",
        "php8.2",
        "/usr/bin/php8.2",
        "/opt/plesk/php/8.2/bin/php",
        "/usr/local/bin/ea-php82",
        "lsphp",
        "sudo -n -u www-data php",
        "sudo -nu www-data -H -- /usr/bin/php",
        "doas -n -u www php",
        "runuser -u www-data -- php",
        "docker exec -i -u www-data moodle-web php",
        "podman exec moodle php",
    ],
)
def test_how_php_may_be_called(load_site: LoadSite, php: str) -> None:
    assert load_site(end=f'{SERVER}local = true\nphp = "{php}"').server


def test_a_key_in_a_variable_may_stand_on_one_line(load_site: LoadSite, monkeypatch: pytest.MonkeyPatch) -> None:
    key = new_key()
    monkeypatch.setenv("S3V_SERVER_KEY", key.replace("\n", "\\n"))
    environment = load_site(end=f'{SERVER}ssh = "moodle@server.example.edu"\nkey = "S3V_SERVER_KEY"')
    assert environment.server
    assert environment.server.key
    assert environment.server.key.get_secret_value() == key
    assert key in environment.secrets()
    assert "PRIVATE" not in repr(new_host(environment).shell._way)


@pytest.mark.parametrize("login", ["a@[::1]", "a@[2001:db8::1]:2222", "a@[::ffff:127.0.0.1]:22", "a@b", "a@b:22"])
def test_a_login_that_can_be_meant(load_site: LoadSite, login: str) -> None:
    server = load_site(end=f'{SERVER}ssh = "{login}"').server
    assert server is not None
    assert server.ssh == login


def test_a_server_that_is_reached_by_ipv6(server: SshServer, way: Ssh, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    connect = asyncssh.connect

    async def to_loopback(host: str, port: int, **options: Any) -> object:
        asked.append((host, port))
        return await connect("127.0.0.1", port, **options)

    monkeypatch.setattr(asyncssh, "connect", to_loopback)
    Shell(replace(way, login=f"moodle@[2001:db8::1]:{server.port}"), PLACE).check()
    assert asked == [("2001:db8::1", server.port)]


@pytest.mark.parametrize("lost", [1, LOST])
def test_a_connection_that_is_lost(way: Ssh, monkeypatch: pytest.MonkeyPatch, lost: int) -> None:
    """As what a server says that has no host key of the known kind is lost with its connection now and then."""
    asked: list[object] = []

    async def refuse(*_: object, **__: object) -> None:
        asked.append(1)
        if len(asked) <= lost:
            raise asyncssh.ConnectionLost("Connection lost")
        raise asyncssh.KeyExchangeFailed("Unable to find compatible server host key")

    monkeypatch.setattr(asyncssh, "connect", refuse)
    if lost < LOST:
        with pytest.raises(ConfigurationError, match="shows another host key"):
            Shell(way, PLACE).check()
    else:
        with pytest.raises(Unreachable, match=r"does not answer by SSH: Connection lost\."):
            Shell(way, PLACE).check()


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """The limit of an output: 1 MiB."""
    monkeypatch.setattr(module, "LARGEST", 1024**2)


def test_an_output_without_an_end(
    way: Ssh, answers: dict[str, tuple[int, str, str] | None], short: None, tmp_path: Path
) -> None:
    answers["df"] = (0, "x" * 1024**2, "y" * 1000)
    assert Shell(way, PLACE).ask(DISK).output == "x" * 1024**2
    for output, complaint in (("x" * (1024**2 + 1), ""), ("", "y" * (1024**2 + 1))):
        answers["df"] = (0, output, complaint)
        with pytest.raises(NotCheckable, match=r"df -Pk .* on moodle@127.* printed more than 1 MiB"):
            Shell(way, PLACE).ask(DISK)
    answers["true"] = answers["df"]
    with pytest.raises(ConfigurationError, match="prints more than 1 MiB to whoever logs in: look at what the shell"):
        Shell(way, PLACE).check()

    php = tmp_path / "php"
    php.write_text("#!/bin/sh\nexec yes", encoding="utf-8")
    php.chmod(0o755)
    with pytest.raises(NotCheckable, match="on this machine printed more than 1 MiB"):
        Shell(Here(), Place("/moodle", php=str(php))).ask(FACTS)
