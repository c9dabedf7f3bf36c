"""Secrets in version control, the key's file and the release, as they lie on the machine that the suite runs on."""

import pytest

from checks.installation import Installation
from checks.source import KeyFile, Source
from clients.moodle.model import Settings
from runner.pytest_plugin.lines import Lines

pytestmark = pytest.mark.production


@pytest.mark.lines("1.5.11", "1.6.24")
def test_secrets_in_history(source: Source, settings: Settings, line: Lines) -> None:
    """Somebody goes through all that was ever committed, with the plugin's own secrets in hand."""
    for box, what, name in (
        ("1.5.11", "private key", "cloudfront_private_key"),
        ("1.6.24", "AWS secret key", "aws_secret_key"),
    ):
        secret = "" if name in settings.forced else settings.get(name, "").strip()
        with line(box, f"The {what} was never committed to the plugin's repository") as evidence:
            evidence["objects"] = source.expect_never_committed(what, secret)


@pytest.mark.lines("1.5.12")
def test_key_file(key_file: KeyFile, settings: Settings, line: Lines) -> None:
    """Somebody looks at the file that AWS gave the private key in."""
    name = "cloudfront_private_key"
    with line("1.5.12", "The private key's file can be read by its owner only") as evidence:
        evidence["mode"] = key_file.expect_for_owner_only()
    with line("1.5.12", "The file holds the plugin's private key", extra=True):
        key_file.expect_key("" if name in settings.forced else settings.get(name, "").strip())


@pytest.mark.lines("4.10.6", "T.2.3")
def test_release(source: Source, installation: Installation, line: Lines) -> None:
    """Somebody looks for the installed version among the tags, and into the description of its tables."""
    with line("4.10.6", "A tag in the repository names the installed version") as evidence:
        evidence["tag"] = source.expect_tag(installation.versions())
    with line("T.2.3", "The repository's install.xml describes both tables without a mistake") as evidence:
        evidence["tables"] = source.expect_install_xml()
