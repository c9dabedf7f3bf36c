"""What is wrong in an environment file is told all at once, key by key, and no secret with it."""

import re
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from clients.errors import ConfigurationError
from selftest.unit.environment_files import VARIABLES, LoadSite, pem


def problems(load_site: LoadSite, *changes: tuple[str, str], top: str = "", end: str = "") -> list[str]:
    with pytest.raises(ConfigurationError) as refusal:
        load_site(*changes, top=top, end=end)
    file, *found = str(refusal.value).split("\n  ")
    assert file.endswith("environments/site.toml:")
    assert refusal.value.__cause__ is None
    return found


def test_the_process_wins_over_the_dotenv_file(
    load_site: LoadSite, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (root.parent / ".env").write_text(
        "S3V_UNSET='from ${HOME} file'\nS3V_STORAGE_KEY=lost-to-the-process\nS3V_WITHOUT_VALUE\n"
    )
    environment = load_site(('"S3V_STORAGE_SECRET"', '"S3V_UNSET"'))
    assert environment.storage.secret_key.get_secret_value() == "from ${HOME} file"
    assert environment.storage.access_key.get_secret_value() == "AKIASTORAGE"
    assert "is not set" in problems(load_site, ('"S3V_STORAGE_SECRET"', '"S3V_WITHOUT_VALUE"'))[0]


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('base_url = "https://moodle.test/"', "", "base_url: is missing; add it"),
        ("https://moodle.test/", "http://moodle.test", "base_url: must be a complete https address; write it like"),
        ("https://moodle.test/", "moodle.test", "base_url: must be a complete https address"),
        ("https://moodle.test/", "https:///moodle", "base_url: must be a complete https address"),
        ("https://moodle.test/", "https://moodle.test:99999", "base_url: is not a valid address"),
        ("https://moodle.test/", "https://[::1", "base_url: is not a valid address"),
        ("https://moodle.test/", "https://u:passw0rd@moodle.test", "base_url: must hold no user name"),
        ("https://moodle.test/", "https://moodle.test/?a=1", "base_url: must hold no user name, query"),
        ("https://moodle.test/", "https://moodle.test/my moodle", "base_url: must hold no user name, query"),
        (
            '/moodle.test/"',
            '/moodle.test/"\nlogin_path = "login.php"',
            "login_path: must be a path below base_url; write",
        ),
        ('/moodle.test/"', '/moodle.test/"\nlogin_path = "//other.test/"', "login_path: must be a path below base_url"),
        (
            '/moodle.test/"',
            '/moodle.test/"\ncategory_id = 0',
            "category_id: input should be greater than 0; correct it",
        ),
        ("S3V_ADMIN_PASSWORD", "S3V_UNSET", "accounts.admin.password: the environment variable S3V_UNSET is not set;"),
        ("S3V_ADMIN_PASSWORD", "S3V_SHORT", "accounts.admin.password: the value of S3V_SHORT is shorter than 6"),
        ('"S3V_ADMIN_PASSWORD"', "7", "accounts.admin.password: must be the name of an environment variable"),
        ('{ username = "admin", password = "S3V_ADMIN_PASSWORD" }', '"admin"', "accounts.admin: must be a table"),
        ('username = "admin"', 'username = " "', "accounts.admin.username: is empty; fill it in"),
        ("bucket =", "buckett =", "storage.buckett: is not a key here; did you mean bucket"),
        ("region =", "colour = 1\nregion =", "storage.colour: is not a key here; remove it"),
        ("videos-test", "s3://videos-test", "storage.bucket: is not a bucket name; give the name alone"),
        ("videos-test", "192.168.1.1", "storage.bucket: is not a bucket name; give the name alone"),
        ("videos-test", "videos..test", "storage.bucket: is not a bucket name; give the name alone"),
        ("us-east-1", "US East", "storage.region: is not a region; write it like us-east-1"),
        ('"us-east-1"', '"us-east-1"\nendpoint = "http://s3.test"', "storage.endpoint: must be a complete https"),
        ("d123.", "https://d123.", "cdn.domain: must be the bare domain, like d123.cloudfront.net"),
        ('.net"', '.net"\nkey_pair_id = "K1"', "cdn.private_key: goes together with key_pair_id; give both or none"),
        ('.net"', '.net"\nkey_pair_id = " "', "cdn.key_pair_id: is empty; fill it in"),
        ('.net"', '.net"\nprivate_key = "S3V_ADMIN_PASSWORD"', "cdn.private_key: the variable does not hold an RSA"),
    ],
)
def test_one_mistake_one_message(load_site: LoadSite, old: str, new: str, problem: str) -> None:
    (found,) = [found for found in problems(load_site, (old, new)) if not found.endswith("bucket: is missing; add it")]
    assert found.startswith(problem)
    assert not any(secret in found for secret in (*VARIABLES.values(), "passw0rd"))


@pytest.mark.parametrize(
    ("top", "problem"),
    [
        ("targets = {}", "targets: must be a list of tables, each under [[targets]]"),
        ('test_site = "true"', "test_site: input should be a valid boolean; correct it, see docs/keys.md"),
        ("smoke = true", "smoke: where test_site = false it takes people who exist already; add [accounts.given]"),
        ('plain_url = "https://x"', "plain_url: must be an address without TLS and path; write it like http://host:"),
        ("bogus = 1", "bogus: is not a key here; remove it (docs/keys.md lists the keys)"),
        ('ignore_https_errors = true\nca_file = "ca.pem"', "ca_file: contradicts ignore_https_errors = true; keep one"),
        ('name = "x"', "name: is not a key here"),
        (
            'required_lines = ["X.*", "3.1.1"]',
            "required_lines: where test_site = false no run judges X.*; leave it out",
        ),
        (
            'test_site = false\nrequired_lines = ["X.1.*", "X.2.1"]',
            "required_lines: where test_site = false no run judges X.1.*, X.2.1; leave it out",
        ),
        ('required_lines = ["3.1.1", "3.1"]', "required_lines: 3.1 is no line of the checklist; name lines, such as"),
    ],
)
def test_mistakes_at_the_top(load_site: LoadSite, top: str, problem: str) -> None:
    (found,) = problems(load_site, top=top)
    assert found.startswith(problem)


@pytest.mark.parametrize(
    ("end", "problem"),
    [
        ('[[targets]]\nname = "X"\nengine = "chromium"', "targets.1.name: must be made of a-z, 0-9 and hyphens"),
        ('[[targets]]\nname = "x"\nengine = "opera"', "targets.1.engine: input should be 'chromium', 'firefox' or"),
        ('[[targets]]\nname = "webkit"\nengine = "firefox"', "targets.1.engine: a target named webkit runs in webkit"),
        (
            '[[targets]]\nname = "firefox-esr"\nengine = "chromium"',
            "targets.1.engine: a target named firefox-esr runs in firefox; choose another name",
        ),
        *(
            (
                f'[[targets]]\nname = "{name}"\nengine = "{engine}"',
                f'targets.1.channel: a target named {name} runs in {channel}; set channel = "{channel}", or choose '
                "another name",
            )
            for name, engine, channel in (
                ("edge", "chromium", "msedge"),
                ("msedge", "chromium", "msedge"),
                ("edge-on-windows", "chromium", "msedge"),
                ("chrome", "chromium", "chrome"),
                ("grid-chrome", "chromium", "chrome"),
                ("safari", "webkit", "safari"),
                ("webkitgtk", "webkit", "webkitgtk"),
            )
        ),
        (
            '[[targets]]\nname = "edge"\nengine = "chromium"\nchannel = "chrome"',
            "targets.1.channel: a target named edge runs in msedge",
        ),
        (
            '[[targets]]\nname = "iphone-15"\nengine = "webkit"',
            "targets.1.real: a target named iphone-15 is a phone or a tablet; say which by device, which is "
            "emulated, or by real, or choose another name",
        ),
        (
            '[[targets]]\nname = "x"\nengine = "firefox"\nchannel = "chrome"',
            'targets.1.channel: chrome is a channel of chromium; set engine = "chromium"',
        ),
        (
            '[[targets]]\nname = "x"\nengine = "firefox"\nws_endpoint = "ws://grid.test/token"',
            "targets.1.ws_endpoint: must be the name of an environment variable",
        ),
        (
            '[[targets]]\nname = "x"\nengine = "firefox"\nws_endpoint = "S3V_STORAGE_KEY"',
            "targets.1.ws_endpoint: the variable does not hold an address that begins with ws:// or wss://",
        ),
        (
            '[[targets]]\nname = "x"\nengine = "webkit"\nwebdriver = "S3V_STORAGE_KEY"',
            "targets.1.webdriver: the variable does not hold an address that begins with http:// or https://",
        ),
        (
            '[[targets]]\nname = "x"\nengine = "chromium"\ncdp_endpoint = "S3V_STORAGE_KEY"',
            "targets.1.cdp_endpoint: the variable does not hold an address that begins with http:// or https:// or "
            "ws:// or wss://; give it one, such as http://127.0.0.1:9222",
        ),
        (
            '[[targets]]\nname = "x"\nengine = "chromium"\nchannel = "safari"',
            'targets.1.channel: safari is a channel of webkit; set engine = "webkit" or leave the channel out',
        ),
        (
            '[[targets]]\nname = "x"\nengine = "webkit"\nreal = "iPhone 16, iOS 26"',
            "targets.1.real: no address leads to that device; add webdriver or cdp_endpoint",
        ),
        (
            '[[targets]]\nname = "x"\nengine = "chromium"\ndevice = "Pixel 7"\nreal = "Pixel 9"',
            "targets.1.real: contradicts device, which is emulated; keep one of the two",
        ),
        (
            '[[targets]]\nname = "x"\nengine = "chromium"\ncapabilities = { platformName = "Android" }',
            "targets.1.capabilities: are for a driver of WebDriver; add webdriver, or remove them",
        ),
        ('[[targets]]\nname = "x"\nengine = "firefox"\n' * 2, "targets: two targets are named x; rename one"),
        (
            '[[allowed_console]]\npattern = "("\nreason = "x"',
            "allowed_console.1.pattern: is no regular expression of RE2: missing )",
        ),
        ('[[allowed_console]]\npattern = ".*"\nreason = "x"', "allowed_console.1.pattern: would match every message"),
        ('[[allowed_console]]\npattern = "MathJax"\nreason = ""', "allowed_console.1.reason: is empty; fill it in"),
        ('[audit]\naccess_key = "AKIA"\nsecret_key = "S3V_STORAGE_SECRET"', "audit.access_key: must be the name of"),
        ('[decided]\nprice_class = "cheap"', "decided.price_class: input should be 'PriceClass_All'"),
        ("[decided]\nretention_days = 0", "decided.retention_days: input should be greater than 0"),
        ("[budgets]\npage = 0", "budgets.page: input should be greater than or equal to 0.01; correct it"),
        ("[budgets]\npage = inf", "budgets.page: input should be a finite number; correct it"),
        ("[budgets]\nstalled_percent = 101", "budgets.stalled_percent: input should be less than or equal to 100"),
        ("[budgets]\npages = 1", "budgets.pages: is not a key here; did you mean page"),
        ('[large]\nsize = "6GiB"', "large.size: must be a size from 64MiB to 5GiB; write it like 1GiB"),
        ('[large]\nsize = "big"', "large.size: must be a size from 64MiB to 5GiB; write it like 1GiB"),
    ],
)
def test_mistakes_in_a_table(load_site: LoadSite, end: str, problem: str) -> None:
    (found,) = problems(load_site, end=end)
    assert found.startswith(problem)


@pytest.mark.parametrize(
    ("address", "problem"),
    [
        ("127.0.0.1:4723", "the value of S3V_PHONE is an address without its beginning; write http:// before it"),
        ("phone.test:4723", "the variable does not hold an address that begins with http:// or https://"),
        ("Pixel", "the variable does not hold an address that begins with http:// or https://"),
        ("4723", "the variable does not hold an address that begins with http:// or https://"),
        ("http://", "the variable does not hold an address that begins with http:// or https://"),
        ("https://moodle.test", "the value of S3V_PHONE is an address of the site's or its stores'"),
        ("", "the environment variable S3V_PHONE is not set; export it or add it to .env"),
    ],
)
def test_a_wrong_address_of_a_phone_is_one_mistake(
    load_site: LoadSite, monkeypatch: pytest.MonkeyPatch, address: str, problem: str
) -> None:
    monkeypatch.setenv("S3V_PHONE", address)
    table = '[[targets]]\nname = "iphone"\nengine = "webkit"\nwebdriver = "S3V_PHONE"\nreal = "iPhone 16"'
    (found,) = problems(load_site, end=f'{table}\ncapabilities = {{ platformName = "iOS" }}')
    assert found.startswith(f"targets.1.webdriver: {problem}")


def test_all_mistakes_are_told_at_once(load_site: LoadSite) -> None:
    found = problems(
        load_site,
        ("https://", "http://"),
        ("S3V_ADMIN_PASSWORD", "S3V_UNSET"),
        ("us-east-1", ""),
        top="bogus = 1",
        end="[budgets]\npage = -1",
    )
    assert {problem.split(":")[0] for problem in found} == {
        "base_url",
        "accounts.admin.password",
        "storage.region",
        "bogus",
        "budgets.page",
    }


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters='"\\'), min_size=6))
def test_a_secret_pasted_into_the_file_is_not_repeated(load_site: LoadSite, secret: str) -> None:
    assume(not re.fullmatch(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)+", secret))
    (found,) = problems(load_site, ("S3V_STORAGE_SECRET", secret))
    (expected,) = problems(load_site, ("S3V_STORAGE_SECRET", "anything else"))
    assert found == expected


@pytest.mark.parametrize(
    ("name", "shown"),
    [("SUMMER_2027", False), ("MOODLE_ADMIN", False), ("STAGING_PASSWORD", True), ("S3V_UNSET", True)],
)
def test_what_may_be_a_password_is_not_shown_as_the_name_of_a_variable(
    load_site: LoadSite, monkeypatch: pytest.MonkeyPatch, name: str, shown: bool
) -> None:
    monkeypatch.setenv("STAGING_PASSWORD", "")
    (found,) = problems(load_site, ("S3V_ADMIN_PASSWORD", name))
    assert found.startswith("accounts.admin.password: the environment variable ")
    assert found.endswith(" is not set; export it or add it to .env")
    assert (name in found) is shown


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"student": "a"}, "accounts.given.teacher: is missing; add it"),
        ({"student": "a", "teacher": "A"}, "accounts.given: student and teacher are one account; give each"),
        ({"student": "a", "teacher": "admin"}, "accounts.given: admin and teacher are one account; give each"),
    ],
)
def test_given_people_are_different_people(load_site: LoadSite, given: dict[str, str], problem: str) -> None:
    people = "\n".join(
        f'{part} = {{ username = "{name}", password = "S3V_STUDENT_PASSWORD" }}' for part, name in given.items()
    )
    (found,) = problems(load_site, ("[storage]", f"[accounts.given]\n{people}\n[storage]"))
    assert found.startswith(problem)


def test_given_people_may_be_right_where_the_admin_is_not(load_site: LoadSite) -> None:
    people = """[accounts.given]
        student = { username = "a", password = "S3V_STUDENT_PASSWORD" }
        teacher = { username = "b", password = "S3V_STUDENT_PASSWORD" }
        [storage]"""
    found = problems(load_site, ('username = "admin"', 'username = ""'), ("[storage]", people))
    assert found == ["accounts.admin.username: is empty; fill it in"]


@pytest.mark.parametrize("kind", ["with a passphrase", "elliptic", "cut off"])
def test_another_private_key_is_refused(
    load_site: LoadSite, monkeypatch: pytest.MonkeyPatch, rsa_key: rsa.RSAPrivateKey, kind: str
) -> None:
    text = {
        "with a passphrase": lambda: pem(rsa_key, b"passphrase"),
        "elliptic": lambda: pem(ec.generate_private_key(ec.SECP256R1())),
        "cut off": lambda: pem(rsa_key)[:200],
    }[kind]()
    monkeypatch.setenv("S3V_CDN_PRIVATE_KEY", text)
    (found,) = problems(load_site, ('.net"', '.net"\nkey_pair_id = "K1"\nprivate_key = "S3V_CDN_PRIVATE_KEY"'))
    assert found.startswith("cdn.private_key: the variable does not hold an RSA private key in PEM without")
    assert text[40:60] not in found


@pytest.mark.parametrize("pasted", ["Right-Horse-7-Battery\n", " Right-Horse-7-Battery", "Right-Horse-7-Battery\r\n"])
def test_a_secret_that_was_pasted_with_a_blank_is_told(
    load_site: LoadSite, monkeypatch: pytest.MonkeyPatch, pasted: str
) -> None:
    monkeypatch.setenv("S3V_ADMIN_PASSWORD", pasted)
    (found,) = problems(load_site)
    assert found.endswith(
        "the value of S3V_ADMIN_PASSWORD begins or ends with a blank or a line break, as secrets "
        "that are pasted do; set it without"
    )
    assert "Horse" not in found
