"""Steps 2.3 to 2.6, from the AWS SDK to the enabled plugin: what an administrator finds when they are done."""

import pytest

from runner.environment import Environment
from runner.environment_tables import Decided
from runner.lines import Lines
from runner.workspace import Workspace
from services.moodle.installation import HISTORY, NOT_FOR_THE_WEB, Installation
from services.moodle.settings_in_force import SettingsInForce, expect_quiet_page

pytestmark = pytest.mark.production


@pytest.mark.lines("2.3.4", "2.4.5", "2.4.7", "2.6.2", "2.6.3")
def test_installation(installation: Installation, once: Lines) -> None:
    """The plugin is installed, up to date and enabled, and its files are not for everybody."""
    with once("2.3.4", "the SDK's folder is not readable over the web"):
        installation.expect_unreadable(*NOT_FOR_THE_WEB)
    with once("2.3.4", "nor is the history of the files"):
        installation.expect_unreadable(*HISTORY)
    with once("2.4.5", "the upgrade is complete") as evidence:
        evidence["version"] = installation.expect_upgraded()
    with once("2.4.5", "its scheduled task is registered"):
        installation.expect_task_registered()
    with once("2.4.5", "its capabilities are there, for the roles of appendix C"):
        installation.expect_capabilities()
    with once("2.4.7", "both tables are there"):
        installation.expect_tables()
    with once("2.6.2", "S3 Video is in the list of submission plugins"):
        installation.expect_listed()
    with once("2.6.3", "and enabled"):
        installation.expect_enabled()


@pytest.mark.lines("2.5.3", "2.5.4", "2.5.5", "2.5.6", "2.5.7", "2.5.8", "2.5.9")
def test_credentials(in_force: SettingsInForce, environment: Environment, once: Lines) -> None:
    """The plugin is told the bucket and the distribution that this site is to use."""
    with once("2.5.3", "the access key id is one"):
        in_force.expect_access_key()
    with once("2.5.4", "the secret key is set"):
        in_force.expect_secret("aws_secret_key")
    with once("2.5.5", "the bucket is this site's"):
        in_force.expect("s3_bucket", environment.storage.bucket)
    with once("2.5.6", "the region is the bucket's"):
        in_force.expect("s3_region", environment.storage.region)
    with once("2.5.7", "the CDN is this site's"):
        in_force.expect("cloudfront_domain", environment.cdn.domain)
    with once("2.5.8", "the key pair is set"):
        in_force.expect_secret("cloudfront_keypair_id")
    with once("2.5.9", "the private key can be used"):
        in_force.expect_private_key("cloudfront_private_key")


@pytest.mark.lines("2.5.11", "2.5.12", "2.5.17", "2.5.18", "2.5.20")
def test_limits(
    in_force: SettingsInForce, installation: Installation, workspace: Workspace, decided: Decided, once: Lines
) -> None:
    """Retention and rate limits are in force, and the settings page has nothing to complain of."""
    with once("2.5.11", "videos are kept as long as decided"):
        in_force.expect("retention_days", decided.retention_days)
    with once("2.5.12", "the task that cleans up is enabled"):
        installation.expect_task_enabled()
    with once("2.5.17", "ten upload URLs a minute"):
        in_force.expect("upload_rate_limit", 10)
    with once("2.5.18", "thirty playback URLs a minute"):
        in_force.expect("playback_rate_limit", 30)
    with once("2.5.20", "the settings page shows no error message"):
        expect_quiet_page(workspace.site)
