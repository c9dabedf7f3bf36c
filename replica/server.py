"""The shell of Moodle's server: SSH on loopback, with a fixed answer to each command that somebody who reads types."""

import json
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import asyncssh

from replica.faults import LARGE, Faults
from replica.moodle.site import Site

MOODLE = "/var/www/moodle"
PLUGIN = f"{MOODLE}/mod/assign/submission/s3video"
PHP_LOG, WEB_LOG, BACKUPS, WATCHER = "/var/log/php.log", "/var/log/apache2/error.log", "/var/backups/moodle", "promtail"
RESTORED = "moodle_restored"
USER = "moodle"
RELEASE = Path(__file__).with_name("static")
TASK = r"\assignsubmission_s3video\task\cleanup_videos"
MIB, GIB = 2**20, 2**30
DAY = 86400


class Unknown(Exception):
    """No command that this server has an answer to."""


class Shell:
    """Listens on a free port; takes one key, made at each start."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.faults: Faults = site.faults
        self.host_key = asyncssh.generate_private_key("ssh-ed25519")
        self.client_key = asyncssh.generate_private_key("ssh-ed25519")
        self.port = 0

    async def start(self) -> asyncssh.SSHAcceptor:
        """Sets `port`."""
        public = self.client_key.export_public_key().decode()
        acceptor = await asyncssh.listen(
            "127.0.0.1",
            0,
            server_host_keys=[self.host_key],
            authorized_client_keys=asyncssh.import_authorized_keys(public),
            process_factory=self._serve,
            encoding="utf-8",
        )
        self.port = acceptor.get_port()
        return acceptor

    @property
    def announced(self) -> dict[str, str]:
        """For whoever starts the replica: how to get in, the private key among it."""
        return {
            "ssh": f"{USER}@127.0.0.1:{self.port}",
            "host_key": self.host_key.export_public_key().decode().strip(),
            "key": self.client_key.export_private_key().decode(),
        }

    def _serve(self, process: "asyncssh.SSHServerProcess[str]") -> None:
        try:
            process.stdout.write(self.answer(process.command or ""))
            process.exit(0)
        except Unknown as unknown:
            process.stderr.write(f"sh: 1: {unknown}: not found\n")
            process.exit(127)

    def answer(self, command: str) -> str:
        """What a command prints. Raises Unknown."""
        table: dict[str, Callable[[], str]] = {
            r"true$": str,
            r"php .* -r .*wwwroot": lambda: json.dumps(self._facts()) + "\n",
            r"php .* -r ": self._data,
            r"php .*/scheduled_task\.php --list$": self._tasks,
            r"php .*/check_database_schema\.php$": self._schema,
            r"sh -c 'command -v composer'$": self._composer,
            r"df ": self._disk,
            rf"find -H {PLUGIN} -printf ": self._modes,
            rf"find -H {PLUGIN} -type f ": self._hashes,
            r"ps ": self._processes,
            r"date ": lambda: f"{int(time.time())} +0000\n",
            rf"tail .* {PHP_LOG}$": self._php_log,
            rf"tail .* {WEB_LOG}$": self._web_log,
            rf"sh -c .* sh {BACKUPS}$": self._backups,
            rf"pgrep .* {WATCHER}$": lambda: "" if self.faults.on("log-watcher-dead") else "4711\n",
        }
        for pattern, tell in table.items():
            if re.match(pattern, command, re.S):
                return tell()
        raise Unknown(command.partition(" ")[0])

    def _data(self) -> str:
        kept = self._large("upload-by-way-of-moodles-disk", lambda video: video.declared_size)
        return f"{3 * GIB + kept}\n"

    def _tasks(self) -> str:
        listed = "" if self.faults.on("task-not-on-the-command-line") else f"{TASK}  0 2 * * * *\n"
        return f"\\core\\task\\backup_cleanup_task  10 * * * * *\n{listed}"

    def _composer(self) -> str:
        return "" if self.faults.on("server-without-composer") else "/usr/local/bin/composer\n"

    def _facts(self) -> dict[str, object]:
        elsewhere = self.faults.on("server-of-another-site")
        return {
            "wwwroot": "https://moodle.example.invalid" if elsewhere else self.site.base_url,
            "sdk": self._sdk(),
            "composer_lists": "3.318.0" if "vendor/aws/aws-sdk-php/src" in self._sdk() or self._half() else None,
            "owner": 33,
            "owner_name": "www-data",
            "user": 33,
            "upgrade_log": self._upgrade_log(),
            "missing": ["mdl_user", "mdl_user_preferences"] if self.faults.on("restore-cut-off") else [],
            "restored": None if self.faults.on("restore-from-before-the-plugin") else self.site.plugin_version,
            "may_create": not self.faults.on("database-user-without-create"),
        }

    def _half(self) -> bool:
        return self.faults.on("sdk-listed-only")

    def _sdk(self) -> dict[str, str]:
        if self.faults.on("server-without-composer") or self.faults.on("sdk-not-installed"):
            return {}
        if self._half():
            return {"lib/aws-sdk/src": "3.318.0"}
        return {"vendor/aws/aws-sdk-php/src": "2.8.31" if self.faults.on("sdk-too-old") else "3.318.0"}

    def _upgrade_log(self) -> list[list[object]]:
        if self.faults.on("upgrade-log-empty"):
            return []
        log = [
            [2, "2025010100", "Exception: ddlexecuteerror"],  # of a version before
            [0, self.site.plugin_version, "Starting plugin installation"],
            [0, self.site.plugin_version, "Plugin installed"],
        ]
        if self.faults.on("upgrade-log-error"):
            log.insert(2, [2, self.site.plugin_version, "Exception: DDL sql execution error"])
        if self.faults.on("upgrade-log-warning"):
            log.insert(2, [1, self.site.plugin_version, "Debugging: the column s3_key is longer than its index"])
        return [list(entry) for entry in log]

    def _schema(self) -> str:
        if self.faults.on("tables-changed-by-hand"):
            rule = "-" * 79
            return (
                f"{rule}\nassignsubmission_s3video\n * column 's3_key' has incorrect type 'I', expected 'C'\n{rule}\n"
            )
        return "Database structure is ok.\n"

    def _disk(self) -> str:
        free = 3000 if self.faults.on("server-disk-full") else 40_000_000
        head = "Filesystem     1024-blocks     Used Available Capacity Mounted on"
        return f"{head}\n/dev/sda1         82043328 {82043328 - free}  {free}      51% /\n"

    def _modes(self) -> str:
        files = {"": ("d", 0o755), **dict.fromkeys(self._digests(), ("f", 420))}
        if self.faults.on("plugin-writable-by-all"):
            files = {name: (kind, 0o777) for name, (kind, _) in files.items()}
        if self.faults.on("plugin-unreadable"):
            files |= {name: (kind, 0o600) for name, (kind, _) in files.items() if kind == "f"}
        owner = "root" if self.faults.on("plugin-unreadable") else "www-data"
        return "".join(f"{kind} {mode:o} {owner} {name}\n" for name, (kind, mode) in files.items())

    def _hashes(self) -> str:
        return "".join(f"{digest}  {PLUGIN}/{name}\n" for name, digest in self._digests().items())

    def _digests(self) -> dict[str, str]:
        names = sorted(file for file in RELEASE.rglob("*") if file.is_file())
        found = {file.relative_to(RELEASE).as_posix(): sha256(file.read_bytes()).hexdigest() for file in names}
        if self.faults.on("plugin-file-changed"):
            found["uploader.js"] = sha256(b"edited on the server").hexdigest()
        if self.faults.on("plugin-file-missing"):
            del found["player.js"]
        if self.faults.on("plugin-file-too-many"):
            found["shell.php"] = sha256(b"<?php").hexdigest()
        return found

    def _processes(self) -> str:
        seconds = 1000 + self._large("upload-by-way-of-php", lambda _: 30)
        memory = 200 * MIB + self._large(
            "upload-held-in-memory", lambda video: 900 * MIB if video.status == "pending" else 0
        )
        return f"root 12 9000\nwww-data {seconds} {memory // 1024}\nmysql 99999 800000\n"

    def _large(self, fault: str, of_one: Callable[..., int]) -> int:
        """What the large videos that were asked for come to, where that fault is on."""
        videos = [*self.site.state.videos.values()]
        return sum(of_one(video) for video in videos if self.faults.on(fault) and video.declared_size > LARGE)

    def _php_log(self) -> str:
        now = datetime.now(UTC)
        at, before = now.strftime("[%d-%b-%Y %H:%M:%S UTC]"), "[01-Jan-2026 02:00:00 UTC]"
        lines = [
            f"{before} PHP Fatal error:  Uncaught Error: Class not found in {PLUGIN}/lib.php:12",
            f"{at} Default exception handler: Sorry, but you do not currently have permissions  Debug: "
            "Error code: nopermissions",
            f"{at} [client 127.0.0.1]  {self.site.base_url}  Suspended Login:  s3va-01  python-requests",
            f"{at} PHP Fatal error:  Uncaught Error in /var/www/shop/index.php on line 3",
        ]
        if self.faults.on("php-log-error"):
            lines += [f"{at} PHP Warning:  Undefined variable $key in {PLUGIN}/view_video.php on line 31"]
        if self.faults.on("php-log-sql-error"):
            lines += [f"{at} Default exception handler: Error writing to database Debug: Data too long for column"]
        return "\n".join(lines) + "\n"

    def _web_log(self) -> str:
        at = datetime.now(UTC).strftime("[%a %b %d %H:%M:%S.%f %Y]")
        lines = [
            "[Thu Jan 01 02:00:00.000000 2026] [core:error] [pid 2] AH00037: Symbolic link not allowed",
            f"{at} [authz_core:error] [pid 2] [client 127.0.0.1:4] AH01630: client denied by server configuration: /",
            f"{at} [mpm_event:notice] [pid 2] AH00489: Apache/2.4 configured -- resuming normal operations",
        ]
        if self.faults.on("web-log-error"):
            lines += [
                f"{at} [proxy_fcgi:error] [pid 2] [client 127.0.0.1:4] AH01079: failed to make connection to backend"
            ]
        return "\n".join(lines) + "\n"

    def _backups(self) -> str:
        age = 12 * DAY if self.faults.on("backup-old") else 6 * 3600
        how = "broken" if self.faults.on("backup-cut-off") else "whole"
        told = [f"database {age} 52428800 {how}"]
        if not self.faults.on("backup-of-another-database"):
            told += ["assignsubmission_s3v_log", "assignsubmission_s3video"]
        if not self.faults.on("backup-of-files-missing"):
            told += ["files 21600 104857600 whole", "config.php"]
        return "\n".join(told) + "\n"
