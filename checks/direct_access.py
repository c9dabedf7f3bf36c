"""What comes of asking for the plugin's own files and pages by their address, without being who they are for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self
from zipfile import BadZipFile, ZipFile

from clients.addresses import DASHBOARD, DOWNLOAD, MANAGE_VIDEOS, PLUGIN, VIDEO_PAGE
from clients.errors import NotCheckable
from clients.http import told_if_it_fails
from clients.http_result import HttpResult
from clients.moodle.client import MoodleClient

PAGES = (DASHBOARD, MANAGE_VIDEOS)
"""For administrators."""

SCRIPTS = (
    "lib.php", "locallib.php", "settings.php", "version.php", "complete_installation.php", "renderer.php",
    "cli/test.php", "db/access.php", "db/caches.php", "db/events.php", "db/install.php", "db/services.php",
    "db/tasks.php", "db/uninstall.php", "db/upgrade.php", "db/upgradelib.php",
    "classes/logger.php", "classes/rate_limiter.php", "classes/retry_handler.php", "classes/validator.php",
    "classes/api/s3_client.php", "classes/api/cloudfront_client.php", "classes/task/cleanup_videos.php",
    "classes/privacy/provider.php", "backup/moodle2/backup_assignsubmission_s3video_subplugin.class.php",
    "lang/en/assignsubmission_s3video.php",
    "tests/s3_client_test.php", "tests/cloudfront_client_test.php", "tests/privacy_provider_test.php",
    "phpinfo.php", "info.php", "test.php", "config.php",
)  # fmt: skip
"""Of a plugin's folder: what Moodle or PHPUnit includes, or somebody has forgotten, and nobody asks for."""

INSIDE = (
    "security_audit_report.md", "SECURITY_AUDIT_SUMMARY.md", "security_test_results.md", "SECURITY.md", "AUDIT.md",
    "tests/GDPR_TEST_SUMMARY.md", "DEPLOYMENT_CHECKLIST.md", "DEVELOPER_GUIDE.md", "TODO.md",
    ".git/HEAD", ".git/config", ".gitlab-ci.yml", ".travis.yml", ".github/workflows/ci.yml", ".env", ".env.local",
    ".DS_Store", ".idea/workspace.xml", ".vscode/settings.json", "composer.lock", "auth.json", "package-lock.json",
    "error_log", "error.log", "debug.log", "dump.sql", "backup.sql", "backup.zip", "s3video.zip", "credentials.csv",
    "credentials.json", "private_key.pem", "config.json", "settings.php.bak", "lib.php.bak", "lib.php~", "lib.php.orig",
)  # fmt: skip
"""What tells of a plugin's weaknesses, its makers or its keys."""

DOCUMENTS = (
    "README.md", "README.txt", "README", "CHANGES.md", "CHANGELOG.md", "LICENSE", "LICENSE.txt", "INSTALLATION.md",
    "INSTALL.md", "BUILD_INSTRUCTIONS.md", "CONTRIBUTING.md", "UPGRADE.md", "upgrade.txt", "environment.xml",
    "thirdpartylibs.xml", "composer.json", "package.json", "phpunit.xml", "Gruntfile.js", "db/install.xml",
    "templates/player.mustache", "templates/upload_form.mustache", "amd/src/uploader.js",
)  # fmt: skip
"""What many a plugin has, and web servers give away: version, tables, sources."""

TELLING = re.compile(
    r"secur|audit|vulnerab|pentest|_test_|test_?results|deploy|developer|guide|todo|plan\b|secret|credential|dump|backup"
    r"|(?:^|/)\.(?!htaccess)|\.(?:sql|log|lock|bak|orig|old|swp|pem|key|csv|env|zip|gz|tar)$|~$",
    re.I,
)
"""Names of files, in a release's own list, that are like those of INSIDE."""

FOR_BROWSERS = (".css", ".js", ".map", ".svg", ".png", ".gif", ".jpg", ".ico", ".woff", ".woff2")
"""Of the files of a release: what pages load."""

MOST_FILES = 400
"""Of a release's list; a plugin that brings its libraries along has thousands."""


@dataclass(frozen=True)
class Folder:
    """The plugin's files by what it means that somebody gets them; names relative to its folder."""

    scripts: Sequence[str] = SCRIPTS
    inside: Sequence[str] = INSIDE
    documents: Sequence[str] = DOCUMENTS

    @classmethod
    def with_release(cls, release: Path | None) -> Self:
        """What any plugin's folder can hold, and what a release has, a folder or a ZIP as it is installed from.

        Raises NotCheckable where there is no such release.
        """
        own = [name for name in _names(release) if "vendor/" not in name][:MOST_FILES] if release else []
        inside = [name for name in own if TELLING.search(name)]
        scripts = [name for name in own if name.endswith(".php") and "/" in name and not name.startswith("ajax/")]
        documents = [name for name in own if not name.endswith((".php", *FOR_BROWSERS)) and name not in inside]
        return cls(
            *(
                tuple(dict.fromkeys((*known, *more)))
                for known, more in ((SCRIPTS, scripts), (INSIDE, inside), (DOCUMENTS, documents))
            )
        )


def _names(release: Path) -> list[str]:
    try:
        if release.is_dir():
            return sorted(str(path.relative_to(release)) for path in release.rglob("*") if path.is_file())
        with ZipFile(release) as archive:
            return sorted(name.partition("/")[2] for name in archive.namelist() if not name.endswith("/"))
    except (OSError, BadZipFile) as reason:
        raise NotCheckable(f"decided.release, {release.name}, is no folder and no ZIP file: {reason}") from reason


OK = 200

SHUT = (401, 403, 404)


def expect_silent(visitor: MoodleClient, names: Iterable[str]) -> None:
    """Who has not logged in is refused these scripts, or told nothing: no output, no error with a path in it."""
    for path in (*(f"{PLUGIN}/{name}" for name in names), *PAGES, VIDEO_PAGE, DOWNLOAD):
        with told_if_it_fails():
            answer = HttpResult.of(visitor.get(path))
            said = " ".join(answer.page.get_text(" ").split())
            if said and answer.status not in SHUT and not answer.message:
                raise AssertionError(f"expected {path} to tell nobody anything, seen {said[:150]}")


def expect_not_served(visitor: MoodleClient, names: Iterable[str]) -> list[str]:
    """Who has not logged in gets none of these files; returns what was asked for."""
    asked = [name for name in names if not name.endswith(".php")]
    served = []
    for name in asked:
        try:
            with told_if_it_fails():
                _expect_kept(HttpResult.of(visitor.get(f"{PLUGIN}/{name}")))
        except AssertionError:
            served.append(name)
    if served:
        raise AssertionError(
            "expected the plugin to ship no internal files, or the web server to keep them to itself, seen these given "
            f"to anybody: {', '.join(served)}"
        )
    return asked


def _expect_kept(answer: HttpResult) -> None:
    """No file came, but a refusal, or a page of the site in its place."""
    is_page = len(answer.hops) > 1 or answer.message or answer.page.title
    assert answer.status != OK or not answer.body or is_page, "expected a refusal, seen the file"


def expect_refused(site: MoodleClient, who: str) -> list[str]:
    """The administrators' pages are not for `who`; returns what they are told."""
    answers = [HttpResult.of(site.get(path)) for path in PAGES]
    if open_ := [answer.url for answer in answers if not answer.message]:
        raise AssertionError(f"expected {who} to be refused, seen {', '.join(open_)} open")
    return [answer.message for answer in answers]
