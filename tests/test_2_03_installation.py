"""Steps 2.3 to 2.6, from the AWS SDK to the enabled plugin: what an administrator finds when they are done."""

import pytest

from checks.installation import HISTORY, NOT_FOR_THE_WEB, TASK, Installation
from checks.plugin_configuration import (
    AUTOMATIC_CLEANUP,
    FILE_TYPES,
    LARGEST_FILE,
    PluginConfiguration,
    expect_quiet_page,
)
from checks.served_files import Release
from checks.server_database import (
    expect_may_create,
    expect_no_upgrade_error,
    expect_no_upgrade_warning,
    expect_schema,
    expect_task_listed,
    expect_upgrade_logged,
)
from checks.server_files import (
    expect_nothing_more,
    expect_owner,
    expect_permissions,
    expect_release,
    expect_sdk,
    expect_sdk_whole,
)
from clients.server.host import Host
from runner.configuration.environment import Environment
from runner.configuration.environment_tables import LARGEST_UPLOAD, Decided
from runner.pytest_plugin.lines import Lines
from runner.reservation.settings_guard import SettingsGuard
from runner.reservation.workspace import Workspace

CREDENTIALS = {
    "2.5.3": "aws_access_key",
    "2.5.4": "aws_secret_key",
    "2.5.5": "s3_bucket",
    "2.5.6": "s3_region",
    "2.5.7": "cloudfront_domain",
    "2.5.8": "cloudfront_keypair_id",
    "2.5.9": "cloudfront_private_key",
}
"""The settings of step 2.5 that tell the plugin where its videos are."""

LIMITS = {"2.5.11": "retention_days", "2.5.17": "upload_rate_limit", "2.5.18": "playback_rate_limit"}

MIME_TYPES = "video/mp4,video/quicktime,video/x-msvideo,video/x-matroska,video/webm"


@pytest.mark.production
@pytest.mark.lines("2.3.4", "2.4.5", "2.4.7", "2.6.2", "2.6.3")
def test_installation(installation: Installation, line: Lines) -> None:
    """The plugin is installed, up to date and enabled, and its files are not for everybody."""
    with line("2.3.4", "The web server does not serve the SDK's folder"):
        installation.expect_unreadable(*NOT_FOR_THE_WEB)
    with line("2.3.4", "The web server does not serve the history of the plugin's files", extra=True):
        installation.expect_unreadable(*HISTORY)
    with line("2.4.5", "The plugin's files and tables are of one version") as evidence:
        evidence["version"] = installation.expect_upgraded()
    with line("2.4.5", "The upgrade has registered the scheduled task", extra=True):
        installation.expect_task_registered()
    with line("2.4.5", "The list of scheduled tasks calls the clean-up by a name", extra=True) as evidence:
        evidence["name"] = installation.expect_task_named()
    with line("2.4.5", "Students, teachers and managers have the plugin's capabilities of appendix C", extra=True):
        installation.expect_capabilities()
    with line("2.4.5", "No role has more of the plugin's capabilities than appendix C gives it", extra=True):
        installation.expect_no_capability_too_many()
    with line("2.4.7", "The plugin's pages read both tables"):
        installation.expect_tables()
    with line("2.6.2", "The list of submission plugins shows S3 Video by its name") as evidence:
        evidence["name"] = installation.expect_listed()
    with line("2.6.3", "S3 Video is enabled"):
        installation.expect_enabled()


@pytest.mark.production
@pytest.mark.lines("2.2.5", "2.2.10", "2.6.4", "2.6.5", "3.3.1", "3.6.3", "4.10.5")
def test_decided(installation: Installation, workspace: Workspace, decided: Decided, line: Lines) -> None:
    """The plugin is the one that was decided for this site: version, files, place, and whether it is on by itself."""
    for box in ("2.2.10", "4.10.5"):
        with line(box, "The plugin is of the version that was decided") as evidence:
            evidence["version"] = installation.expect_version(decided.plugin_version)
    for box in ("2.2.5", "3.3.1"):
        with line(box, "The plugin's files that the web server gives are those of the release") as evidence:
            evidence["files"] = Release(decided.release).expect_served(workspace.site)
    with line("2.6.4", "S3 Video has the place among the submission plugins that was decided") as evidence:
        evidence["place"] = installation.expect_position(decided.position)
    for box in ("2.6.5", "3.6.3"):
        with line(box, "A new assignment takes videos by itself where that was decided") as evidence:
            evidence["on"] = installation.expect_default(decided.on_by_default)


@pytest.mark.production
@pytest.mark.lines("2.2.6", "2.3.2", "2.3.3", "3.3.2", "3.3.3", "3.3.4")
def test_files_on_the_server(host: Host, decided: Decided, line: Lines) -> None:
    """The plugin and the AWS SDK lie on the server as they were installed, for nobody else to change."""
    for box in ("2.2.6", "3.3.2"):
        with line(
            box, "The web server can read all of the plugin's files, and nobody else can change them"
        ) as evidence:
            evidence["files by owner"] = expect_permissions(host)
        with line(box, "The plugin's files are the web server's, as chown leaves them", advice=True):
            expect_owner(host)
    for box in ("2.3.2", "3.3.3"):
        with line(box, "The server has an AWS SDK that the plugin can use") as evidence:
            evidence["SDK"] = expect_sdk(host)
    with line("2.3.3", "The AWS SDK that Composer lists is there, or another one") as evidence:
        evidence["version"] = expect_sdk_whole(host)
    with line("3.3.4", "The plugin's files on the server are those of the release, byte for byte") as evidence:
        evidence["files"] = expect_release(host, decided.release)
    with line("3.3.4", "The plugin's folder has no file that the release does not have", extra=True):
        expect_nothing_more(host, decided.release)


@pytest.mark.production
@pytest.mark.lines("2.4.6", "2.4.7", "3.4.6", "3.10.6", "T.2.2")
def test_database(host: Host, line: Lines) -> None:
    """Moodle's database tells how the upgrade went."""
    with line("2.4.6", "The upgrade log tells of the plugin's installation") as evidence:
        evidence["entries"] = expect_upgrade_logged(host)
    with line("2.4.6", "The upgrade log has no error of the plugin's version") as evidence:
        evidence["version"] = expect_no_upgrade_error(host)
    with line("3.4.6", "The upgrade log has no warning of the plugin's version") as evidence:
        evidence["version"] = expect_no_upgrade_warning(host)
    with line("2.4.7", "The plugin's tables are as its install.xml says (appendix D)", extra=True):
        expect_schema(host)
    with line("3.10.6", "Moodle's command line lists the task that cleans up", extra=True):
        expect_task_listed(host, TASK)
    with line("T.2.2", "Moodle's database user may create tables"):
        expect_may_create(host)


@pytest.mark.production
@pytest.mark.lines("2.1.4", "2.5.3", "2.5.4", "2.5.5", "2.5.6", "2.5.7", "2.5.8", "2.5.9")
def test_credentials(
    plugin_configuration: PluginConfiguration, environment: Environment, decided: Decided, line: Lines
) -> None:
    """The plugin is told the bucket and the distribution that this site is to use."""
    with line("2.1.4", "The site has a bucket and a distribution of its own, not production's"):
        plugin_configuration.expect_apart_from(decided.production)
    with line("2.5.3", "The AWS access key id has the form of one"):
        plugin_configuration.expect_access_key()
    with line("2.5.4", "The AWS secret key is set"):
        plugin_configuration.expect_secret("aws_secret_key")
    with line("2.5.4", "The settings page masks the AWS secret key", extra=True):
        plugin_configuration.expect_masked("aws_secret_key")
    with line("2.5.5", "The settings name this site's bucket"):
        plugin_configuration.expect("s3_bucket", environment.storage.bucket)
    with line("2.5.6", "The settings name the bucket's region"):
        plugin_configuration.expect("s3_region", environment.storage.region)
    with line("2.5.7", "The settings name this site's CDN"):
        plugin_configuration.expect("cloudfront_domain", environment.cdn.domain)
    with line("2.5.8", "The id of the CDN's key pair is set"):
        plugin_configuration.expect_secret("cloudfront_keypair_id")
    with line("2.5.9", "The CDN's private key can be read"):
        plugin_configuration.expect_private_key("cloudfront_private_key")
    with line("2.5.9", "The private key's field keeps its lines when the page is saved", extra=True):
        plugin_configuration.expect_room_for_lines("cloudfront_private_key")
    for box, name in CREDENTIALS.items():
        with line(box, f"The label of {name} says what it is", extra=True):
            plugin_configuration.expect_label(name)


@pytest.mark.production
@pytest.mark.lines("2.5.11", "2.5.12", "2.5.14", "2.5.15", "2.5.17", "2.5.18", "2.5.20")
def test_limits(
    plugin_configuration: PluginConfiguration,
    installation: Installation,
    workspace: Workspace,
    decided: Decided,
    line: Lines,
) -> None:
    """Retention and rate limits are in force, and the settings page has nothing to complain of."""
    with line("2.5.11", "Videos are kept for as long as decided"):
        plugin_configuration.expect("retention_days", decided.retention_days)
    with line("2.5.11", "The retention counts in days"):
        plugin_configuration.expect_unit("retention_days", "day")
    with line("2.5.11", "The plugin's own default of the retention is 90 days", advice=True):
        plugin_configuration.expect_default("retention_days", 90)
    with line("2.5.12", "The settings have automatic cleanup switched on"):
        plugin_configuration.expect_switched_on("automatic cleanup", AUTOMATIC_CLEANUP)
    with line("2.5.12", "The scheduled task that cleans up is enabled", extra=True):
        installation.expect_task_enabled()
    with line("2.5.14", "The settings hold the largest size of a file, 5 GB"):
        plugin_configuration.expect_size("the maximum file size", LARGEST_FILE, LARGEST_UPLOAD)
    with line("2.5.15", "The settings hold the types of video that the checklist names"):
        plugin_configuration.expect_choice("the allowed MIME types", FILE_TYPES, MIME_TYPES)
    for box, name in LIMITS.items():
        with line(box, f"The label of {name} says what it is", extra=True):
            plugin_configuration.expect_label(name)
    for box, kind, wanted in (("2.5.17", "upload", 10), ("2.5.18", "playback", 30)):
        with line(box, f"The limit of {kind} URLs is set to {wanted}"):
            plugin_configuration.expect_limit(f"{kind}_rate_limit", wanted)
        with line(box, f"The limit of {kind} URLs counts by the minute"):
            plugin_configuration.expect_unit(f"{kind}_rate_limit", "minute")
        with line(box, f"The plugin's own default of the limit of {kind} URLs is {wanted}", advice=True):
            plugin_configuration.expect_default(f"{kind}_rate_limit", wanted, "a minute")
    with line("2.5.20", "The settings page shows no error message"):
        expect_quiet_page(workspace.site)
    with line("2.5.20", "Each setting has a label of its own", extra=True):
        plugin_configuration.expect_labels()


@pytest.mark.lines("2.5.4", "2.5.20")
def test_save_changes(settings_guard: SettingsGuard, line: Lines) -> None:
    """The administrator presses Save changes: first for nothing, then for a secret key as AWS gives them."""
    with line("2.5.20", "Save changes takes every value, and each stays as it was") as evidence:
        evidence["settings"] = settings_guard.saved_as_it_is().expect_unchanged()
    with line(
        "2.5.4", "The settings page takes a secret key with a slash and a plus sign, as AWS gives them", extra=True
    ):
        settings_guard.saved_with_slash_and_plus("aws_secret_key").expect_taken()
