"""The settings form saved as it stands: what is sent, and that what the site did not keep is entered again."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from clients.moodle.model import Settings
from redaction.secrets import Secrets
from runner.reservation import settings_guard
from runner.reservation.settings_guard import SettingsGuard
from runner.reservation.workspace import Workspace

BEFORE = Settings(
    {"s3_bucket": "a-b", "retention_days": "90", "aws_secret_key": "secret", "s3_region": "us-east-1"}, ["s3_region"]
)


class Site:
    """A site that changes settings when they are saved, as `spoils` says."""

    def __init__(self, **spoils: str) -> None:
        self.settings = dict(BEFORE)
        self.spoils = spoils
        self.sent: list[dict[str, str]] = []

    def log_in_again(self) -> None: ...

    def save(self, _: object, values: dict[str, str]) -> dict[str, str]:
        self.sent.append(values)
        self.settings |= values | (self.spoils if len(self.sent) == 1 else {})
        return {}


@pytest.fixture
def guard(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    def guard(site: Site) -> SettingsGuard:
        monkeypatch.setattr(settings_guard, "plugin_settings", lambda _: Settings(site.settings, BEFORE.forced))
        for function in ("refused_settings", "save_plugin_settings"):
            monkeypatch.setattr(settings_guard, function, site.save)
        return SettingsGuard(cast(Workspace, SimpleNamespace(site=site)), Secrets(tmp_path / "secrets"))

    return guard


def test_neither_a_secret_nor_what_config_php_defines_is_sent(guard: Any) -> None:
    site = Site()
    assert guard(site).saved_as_it_is().expect_unchanged() == [*BEFORE]
    assert site.sent == [{"s3_bucket": "a-b", "retention_days": "90"}]


def test_what_the_site_did_not_keep_is_told_and_entered_again(guard: Any) -> None:
    site = Site(retention_days="0")
    with pytest.raises(AssertionError, match="another one of retention_days"):
        guard(site).saved_as_it_is().expect_unchanged()
    assert site.sent[1:] == [{"retention_days": "90"}]
    assert site.settings == dict(BEFORE)
