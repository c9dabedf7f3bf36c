"""Environment files and machines as people really have them: each is used as meant, or refused in one true sentence."""

import os
import re
from argparse import ArgumentTypeError
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clients.errors import ConfigurationError, LoginRefused
from clients.moodle.client import MoodleClient
from runner.configuration.environment import load
from runner.configuration.environment_tables import large_size
from runner.doctor import doctor
from runner.pytest_plugin.preparation import _known_issues
from selftest.unit.environment_files import SITE, LoadSite


def refusal(load_site: LoadSite, *changes: tuple[str, str], top: str = "", end: str = "") -> str:
    with pytest.raises(ConfigurationError) as refused:
        load_site(*changes, top=top, end=end)
    told = str(refused.value).partition(".toml:")[2].strip()
    assert "\n" not in told, "expected one sentence"
    return told


@pytest.mark.parametrize(
    ("top", "end", "told"),
    [
        ("", "[budgets]\npage = 1e308", "budgets.page: input should be less than or equal to 1000000"),
        ("", "[budgets]\npage = 1e-9", "budgets.page: input should be greater than or equal to 0.01"),
        ("", "[budgets]\npage = true", "budgets.page: input should be a valid number"),
        ("", "[budgets]\npage = '5'", "budgets.page: input should be a valid number"),
        ("", "[decided]\nretention_days = true", "decided.retention_days: input should be a valid integer"),
        ("", "[large]\nsize = true", "large.size: must be a size from 64MiB to 5GiB; write it like 1GiB"),
        ("", "[large]\nsize = '-1GiB'", "large.size: must be a size from 64MiB to 5GiB; write it like 1GiB"),
        ("", "[large]\nsize = 1e300", "large.size: must be a size from 64MiB to 5GiB; write it like 1GiB"),
        ("category_id = true", "", "category_id: input should be a valid integer"),
        ("required_lines = '3.1.1'", "", 'required_lines: must be a list of texts, such as ["3.1.1"]'),
        ("targets = 'chromium'", "", "targets: must be a list of tables, each under [[targets]]"),
        ("test_site = 'true'\nsmoke = true", "", "test_site: input should be a valid boolean"),
        ("user_agent = 'a\\nb'".replace("'", '"'), "", "user_agent: holds a line break or another character"),
        ("user_agent = '🎬'", "", "user_agent: must be made of letters, digits and signs of ASCII"),
        (
            "",
            "[[allowed_console]]\npattern = '.'\nreason = 'x'",
            "allowed_console.1.pattern: would match every message",
        ),
        (
            "",
            "[accounts.given]\nstudent = []\nteacher = []",
            "accounts.given.student: names nobody; give one account at least",
        ),
    ],
)
def test_a_value_that_cannot_be(load_site: LoadSite, top: str, end: str, told: str) -> None:
    if "student = []" in end:
        end = end.replace("teacher = []", 'teacher = {username = "t", password = "S3V_STUDENT_PASSWORD"}')
    assert refusal(load_site, top=top, end=end).startswith(told)


@pytest.mark.parametrize(
    "key", ["local.repository", "local.key_file", "decided.release", "decided.production", "decided.staging"]
)
@pytest.mark.parametrize(
    ("path", "told"),
    [
        ('""', "is empty; fill it in"),
        ('"~nobody-of-that-name/x"', "leads nowhere: there is no such person, or a link leads to itself"),
        ('"loop"', "leads nowhere: there is no such person, or a link leads to itself"),
        ('"a\\u0000b"', "holds a line break or another character that cannot be printed"),
        ("7", "must be a path; write it in quotation marks"),
    ],
)
def test_a_path_that_leads_nowhere(load_site: LoadSite, root: Path, key: str, path: str, told: str) -> None:
    (root / "loop").symlink_to(root / "loop")
    table, _, name = key.partition(".")
    assert refusal(load_site, end=f"[{table}]\n{name} = {path}").startswith(f"{key}: {told}")


@pytest.mark.parametrize(
    ("key", "path", "told"),
    [
        ("production", "site.toml", "is this file; name the other site's"),
        ("staging", "../environments/site.toml", "is this file"),
        ("staging", "../elsewhere/site.toml", "has this file's name, by which runs are told apart"),
    ],
)
def test_a_site_is_not_its_own_staging_or_production(load_site: LoadSite, key: str, path: str, told: str) -> None:
    assert refusal(load_site, end=f'[decided]\n{key} = "{path}"').startswith(f"decided.{key}: {told}")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (
            ('"d123.cloudfront.net"', '"localhost:99999"'),
            "cdn.domain: has the port 99999, and ports go from 1 to 65535",
        ),
        (("https://moodle.test/", "https://moodle.test/../x"), "base_url: must hold no . or .. in its path"),
        (("https://moodle.test/", "https://moodle.test/%2e%2E/x"), "base_url: must hold no . or .. in its path"),
        *(
            (
                ("moodle.test/", f"{odd}/"),
                "base_url: holds a character that browsers and programs read in different ways",
            )
            for odd in (
                r"moodle.test\\.evil.test",
                "moodle.test%00.evil.test",
                "moodle%2etest",
                "moodle\u3002test",
                "moodle\u200b.test",
                "moodle..test",
                "[fe80::1%25eth0]",
                "moodle.test/<b>",
                r"moodle.test/\\evil.test",
                "moodle.test//x",
            )
        ),
        (('"admin",', '"ad\\rmin",'), "accounts.admin.username: holds a line break or another character"),
        (('"admin",', '" ",'), "accounts.admin.username: is empty; fill it in"),
    ],
)
def test_a_value_of_another_form(load_site: LoadSite, change: tuple[str, str], told: str) -> None:
    assert refusal(load_site, change).startswith(told)


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("moodle", "is ordinary text"),
        ("student", "is ordinary text"),
        ("Playback", "is ordinary text"),
        ("videos-test", "is ordinary text"),
        ("index.php", "is ordinary text"),
        ("application/json", "is ordinary text"),
        ("s3video-acceptance", "is ordinary text"),
        ("20261129", "is made of digits alone"),
        ("2026-11-29", "is made of digits alone"),
        ("127.0.0.1", "is made of digits alone"),
        ("100000", "is made of digits alone"),
        ("half of \udcc3 a letter", "holds bytes that are no UTF-8"),
        ("Right-Horse-7\n", "begins or ends with a blank or a line break"),
    ],
)
def test_a_secret_that_could_not_be_kept(
    load_site: LoadSite, monkeypatch: pytest.MonkeyPatch, value: str, told: str
) -> None:
    monkeypatch.setenv("S3V_ADMIN_PASSWORD", value)
    assert told in refusal(load_site)


@pytest.mark.parametrize("value", ["Moodle2027", "correct-horse", "admin-password", "Qwertz12"])
def test_a_secret_that_can(load_site: LoadSite, monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("S3V_ADMIN_PASSWORD", value)
    assert load_site().accounts.admin.password.get_secret_value() == value


@pytest.fixture
def file(root: Path) -> Path:
    return root / "site.toml"


def test_a_byte_order_mark_and_line_ends_of_windows_are_no_mistake(file: Path) -> None:
    file.write_bytes(b"\xef\xbb\xbf" + SITE.replace("\n", "\r\n").encode())
    assert load(str(file)).base_url == "https://moodle.test"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (SITE.encode("utf-16"), "it is in UTF-16; save it as UTF-8"),
        ("name = 'Grüße'".encode("latin-1"), "is not valid TOML in UTF-8"),
        (b"a = " + b"[" * 5000, "is nested too deeply"),
        (b"a = " + b"{b=" * 5000, "is nested too deeply"),
        (b"a = " + b"9" * 5000, "is not valid TOML in UTF-8"),
        (b"\0", "is not valid TOML in UTF-8"),
    ],
)
def test_a_file_that_is_no_toml(file: Path, content: bytes, told: str) -> None:
    file.write_bytes(content)
    with pytest.raises(ConfigurationError, match=told):
        load(str(file))


@pytest.mark.parametrize(
    "address",
    ["https://[::1]:8443/moodle", "https://möödle.example", "https://a_b.example/x/y~z", "https://moodle.test/%C3%BC"],
)
def test_an_address_of_a_site(load_site: LoadSite, address: str) -> None:
    assert load_site(("https://moodle.test/", address)).base_url == address


@pytest.mark.parametrize("path", [r"/\\evil.test", r"/login\\index.php"])
def test_a_path_that_browsers_take_for_another_host(load_site: LoadSite, path: str) -> None:
    assert refusal(load_site, top=f'login_path = "{path}"').startswith("login_path: must be a path below base_url")


def test_a_dotenv_file_that_is_none(root: Path, load_site: LoadSite) -> None:
    dotenv = root.parent / ".env"
    for make in (os.mkfifo, os.mkdir):
        make(dotenv)
        with pytest.raises(ConfigurationError, match=r"\.env: cannot be read \(it is a folder, or no file\)"):
            load_site()
        dotenv.rmdir() if dotenv.is_dir() else dotenv.unlink()
    dotenv.symlink_to(".env")
    with pytest.raises(ConfigurationError, match=r"\.env: cannot be read \(Too many levels of symbolic links\)"):
        load_site()


@pytest.mark.parametrize("name", ["site.toml", ".env"])
def test_a_file_without_end(file: Path, root: Path, load_site: LoadSite, name: str) -> None:
    load_site()
    endless = file if name == "site.toml" else root.parent / name
    endless.touch()
    os.truncate(endless, 2**36)
    with pytest.raises(ConfigurationError, match=f"{name}: cannot be read .it is larger than 64 MiB"):
        load(str(file), root)


def test_an_authority_that_is_a_pipe(root: Path, load_site: LoadSite) -> None:
    os.mkfifo(root / "ca.pem")
    with pytest.raises(ConfigurationError, match=r"ca\.pem cannot be used \(it is a folder, or no file\)"):
        load_site(top='ca_file = "ca.pem"').check_files()


def test_a_folder_and_a_pipe_are_no_environment(file: Path) -> None:
    file.unlink(missing_ok=True)
    file.mkdir()
    with pytest.raises(ConfigurationError, match="is a folder, or no file"):
        load(str(file))
    os.mkfifo(file.with_name("pipe.toml"))
    with pytest.raises(ConfigurationError, match="is a folder, or no file"):
        load(str(file.with_name("pipe.toml")))


def _in_latin_1(file: Path) -> None:
    file.write_bytes("[[known]] # für später".encode("latin-1"))


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (_in_latin_1, "'utf-8' codec can't decode byte 0xfc"),
        (os.mkdir, "it is a folder, or no file"),
        (os.mkfifo, "it is a folder, or no file"),
        (lambda file: file.symlink_to("nowhere"), "No such file or directory"),
        (lambda file: file.symlink_to(file), "Too many levels of symbolic links"),
    ],
    ids=["latin-1", "folder", "pipe", "link to nowhere", "link to itself"],
)
def test_known_issues_that_cannot_be_read(load_site: LoadSite, make: Callable[[Path], object], why: str) -> None:
    site = load_site()
    make(site.known_issues_file)
    with pytest.raises(ConfigurationError) as told:
        _known_issues(site, (), date(2026, 11, 30))
    assert str(told.value).startswith(f"{site.known_issues_file}: cannot be read ({why}")
    assert str(told.value).endswith("; save it as a file in UTF-8")


def test_an_account_that_the_site_refuses_is_called_as_in_the_file(
    load_site: LoadSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise LoginRefused("Logging in failed. Check the user name and the password.")

    monkeypatch.setattr(MoodleClient, "login", refuse)
    monkeypatch.setattr(MoodleClient, "probe", lambda _: None)
    site = load_site()
    asked = {"admin": doctor._site(site), "given.teacher": doctor._account(site, "teacher", site.accounts.admin)}
    for key, finding in asked.items():
        with pytest.raises(ConfigurationError, match=re.escape(f"({site.file}: accounts.{key})")):
            list(finding)


@pytest.mark.parametrize("address", ["::::", "http://", "http://a:b", "http://[::1", "http://host:99999"])
def test_a_variable_that_names_no_proxy(load_site: LoadSite, monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setenv("HTTPS_PROXY", address)
    with pytest.raises(ConfigurationError, match="HTTPS_PROXY holds no address of a proxy"):
        load_site()


@pytest.mark.parametrize(
    "address", ["http://proxy.example.edu:3128", "proxy.example.edu:3128", "http://[::1]:3128", ""]
)
def test_a_variable_that_names_a_proxy(load_site: LoadSite, monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setenv("HTTPS_PROXY", address)
    load_site()


@pytest.mark.parametrize("size", ["7XB", "1TiB", "", "-1", "nan", "1e999GiB"])
def test_a_size_on_the_command_line(size: str) -> None:
    with pytest.raises(ArgumentTypeError, match="must be a size from 64MiB to 5GiB; write it like 1GiB"):
        large_size(size)


ODD = st.binary(max_size=200) | st.text(max_size=200).map(lambda text: f"{SITE}\n{text}".encode(errors="replace"))


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=ODD)
def test_whatever_a_file_holds_is_used_or_refused(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    with suppress(ConfigurationError):
        load(str(file))
