"""The site over HTTP, as its administrator: caches purged, and what probes saw."""

from __future__ import annotations

import secrets
import subprocess
from collections.abc import Collection
from fnmatch import fnmatch

from clients.errors import SiteError
from runner.configuration.connect import new_site
from runner.configuration.environment import Environment

PLUGIN = "/mod/assign/submission/s3video"

PURGE = "/admin/purgecaches.php"

CACHES = {"lang/*": "lang", "*.js": "js", "*.mustache": "template", "*.css": "theme"}
"""What Moodle keeps of a plugin's files, by the names of its page; PHP it reads anew."""

PATIENCE = 60
"""Seconds for a page right after its caches went."""

PROBES = """<?php
// What probes of the acceptance suite's mutants write, and what takes it away.
if (!function_exists('s3v_hit')) {
    function s3v_hit($hit) {
        static $seen = [];
        if (!isset($seen[$hit])) {
            $seen[$hit] = true;
            @file_put_contents(sys_get_temp_dir() . '/NAME', "$hit\\n", FILE_APPEND);
        }
    }
}
"""

TAKEN = """<?php
$log = sys_get_temp_dir() . '/NAME';
if (isset($_GET['hit'])) {
    @file_put_contents($log, str_replace(',', "\\n", $_GET['hit']) . "\\n", FILE_APPEND);
} else if (@rename($log, "$log.taken")) {
    header('Content-Type: text/plain');
    readfile("$log.taken");
    unlink("$log.taken");
}
"""

IN_A_BROWSER = """\
window.s3vHit=window.s3vHit||(function(){var seen={},wait=[],told=0;function tell(){if(wait.length){\
navigator.sendBeacon(M.cfg.wwwroot+'PATH?hit='+wait.splice(0,200).join(','));}}\
addEventListener('pagehide',tell);return function(hit){if(!seen[hit]){seen[hit]=1;wait.push(hit);\
clearTimeout(told);told=setTimeout(tell,30);}};})();"""


class OnSite:
    """`after` is a command for a site that has a faster way than HTTP: it gets the changed files, a line each."""

    def __init__(self, environment: Environment, after: str = "") -> None:
        self._environment = environment
        self._after = after
        self._admin = new_site(environment, PATIENCE)
        self._logged_in = False
        self.name = f"s3v-{secrets.token_hex(8)}"

    def changed(self, files: Collection[str]) -> None:
        """Has the site see these files of the plugin as they are now."""
        if self._after:
            subprocess.run(
                self._after, shell=True, check=True, input="\n".join(sorted(files)), text=True, capture_output=True
            )
        elif caches := {cache for file in files for pattern, cache in CACHES.items() if fnmatch(file, pattern)}:
            self._purge(caches)

    def _purge(self, caches: Collection[str]) -> None:
        if not self._logged_in:
            admin = self._environment.accounts.admin
            self._admin.login(admin.username, admin.password.get_secret_value())
            self._logged_in = True
        self._admin.log_in_again()
        self._admin.open("Looking for the caches", PURGE)
        options = {f"purgeselectedoptions[{cache}]": 1 for cache in sorted(caches)}
        form = {"_qf__core_admin_form_purge_caches": 1, "returnurl": PURGE, "purgeselectedcaches": "Purge"}
        self._admin.send("Purging caches", PURGE, {**options, **form})

    # -- probes -----------------------------------------------------------------------------------

    def probes(self) -> dict[str, bytes]:
        """The files that probes need, beside the plugin's own."""
        return {
            f"{self.name}.php": PROBES.replace("NAME", self.name).encode(),
            f"{self.name}-taken.php": TAKEN.replace("NAME", self.name).encode(),
        }

    def head(self, file: str) -> str:
        """What stands before the first probe of a file."""
        if file.endswith(".php"):
            return f"require_once(__DIR__ . '/{'../' * file.count('/')}{self.name}.php');"
        return IN_A_BROWSER.replace("PATH", self._taken)

    @property
    def _taken(self) -> str:
        return f"{PLUGIN}/{self.name}-taken.php"

    def hits(self) -> set[str]:
        """What was executed since this was asked last."""
        answer = self._admin.get(self._taken)
        if not answer.ok:
            raise SiteError(f"The probes do not answer: {self._taken} says {answer.status_code}.")
        return set(answer.text.split())
