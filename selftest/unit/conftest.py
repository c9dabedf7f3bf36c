"""Environment files that tests write, and their secrets; a video, and who judges of access to it."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from checks.access import VideoAccess
from clients.plugin.api import Video
from runner.configuration.environment import Environment
from runner.configuration.environment import load as load_environment
from selftest.unit.environment_files import SITE, VARIABLES, LoadSite
from selftest.unit.visitors import new_judge, video_in


@pytest.fixture
def video(tmp_path: Path) -> Video:
    return video_in(tmp_path)


@pytest.fixture
def judge() -> VideoAccess:
    return new_judge()


@pytest.fixture(scope="module")
def rsa_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


@pytest.fixture
def variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in VARIABLES.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("S3V_UNSET", raising=False)


@pytest.fixture
def root(tmp_path: Path, variables: None) -> Path:
    folder = tmp_path / "environments"
    folder.mkdir()
    (folder / "site.toml").write_text(SITE)
    return folder


@pytest.fixture
def load_site(root: Path) -> LoadSite:
    """Loads the environment above after `old` was replaced, or `new` put in front or behind."""

    def load(*changes: tuple[str, str], top: str = "", end: str = "") -> Environment:
        content = SITE
        for old, new in changes:
            assert old in content
            content = content.replace(old, new)
        (root / "site.toml").write_text(f"{top}\n{content}\n{end}")
        return load_environment("site", root)

    return load
