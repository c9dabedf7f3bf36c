import os
import re
from pathlib import Path
from typing import Never

import certifi
import pytest
import trustme
from cryptography.hazmat.primitives.asymmetric import rsa

from clients.errors import ConfigurationError
from runner.configuration.environment import ENVIRONMENTS, load
from runner.configuration.environment_tables import EnvironmentTable, Target
from selftest.unit.environment_files import VARIABLES, LoadSite, pem
from selftest.unit.ssh_server import new_key


def test_a_short_file_is_enough(load_site: LoadSite) -> None:
    environment = load_site()
    assert environment.name == "site"
    assert environment.base_url == "https://moodle.test"
    assert environment.test_site is False
    assert environment.verify is True
    assert environment.accounts.admin.password.get_secret_value() == "admin-password"
    assert environment.storage.endpoint is None
    assert [(target.name, target.required) for target in environment.targets] == [
        ("chromium", True),
        ("firefox", True),
        ("webkit", False),
    ]
    assert environment.budgets.page == 15
    assert environment.large.size == 1024**3


def test_where_the_site_is_without_tls(load_site: LoadSite) -> None:
    assert load_site().http_url == "http://moodle.test"
    assert load_site(("moodle.test/", "moodle.test:8443")).http_url == ""
    assert load_site(top='plain_url = "http://moodle.test:8080"').http_url == "http://moodle.test:8080"


def test_secrets_are_listed_and_never_shown(
    load_site: LoadSite, monkeypatch: pytest.MonkeyPatch, rsa_key: rsa.RSAPrivateKey
) -> None:
    monkeypatch.setenv("S3V_CDN_PRIVATE_KEY", pem(rsa_key))
    environment = load_site(
        ('.net"', '.net"\nkey_pair_id = "K1"\nprivate_key = "S3V_CDN_PRIVATE_KEY"'),
        (
            "[storage]",
            """[accounts.given]
            student = { username = "a", password = "S3V_STUDENT_PASSWORD" }
            teacher = { username = "b", password = "S3V_ADMIN_PASSWORD" }
            [storage]""",
        ),
    )
    secrets = environment.secrets()
    assert set(secrets) == {*VARIABLES.values(), pem(rsa_key)} - {"abcde"}
    assert not any(secret in repr(environment) for secret in secrets)


@pytest.mark.parametrize(
    ("base_url", "path", "address"),
    [
        ("https://moodle.test", "/my/", "https://moodle.test/my/"),
        ("https://moodle.test:8443/moodle/", "login/index.php", "https://moodle.test:8443/moodle/login/index.php"),
    ],
)
def test_addresses(load_site: LoadSite, base_url: str, path: str, address: str) -> None:
    assert load_site(("https://moodle.test/", base_url)).url(path) == address


def test_a_path_is_as_good_as_a_name(root: Path) -> None:
    assert load(str(root / "site.toml")).base_url == "https://moodle.test"


def test_a_dotenv_file_in_another_encoding_is_refused(load_site: LoadSite, root: Path) -> None:
    (root.parent / ".env").write_bytes("S3V_UNSET=ü".encode("latin-1"))
    with pytest.raises(ConfigurationError, match=r"\.env: is not UTF-8; save it"):
        load_site()


@pytest.mark.parametrize("line_break", ["\n", "\\n"])
def test_a_private_key_may_stand_on_one_line(
    load_site: LoadSite, monkeypatch: pytest.MonkeyPatch, rsa_key: rsa.RSAPrivateKey, line_break: str
) -> None:
    monkeypatch.setenv("S3V_CDN_PRIVATE_KEY", pem(rsa_key).replace("\n", line_break))
    environment = load_site(('.net"', '.net:444"\nkey_pair_id = "K1"\nprivate_key = "S3V_CDN_PRIVATE_KEY"'))
    assert environment.cdn.private_key
    assert environment.cdn.private_key.get_secret_value() == pem(rsa_key)
    assert environment.secrets()[-1] == pem(rsa_key)


def test_an_unknown_environment_names_those_there_are(root: Path) -> None:
    (root / "other.toml").touch()
    (root / "staging.example.toml").touch()
    with pytest.raises(ConfigurationError) as refusal:
        load("stagin", root)
    assert str(refusal.value) == (
        f"{root}/stagin.toml: there is no such environment; {root} has other, site. "
        "For a new one copy environments/staging.example.toml"
    )


def test_an_unknown_file_in_an_empty_folder(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"absent\.toml: there is no such environment; .* has none\."):
        load(f"{tmp_path}/absent.toml", tmp_path)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b'base_url = "x"\nbroken\n', r"site\.toml: is not valid TOML in UTF-8: .*line 2.*; correct it"),
        (b"base_url = '\xff'", r"site\.toml: is not valid TOML in UTF-8: .*; correct it"),
    ],
)
def test_a_file_that_is_not_toml(root: Path, content: bytes, problem: str) -> None:
    (root / "site.toml").write_bytes(content)
    with pytest.raises(ConfigurationError, match=problem):
        load("site", root)


def test_a_file_that_cannot_be_read(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> Never:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(ConfigurationError, match=r"site\.toml: cannot be read \(Permission denied\); put a file"):
        load("site", root)


def test_trust(load_site: LoadSite, root: Path) -> None:
    assert load_site(top="ignore_https_errors = true").verify is False
    environment = load_site(top='ca_file = "../ca.pem"')
    assert environment.ca_file == root.parent / "ca.pem"
    with pytest.raises(ConfigurationError, match=r"site\.toml: ca_file: .*ca\.pem cannot be used .*; put the"):
        environment.check_files()
    (root.parent / "ca.pem").write_text("no certificate")
    with pytest.raises(ConfigurationError, match=r"ca_file: .* cannot be used"):
        environment.check_files()
    trustme.CA().cert_pem.write_to_path(str(root.parent / "ca.pem"))
    environment.check_files()
    load_site().check_files()


def test_authorities_of_all_are_listed_once(load_site: LoadSite, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def certificates(file: str | Path) -> list[str]:
        return re.findall("-----BEGIN.+?-----END CERTIFICATE-----", Path(file).read_text(encoding="utf-8"), re.DOTALL)

    own, machine = root.parent / "ca.pem", root.parent / "machine.pem"
    trustme.CA().cert_pem.write_to_path(str(own))
    machine.write_bytes(own.read_bytes() + Path(certifi.where()).read_bytes() + trustme.CA().cert_pem.bytes())
    monkeypatch.setenv("SSL_CERT_FILE", str(machine))
    listed = certificates(str(load_site(top='ca_file = "../ca.pem"').verify))
    assert set(certificates(machine)) <= set(listed)
    assert len(set(listed)) == len(listed)


def test_targets_by_name(load_site: LoadSite) -> None:
    environment = load_site(end='[[targets]]\nname = "pixel"\nengine = "chromium"\ndevice = "Pixel 7"')
    assert [target.name for target in environment.targets] == ["pixel"]
    assert environment.target("pixel").required
    assert environment.target("firefox") == Target(name="firefox", engine="firefox", required=False)
    assert load_site().target("firefox").required
    with pytest.raises(
        ConfigurationError, match="no target is named edge; use one of pixel, chromium, firefox, webkit"
    ):
        environment.target("edge")


def test_no_targets_means_the_standard_ones(load_site: LoadSite) -> None:
    assert load_site(top="targets = []").targets == load_site().targets


DEVICES = {
    "Pixel 7": {"default_browser_type": "chromium"},
    "iPhone 15": {"default_browser_type": "webkit"},
}


@pytest.mark.parametrize(
    ("engine", "device", "problem"),
    [
        ("chromium", "iPhone 15", 'target x: device: iPhone 15 runs in webkit only; set engine = "webkit"'),
        ("webkit", "iphone 15", "target x: device: Playwright knows no iphone 15; did you mean iPhone 15?"),
        ("webkit", "toaster", "target x: device: Playwright knows no toaster; see playwright.devices"),
    ],
)
def test_a_device_runs_in_its_own_engine(load_site: LoadSite, engine: str, device: str, problem: str) -> None:
    environment = load_site(end=f'[[targets]]\nname = "x"\nengine = "{engine}"\ndevice = "{device}"')
    with pytest.raises(ConfigurationError, match=re.escape(problem)) as refusal:
        environment.check_devices(DEVICES)
    assert str(refusal.value).startswith(str(environment.file))


def test_matching_devices_and_desktops_are_fine(load_site: LoadSite) -> None:
    load_site(
        end='[[targets]]\nname = "x"\nengine = "webkit"\ndevice = "iPhone 15"\n'
        '[[targets]]\nname = "y"\nengine = "firefox"'
    ).check_devices(DEVICES)


@pytest.mark.parametrize("name", ["replica", "staging.example", "production.example"])
def test_the_files_we_ship_load(name: str, monkeypatch: pytest.MonkeyPatch, rsa_key: rsa.RSAPrivateKey) -> None:
    for variable in re.findall(r"\bS3V_[A-Z_]+", (ENVIRONMENTS / f"{name}.toml").read_text()):
        monkeypatch.setenv(variable, _value(variable, rsa_key))
    environment = load(name)
    assert environment.name == name
    assert environment.test_site is not name.startswith("production")


def test_the_comments_of_the_example_are_valid_too(
    root: Path, monkeypatch: pytest.MonkeyPatch, rsa_key: rsa.RSAPrivateKey
) -> None:
    example = (ENVIRONMENTS / "staging.example.toml").read_text()
    content = re.sub(r"^# (?=\[|\w+ = )", "", example, flags=re.MULTILINE).replace("ignore_https_errors = true\n", "")
    for variable in re.findall(r"\bS3V_[A-Z_]+", content):
        monkeypatch.setenv(variable, _value(variable, rsa_key))
    (root / "site.toml").write_text(content)
    environment = load("site", root)
    assert environment.accounts.given
    assert environment.accounts.given.manager
    assert environment.cdn.private_key
    assert environment.storage.endpoint
    assert environment.allowed_console[0].pattern.search("https://counter.example.edu/c.js: net::ERR_NAME_NOT_RESOLVED")


def _value(variable: str, rsa_key: rsa.RSAPrivateKey) -> str:
    if variable.endswith("_URL"):
        return "https://driver.test/of-a-cloud"
    return pem(rsa_key) if "CDN" in variable else new_key() if "SERVER" in variable else "some-secret"


def test_every_key_is_in_the_reference() -> None:
    text = (ENVIRONMENTS.parent / "docs/keys.md").read_text(encoding="utf-8")
    keys = {key for table in EnvironmentTable.__subclasses__() for key in table.model_fields}
    tables = {
        "accounts",
        "given",
        "storage",
        "cdn",
        "audit",
        "monitoring",
        "rush",
        "local",
        "server",
        "decided",
        "targets",
        "waived",
        "allowed_console",
        "budgets",
        "large",
    }
    assert {key for key in keys - tables if not re.search(rf"`{key}`|\b{key}\b.*}}`", text)} == set()
