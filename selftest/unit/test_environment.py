import re
from pathlib import Path

import pytest
import trustme
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from runner.environment import ENVIRONMENTS, Environment, load
from runner.environment_tables import Target
from services.errors import ConfigurationError

SITE = """
base_url = "https://moodle.test/"
[accounts]
admin = { username = "admin", password = "S3V_ADMIN_PASSWORD" }
[storage]
bucket = "videos-test"
region = "us-east-1"
access_key = "S3V_STORAGE_KEY"
secret_key = "S3V_STORAGE_SECRET"
[cdn]
domain = "d123.cloudfront.net"
"""
VARIABLES = {
    "S3V_ADMIN_PASSWORD": "admin-password",
    "S3V_STORAGE_KEY": "AKIASTORAGE",
    "S3V_STORAGE_SECRET": "storage-secret",
    "S3V_STUDENT_PASSWORD": "student-password",
    "S3V_SHORT": "abcde",
}


def pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, passphrase: bytes | None = None) -> str:
    encryption = BestAvailableEncryption(passphrase) if passphrase else NoEncryption()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption).decode()


@pytest.fixture(scope="module")
def rsa_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


@pytest.fixture(autouse=True)
def _variables(monkeypatch):
    for name, value in VARIABLES.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("S3V_UNSET", raising=False)


@pytest.fixture
def root(tmp_path) -> Path:
    folder = tmp_path / "environments"
    folder.mkdir()
    (folder / "site.toml").write_text(SITE)
    return folder


@pytest.fixture
def site(root):
    """Loads the environment above after `old` was replaced, or `new` put in front or behind."""

    def load_site(*changes: tuple[str, str], top: str = "", end: str = "") -> Environment:
        content = SITE
        for old, new in changes:
            assert old in content
            content = content.replace(old, new)
        (root / "site.toml").write_text(f"{top}\n{content}\n{end}")
        return load("site", root)

    return load_site


def problems(site, *changes: tuple[str, str], top: str = "", end: str = "") -> list[str]:
    with pytest.raises(ConfigurationError) as refusal:
        site(*changes, top=top, end=end)
    file, *found = str(refusal.value).split("\n  ")
    assert file.endswith("environments/site.toml:")
    assert refusal.value.__cause__ is None
    return found


def test_a_short_file_is_enough(site):
    environment = site()
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


def test_secrets_are_listed_and_never_shown(site, monkeypatch, rsa_key):
    monkeypatch.setenv("S3V_CDN_PRIVATE_KEY", pem(rsa_key))
    environment = site(
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
def test_addresses(site, base_url, path, address):
    assert site(("https://moodle.test/", base_url)).url(path) == address


def test_a_path_is_as_good_as_a_name(root):
    assert load(str(root / "site.toml")).base_url == "https://moodle.test"


def test_the_process_wins_over_the_dotenv_file(site, root, monkeypatch):
    (root.parent / ".env").write_text(
        "S3V_UNSET='from ${HOME} file'\nS3V_STORAGE_KEY=lost-to-the-process\nS3V_WITHOUT_VALUE\n"
    )
    environment = site(('"S3V_STORAGE_SECRET"', '"S3V_UNSET"'))
    assert environment.storage.secret_key.get_secret_value() == "from ${HOME} file"
    assert environment.storage.access_key.get_secret_value() == "AKIASTORAGE"
    assert "is not set" in problems(site, ('"S3V_STORAGE_SECRET"', '"S3V_WITHOUT_VALUE"'))[0]


def test_a_dotenv_file_in_another_encoding_is_refused(site, root):
    (root.parent / ".env").write_bytes("S3V_UNSET=ü".encode("latin-1"))
    with pytest.raises(ConfigurationError, match=r"\.env: is not UTF-8; save it"):
        site()


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
        ("S3V_ADMIN_PASSWORD", "S3V_UNSET", "accounts.admin.password: the environment variable S3V_UNSET is not set;"),
        ("S3V_ADMIN_PASSWORD", "S3V_SHORT", "accounts.admin.password: the value of S3V_SHORT is shorter than 6"),
        ('"S3V_ADMIN_PASSWORD"', "7", "accounts.admin.password: must be the name of an environment variable"),
        ('{ username = "admin", password = "S3V_ADMIN_PASSWORD" }', '"admin"', "accounts.admin: must be a table"),
        ('username = "admin"', 'username = " "', "accounts.admin.username: is empty; fill it in"),
        ("bucket =", "buckett =", "storage.buckett: is not a key here; did you mean bucket"),
        ("region =", "colour = 1\nregion =", "storage.colour: is not a key here; remove it"),
        ("videos-test", "s3://videos-test", "storage.bucket: is not a bucket name; give the name alone"),
        ("us-east-1", "US East", "storage.region: is not a region; write it like us-east-1"),
        ('"us-east-1"', '"us-east-1"\nendpoint = "http://s3.test"', "storage.endpoint: must be a complete https"),
        ("d123.", "https://d123.", "cdn.domain: must be the bare domain, like d123.cloudfront.net"),
        ('.net"', '.net"\nkey_pair_id = "K1"', "cdn.private_key: goes together with key_pair_id; give both or none"),
        ('.net"', '.net"\nkey_pair_id = " "', "cdn.key_pair_id: is empty; fill it in"),
        ('.net"', '.net"\nprivate_key = "S3V_ADMIN_PASSWORD"', "cdn.private_key: the variable does not hold an RSA"),
    ],
)
def test_one_mistake_one_message(site, old, new, problem):
    (found,) = [found for found in problems(site, (old, new)) if not found.endswith("bucket: is missing; add it")]
    assert found.startswith(problem)
    assert not any(secret in found for secret in (*VARIABLES.values(), "passw0rd"))


@pytest.mark.parametrize(
    ("top", "problem"),
    [
        ("targets = {}", "targets: must be a list of tables, each under [[targets]]"),
        ('test_site = "true"', "test_site: input should be a valid boolean; correct it, see environments/README.md"),
        ("bogus = 1", "bogus: is not a key here; remove it (environments/README.md lists the keys)"),
        ('ignore_https_errors = true\nca_file = "ca.pem"', "ca_file: contradicts ignore_https_errors = true; keep one"),
        ('name = "x"', "name: is not a key here"),
    ],
)
def test_mistakes_at_the_top(site, top, problem):
    (found,) = problems(site, top=top)
    assert found.startswith(problem)


@pytest.mark.parametrize(
    ("end", "problem"),
    [
        ('[[targets]]\nname = "X"\nengine = "chromium"', "targets.1.name: must be made of a-z, 0-9 and hyphens"),
        ('[[targets]]\nname = "x"\nengine = "opera"', "targets.1.engine: input should be 'chromium', 'firefox' or"),
        ('[[targets]]\nname = "webkit"\nengine = "firefox"', "targets.1.engine: a target named webkit runs in webkit"),
        (
            '[[targets]]\nname = "x"\nengine = "firefox"\nchannel = "chrome"',
            'targets.1.channel: chrome is a channel of chromium; set engine = "chromium"',
        ),
        ('[[targets]]\nname = "x"\nengine = "firefox"\n' * 2, "targets: two targets are named x; rename one"),
        ('[[allowed_console]]\npattern = "("\nreason = "x"', "allowed_console.1.pattern: input should be a valid reg"),
        ('[[allowed_console]]\npattern = ".*"\nreason = "x"', "allowed_console.1.pattern: would allow every message"),
        ('[[allowed_console]]\npattern = "x"\nreason = ""', "allowed_console.1.reason: is empty; fill it in"),
        ("[budgets]\npage = 0", "budgets.page: input should be greater than 0; correct it"),
        ("[budgets]\npage = inf", "budgets.page: input should be a finite number; correct it"),
        ("[budgets]\nstalled_percent = 101", "budgets.stalled_percent: input should be less than or equal to 100"),
        ("[budgets]\npages = 1", "budgets.pages: is not a key here; did you mean page"),
        ('[large]\nsize = "6GiB"', "large.size: input should be less than or equal to 5368709120"),
        ('[large]\nsize = "big"', "large.size: could not parse value and unit from byte string"),
    ],
)
def test_mistakes_in_a_table(site, end, problem):
    (found,) = problems(site, end=end)
    assert found.startswith(problem)


def test_all_mistakes_are_told_at_once(site):
    found = problems(
        site,
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
def test_a_secret_pasted_into_the_file_is_not_repeated(site, secret):
    assume(not re.fullmatch(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)+", secret))
    (found,) = problems(site, ("S3V_STORAGE_SECRET", secret))
    (expected,) = problems(site, ("S3V_STORAGE_SECRET", "anything else"))
    assert found == expected


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"student": "a"}, "accounts.given.teacher: is missing; add it"),
        ({"student": "a", "teacher": "A"}, "accounts.given: student and teacher are one account; give each"),
        ({"student": "a", "teacher": "admin"}, "accounts.given: admin and teacher are one account; give each"),
    ],
)
def test_given_people_are_different_people(site, given, problem):
    people = "\n".join(
        f'{part} = {{ username = "{name}", password = "S3V_STUDENT_PASSWORD" }}' for part, name in given.items()
    )
    (found,) = problems(site, ("[storage]", f"[accounts.given]\n{people}\n[storage]"))
    assert found.startswith(problem)


def test_given_people_may_be_right_where_the_admin_is_not(site):
    people = """[accounts.given]
        student = { username = "a", password = "S3V_STUDENT_PASSWORD" }
        teacher = { username = "b", password = "S3V_STUDENT_PASSWORD" }
        [storage]"""
    found = problems(site, ('username = "admin"', 'username = ""'), ("[storage]", people))
    assert found == ["accounts.admin.username: is empty; fill it in"]


@pytest.mark.parametrize("line_break", ["\n", "\\n"])
def test_a_private_key_may_stand_on_one_line(site, monkeypatch, rsa_key, line_break):
    monkeypatch.setenv("S3V_CDN_PRIVATE_KEY", pem(rsa_key).replace("\n", line_break))
    environment = site(('.net"', '.net:444"\nkey_pair_id = "K1"\nprivate_key = "S3V_CDN_PRIVATE_KEY"'))
    assert environment.cdn.private_key
    assert environment.cdn.private_key.get_secret_value() == pem(rsa_key)
    assert environment.secrets()[-1] == pem(rsa_key)


@pytest.mark.parametrize("kind", ["with a passphrase", "elliptic", "cut off"])
def test_another_private_key_is_refused(site, monkeypatch, rsa_key, kind):
    text = {
        "with a passphrase": lambda: pem(rsa_key, b"passphrase"),
        "elliptic": lambda: pem(ec.generate_private_key(ec.SECP256R1())),
        "cut off": lambda: pem(rsa_key)[:200],
    }[kind]()
    monkeypatch.setenv("S3V_CDN_PRIVATE_KEY", text)
    (found,) = problems(site, ('.net"', '.net"\nkey_pair_id = "K1"\nprivate_key = "S3V_CDN_PRIVATE_KEY"'))
    assert found.startswith("cdn.private_key: the variable does not hold an RSA private key in PEM without")
    assert text[40:60] not in found


def test_an_unknown_environment_names_those_there_are(root):
    (root / "other.toml").touch()
    (root / "staging.example.toml").touch()
    with pytest.raises(ConfigurationError) as refusal:
        load("stagin", root)
    assert str(refusal.value) == (
        f"{root}/stagin.toml: there is no such environment; {root} has other, site. "
        "For a new one copy environments/staging.example.toml"
    )


def test_an_unknown_file_in_an_empty_folder(tmp_path):
    with pytest.raises(ConfigurationError, match=r"absent\.toml: there is no such environment; .* has none\."):
        load(f"{tmp_path}/absent.toml", tmp_path)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b'base_url = "x"\nbroken\n', r"site\.toml: is not valid TOML in UTF-8: .*line 2.*; correct it"),
        (b"base_url = '\xff'", r"site\.toml: is not valid TOML in UTF-8: .*; correct it"),
    ],
)
def test_a_file_that_is_not_toml(root, content, problem):
    (root / "site.toml").write_bytes(content)
    with pytest.raises(ConfigurationError, match=problem):
        load("site", root)


def test_a_file_that_cannot_be_read(root, monkeypatch):
    def refuse(*_args, **_kwargs):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_text", refuse)
    with pytest.raises(ConfigurationError, match=r"site\.toml: cannot be read \(Permission denied\); check its perm"):
        load("site", root)


def test_trust(site, root):
    assert site(top="ignore_https_errors = true").verify is False
    environment = site(top='ca_file = "../ca.pem"')
    assert environment.verify == str(root.parent / "ca.pem")
    with pytest.raises(ConfigurationError, match=r"site\.toml: ca_file: .*ca\.pem cannot be used .*; put the"):
        environment.check_files()
    (root.parent / "ca.pem").write_text("no certificate")
    with pytest.raises(ConfigurationError, match=r"ca_file: .* cannot be used"):
        environment.check_files()
    trustme.CA().cert_pem.write_to_path(str(root.parent / "ca.pem"))
    environment.check_files()
    site().check_files()


def test_targets_by_name(site):
    environment = site(end='[[targets]]\nname = "pixel"\nengine = "chromium"\ndevice = "Pixel 7"')
    assert [target.name for target in environment.targets] == ["pixel"]
    assert environment.target("pixel").required
    assert environment.target("firefox") == Target(name="firefox", engine="firefox", required=False)
    assert site().target("firefox").required
    with pytest.raises(
        ConfigurationError, match="no target is named edge; use one of pixel, chromium, firefox, webkit"
    ):
        environment.target("edge")


def test_no_targets_means_the_standard_ones(site):
    assert site(top="targets = []").targets == site().targets


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
def test_a_device_runs_in_its_own_engine(site, engine, device, problem):
    environment = site(end=f'[[targets]]\nname = "x"\nengine = "{engine}"\ndevice = "{device}"')
    with pytest.raises(ConfigurationError, match=re.escape(problem)) as refusal:
        environment.check_devices(DEVICES)
    assert str(refusal.value).startswith(str(environment.file))


def test_matching_devices_and_desktops_are_fine(site):
    site(
        end='[[targets]]\nname = "x"\nengine = "webkit"\ndevice = "iPhone 15"\n'
        '[[targets]]\nname = "y"\nengine = "firefox"'
    ).check_devices(DEVICES)


@pytest.mark.parametrize("name", ["replica", "staging.example", "production.example"])
def test_the_files_we_ship_load(name, monkeypatch, rsa_key):
    for variable in re.findall(r"\bS3V_[A-Z_]+", (ENVIRONMENTS / f"{name}.toml").read_text()):
        monkeypatch.setenv(variable, pem(rsa_key) if "CDN" in variable else "some-secret")
    environment = load(name)
    assert environment.name == name
    assert environment.test_site is not name.startswith("production")


def test_the_comments_of_the_example_are_valid_too(root, monkeypatch, rsa_key):
    example = (ENVIRONMENTS / "staging.example.toml").read_text()
    content = re.sub(r"^# (?=\[|\w+ = )", "", example, flags=re.MULTILINE).replace("ignore_https_errors = true\n", "")
    for variable in re.findall(r"\bS3V_[A-Z_]+", content):
        monkeypatch.setenv(variable, pem(rsa_key) if "CDN" in variable else "some-secret")
    (root / "site.toml").write_text(content)
    environment = load("site", root)
    assert environment.accounts.given
    assert environment.accounts.given.manager
    assert environment.cdn.private_key
    assert environment.storage.endpoint
    assert environment.allowed_console[0].pattern.search("MathJax.js: net::ERR_NAME_NOT_RESOLVED")


def test_every_key_is_in_the_readme():
    text = (ENVIRONMENTS / "README.md").read_text()
    keys = {key for table in Environment.__mro__[1].__subclasses__() for key in table.model_fields}
    tables = {"accounts", "given", "storage", "cdn", "targets", "allowed_console", "budgets", "large"}
    assert {key for key in keys - tables if not re.search(rf"`{key}`|\b{key}\b.*}}`", text)} == set()
