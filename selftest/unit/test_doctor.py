"""The doctor looks at what an environment file names: on this machine, on the server, and machines of a rush."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from clients.errors import NotCheckable
from clients.server.commands import Place
from runner.doctor import doctor
from selftest.unit.environment_files import LoadSite


def sentences(findings: object) -> list[tuple[str, str]]:
    return [(one.level, one.told) for one in findings if one.level != "ok"]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("table", "key"),
    [
        ("local", "repository"),
        ("local", "key_file"),
        ("decided", "release"),
        ("decided", "production"),
        ("decided", "staging"),
    ],
)
def test_a_path_that_leads_nowhere(load_site: LoadSite, tmp_path: Path, table: str, key: str) -> None:
    site = load_site(end=f'[{table}]\n{key} = "gone.toml"')
    gone = tmp_path / "environments" / "gone.toml"
    told = f"{table}.{key}: {gone} is not there. Correct it in {site.file}."
    assert sentences(doctor._this_machine(site)) == [("warn", told)]
    if key != "repository":
        gone.touch()
        assert not sentences(doctor._this_machine(site))


def test_a_repository_that_is_none(load_site: LoadSite, tmp_path: Path) -> None:
    (tmp_path / "plugin").mkdir()
    site = load_site(end=f'[local]\nrepository = "{tmp_path / "plugin"}"')
    ((level, told),) = sentences(doctor._this_machine(site))
    assert level == "warn"
    assert told.startswith("local.repository: git cannot read plugin: ")


def test_nothing_that_is_named_is_nothing_that_is_wrong(load_site: LoadSite) -> None:
    assert not list(doctor._this_machine(load_site()))


def test_what_is_not_on_the_server(load_site: LoadSite, monkeypatch: pytest.MonkeyPatch) -> None:
    def absent() -> None:
        raise NotCheckable("tail -c 9 -- /var/log/php.log failed on moodle.test: No such file or directory")

    place = Place("/var/www/moodle", php_log="/var/log/php.log", restored="moodle_restored")
    host = SimpleNamespace(
        shell=SimpleNamespace(place=place, name="moodle.test", check=lambda: None),
        facts=SimpleNamespace(missing=None),
        php_log=absent,
        web_log=absent,
    )
    monkeypatch.setattr(doctor, "new_host", lambda _: host)
    site = load_site()
    database, log = sentences(doctor._server(site))
    assert database == (
        "warn",
        "Moodle's database user reads no database moodle_restored beside Moodle's own. Let it, or correct "
        f"server.restored in {site.file}.",
    )
    assert log[1].endswith(f"No such file or directory. Correct server.php_log in {site.file}.")

    host.facts, host.php_log = SimpleNamespace(missing=()), lambda: None
    assert not sentences(doctor._server(site))
