"""What an administrator's pages say of the installation, and what of it is a finding, or nothing that can be told."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from checks.installation import TASK, Installation
from checks.plugin_configuration import (
    FILE_TYPES,
    LARGEST_FILE,
    PluginConfiguration,
    Saved,
    SavedSecret,
    expect_quiet_page,
)
from clients.errors import NotCheckable, SiteError
from clients.moodle.model import Settings
from selftest.unit.environment_files import pem

LIST = '<table><tbody><tr><td>S3 Video 2025102600 <a href="?plugin=s3video&action=hide"></a></td></tr></tbody></table>'
ROW = '<table><tr class="type-x name-assignsubmission_s3video {}"><td>{}</td></tr></table>'
LIMIT = "playback_rate_limit"
TASK_NAME = f'<th class="cell c0">{{}}\n<span class="task-class">\\{TASK}</span></th>'
TASKS = f'<table><tbody><tr class="{{}}">{TASK_NAME}</tr></tbody></table>'


class Pages:
    """Stands for a site: its pages by address; an address of which it has none is an error of Moodle's."""

    def __init__(self, **pages: str) -> None:
        self.pages = pages

    def open(self, step: str, path: str, **_: Any) -> BeautifulSoup:
        name = path.rpartition("/")[2].removesuffix(".php")
        if name not in self.pages:
            raise SiteError(f"{step} failed")
        if self.pages[name].startswith("!"):
            raise SiteError(f"{step} failed. The page said “{self.pages[name]}”.")
        return BeautifulSoup(f"<body>{self.pages[name]}</body>", "lxml")


def installation(**pages: str) -> Installation:
    return Installation(Pages(adminmanageplugins=LIST, **pages))  # type: ignore[arg-type]


def test_an_upgrade_that_is_complete() -> None:
    assert installation(plugins=ROW.format("additional", "1.0.0 2025102600")).expect_upgraded() == "2025102600"


@pytest.mark.parametrize(
    ("page", "seen"),
    [
        ("<table></table>", "no such row"),
        (ROW.format("status-new", "2025102600"), "seen a plugin that is not installed yet"),
        (ROW.format("", "2024010100"), "seen 2024010100 in the plugins overview and 2025102600"),
    ],
)
def test_an_upgrade_that_is_not(page: str, seen: str) -> None:
    with pytest.raises(AssertionError, match=seen):
        installation(plugins=page).expect_upgraded()


def test_capabilities() -> None:
    def row(name: str, permission: str = "allow") -> str:
        capability = f"assignsubmission/s3video:{name}"
        return f"<tr class=rolecap><th><span class=cap-name>{capability}</span></th><td class={permission}></td></tr>"

    roles = "".join(
        f"<tr><td><a href='/x?action=view&roleid={number}'>Any</a></td><td>{name}</td></tr>"
        for number, name in enumerate(("student", "editingteacher", "manager"))
    )
    listed = f"<table><tbody>{roles}</tbody></table>"
    everything = "".join(map(row, ("use", "view", "manage")))
    closed = everything.replace(row("view"), row("view", "inherit"))
    installation(manage=listed, define=f"<table>{everything}</table>").expect_capabilities()
    with pytest.raises(
        AssertionError, match="missing: s3video:view for the editingteacher, s3video:view for the manager"
    ):
        installation(manage=listed, define=f"<table>{closed}</table>").expect_capabilities()
    with pytest.raises(AssertionError, match="a role can be given, seen no s3video:view, s3video:manage there"):
        installation(manage=listed, define=f"<table>{row('use')}{row('bypassratelimit')}</table>").expect_capabilities()
    with pytest.raises(NotCheckable, match="no role with the short name manager"):
        installation(manage=listed.replace("manager", "boss")).expect_capabilities()
    installation(manage=listed, define=f"<table>{row('use')}</table>").expect_no_capability_too_many()
    with pytest.raises(
        AssertionError,
        match="seen s3video:view for the student, s3video:manage for the student, s3video:manage for the editing",
    ):
        installation(manage=listed, define=f"<table>{everything}</table>").expect_no_capability_too_many()


def test_the_task() -> None:
    installation(scheduledtasks=TASKS.format("", "")).expect_task_enabled()
    with pytest.raises(AssertionError, match="to be enabled, seen disabled"):
        installation(scheduledtasks=TASKS.format("disabled", "")).expect_task_enabled()
    with pytest.raises(AssertionError, match="among the scheduled tasks, seen none"):
        installation(scheduledtasks="").expect_task_registered()


def test_the_tasks_name() -> None:
    assert installation(scheduledtasks=TASKS.format("", "Remove old videos")).expect_task_named() == "Remove old videos"
    for name, seen in (("", "none"), ("[[cleanup_videos_task]]", r"\[\[cleanup_videos_task")):
        with pytest.raises(AssertionError, match=f"cleanup_videos by a name, seen {seen}"):
            installation(scheduledtasks=TASKS.format("", name)).expect_task_named()


def test_a_page_that_fails_for_another_reason_tells_nothing_of_its_table() -> None:
    installation(videomanagement="", dashboard="").expect_tables()
    with pytest.raises(NotCheckable, match="the page that reads assignsubmission_s3v_log does not open"):
        installation(videomanagement="", dashboard="!Section error!").expect_tables()
    with pytest.raises(AssertionError, match="expected the table assignsubmission_s3video, seen"):
        installation(videomanagement="!Table 'mdl_assignsubmission_s3video' doesn't exist").expect_tables()


def test_what_config_php_sets_is_not_shown() -> None:
    with pytest.raises(NotCheckable, match=r"aws_secret_key is set in config\.php"):
        PluginConfiguration(Settings({"aws_secret_key": "********"}, ["aws_secret_key"])).expect_secret(
            "aws_secret_key"
        )


@pytest.mark.parametrize("value", ["half a secret", "half\na-secret", " \n"])
def test_a_secret_that_no_message_quotes(value: str) -> None:
    with pytest.raises(AssertionError) as failure:
        PluginConfiguration(Settings({"aws_secret_key": value})).expect_secret("aws_secret_key")
    assert "half" not in str(failure.value)


def test_a_private_key(rsa_key: rsa.RSAPrivateKey) -> None:
    PluginConfiguration(Settings({"key": f"\r\n{pem(rsa_key)} "})).expect_private_key("key")
    for other in (pem(rsa_key)[:-40], pem(ec.generate_private_key(ec.SECP256R1())), pem(rsa_key, b"passphrase")):
        with pytest.raises(AssertionError, match="to hold an RSA private key in PEM") as failure:
            PluginConfiguration(Settings({"key": other})).expect_private_key("key")
        assert "BEGIN" not in str(failure.value)


def test_a_setting_that_the_checklist_names() -> None:
    types, wanted = "video/webm, Video/MP4", "video/mp4,video/webm"
    named = PluginConfiguration(Settings({"maxfilesize": "5368709120", "allowed_mimetypes": types}))
    named.expect_size("the size", LARGEST_FILE, 5368709120)
    named.expect_choice("the types", FILE_TYPES, wanted)
    with pytest.raises(AssertionError, match="expected the size to be 1, seen 5368709120"):
        named.expect_size("the size", LARGEST_FILE, 1)
    with pytest.raises(AssertionError, match="seen no video/x, video/webm as well"):
        named.expect_choice("the types", FILE_TYPES, "video/mp4,video/x")
    none = PluginConfiguration(Settings({"upload_rate_limit": "10", "retention_days": "90", "s3_bucket": "videos"}))
    with pytest.raises(AssertionError, match="expected a setting for the size, seen none"):
        none.expect_size("the size", LARGEST_FILE, 1)
    with pytest.raises(AssertionError, match="expected a setting for the types, seen none"):
        none.expect_choice("the types", FILE_TYPES, "video/mp4")


@pytest.mark.parametrize(
    ("label", "seen"),
    [("Limit (per hour)", "100 an hour"), ("Limit (per minute)", "100 a minute"), ("Limit", "100")],
)
def test_a_limit_is_told_with_what_it_counts_by(label: str, seen: str) -> None:
    found = PluginConfiguration(Settings({LIMIT: "100"}, words={LIMIT: label}, defaults={LIMIT: "100"}))
    found.expect_limit(LIMIT, 100)
    with pytest.raises(AssertionError) as failure:
        found.expect_limit(LIMIT, 30)
    assert str(failure.value) == f"expected playback_rate_limit to be 30 a minute, seen {seen}"
    with pytest.raises(AssertionError, match=f"to be 30 a minute, seen {seen}: a site on which nobody"):
        found.expect_default(LIMIT, 30, "a minute")


def test_resources_of_its_own(tmp_path: Path) -> None:
    production = tmp_path / "production.toml"
    production.write_text('[storage]\nbucket = "videos-prod"\n[cdn]\ndomain = "d1.cloudfront.net"\n')
    ours = {"s3_bucket": "videos-staging", "cloudfront_domain": "d2.cloudfront.net"}
    PluginConfiguration(Settings(ours)).expect_apart_from(production)
    theirs = PluginConfiguration(Settings({**ours, "cloudfront_domain": "d1.cloudfront.net"}))
    with pytest.raises(AssertionError, match=r"seen production's cloudfront_domain d1\.cloudfront\.net"):
        theirs.expect_apart_from(production)
    PluginConfiguration(Settings({"s3_bucket": "videos-prod", "s3_prefix": "staging/"})).expect_apart_from(production)
    for none in (None, tmp_path / "nothing.toml"):
        with pytest.raises(NotCheckable, match="production"):
            theirs.expect_apart_from(none)


def test_what_was_decided_for_the_site() -> None:
    overview = "<table><tr class='name-assignsubmission_s3video'><td class=version>1.0.0 2025102600</td></tr></table>"
    found = installation(
        plugins=overview, modedit="<input type=checkbox checked name=assignsubmission_s3video_enabled>"
    )
    assert found.expect_version("1.0.0") == found.expect_version("2025102600") == "1.0.0 2025102600"
    assert found.expect_position(1) == 1
    assert found.expect_default(True)
    with pytest.raises(AssertionError, match=r"expected version 1\.0\.1 of the plugin, seen 1\.0\.0 2025102600"):
        found.expect_version("1.0.1")
    with pytest.raises(AssertionError, match="at place 2 of the submission plugins, seen it at 1"):
        found.expect_position(2)
    with pytest.raises(AssertionError, match="switched off in a new assignment's form, seen it switched on"):
        found.expect_default(False)
    asked: list[Callable[[None], object]] = [found.expect_version, found.expect_position, found.expect_default]
    for ask in asked:
        with pytest.raises(NotCheckable, match=r"in \[decided\]"):
            ask(None)


@pytest.mark.parametrize(
    ("page", "seen"),
    [
        ('<div class="alert alert-danger">No bucket</div>', "No bucket"),
        ("<p>[[setting_missing]]</p>", "setting_missing"),
        ("<p>Warning: Undefined array key</p>", "Undefined array key"),
    ],
)
def test_a_settings_page_that_complains(page: str, seen: str) -> None:
    expect_quiet_page(Pages(settings="<h2>S3 Video</h2>"))  # type: ignore[arg-type]
    with pytest.raises(AssertionError, match=seen):
        expect_quiet_page(Pages(settings=page))  # type: ignore[arg-type]


def test_each_setting_has_a_label_of_its_own() -> None:
    PluginConfiguration(Settings({"a": "", "b": ""}, labels={"a": "Key", "b": "Secret"})).expect_labels()
    with pytest.raises(AssertionError, match="seen “Key” of a and b, “” of c"):
        PluginConfiguration(Settings({"a": "", "b": "", "c": ""}, labels={"a": "Key", "b": "Key"})).expect_labels()


def test_a_label_says_what_its_setting_is() -> None:
    swapped = PluginConfiguration(Settings({}, labels={"s3_bucket": "S3 Region", "s3_region": "Region", "x": "Wert"}))
    swapped.expect_label("s3_region")
    with pytest.raises(AssertionError, match="the label of s3_bucket to say what it is, seen “S3 Region”"):
        swapped.expect_label("s3_bucket")
    with pytest.raises(NotCheckable, match="the label of x has no word that the suite understands, seen “Wert”"):
        swapped.expect_label("x")


def test_a_secret_is_masked() -> None:
    PluginConfiguration(Settings({"key": ""}, masked=["key"])).expect_masked("key")
    with pytest.raises(AssertionError, match="the settings page to mask key"):
        PluginConfiguration(Settings({"key": ""})).expect_masked("key")
    with pytest.raises(NotCheckable, match="shows nothing of it"):
        PluginConfiguration(Settings({"key": ""}, ["key"])).expect_masked("key")


@pytest.mark.parametrize(("refused", "seen"), [("", "another one in its place"), ("bad", "it refused .“bad”.")])
def test_a_secret_with_signs_is_taken(refused: str, seen: str) -> None:
    SavedSecret("aws_secret_key", True, "").expect_taken()
    with pytest.raises(AssertionError, match=f"aws_secret_key with a slash and a plus, seen {seen}"):
        SavedSecret("aws_secret_key", False, refused).expect_taken()


def test_a_field_of_one_line_has_no_room_for_a_private_key() -> None:
    PluginConfiguration(Settings({"key": ""})).expect_room_for_lines("key")
    with pytest.raises(AssertionError, match="the field of key to take several lines"):
        PluginConfiguration(Settings({"key": ""}, one_line=["key"])).expect_room_for_lines("key")


@pytest.mark.parametrize(
    ("after", "refused", "seen"),
    [
        ({"bucket": "a-b", "days": "90"}, {"bucket": "no hyphens"}, "refuse bucket .“no hyphens”."),
        ({"bucket": "a-b", "days": ""}, {}, "another one of days"),
    ],
)
def test_what_is_saved_as_it_stood_stays_so(after: dict[str, str], refused: dict[str, str], seen: str) -> None:
    before = Settings({"bucket": "a-b", "days": "90"})
    assert Saved(before, before, {}).expect_unchanged() == ["bucket", "days"]
    with pytest.raises(AssertionError, match=seen):
        Saved(before, Settings(after), refused).expect_unchanged()


@pytest.mark.parametrize("name", ["[[pluginname]]", "[[pluginname, assignsubmission_s3video]]", "Videos"])
def test_the_list_of_submission_plugins_has_a_name_that_a_person_finds(name: str) -> None:
    assert installation().expect_listed() == "S3 Video 2025102600"
    with pytest.raises(AssertionError, match="to call it S3 Video, seen"):
        Installation(Pages(adminmanageplugins=LIST.replace("S3 Video", name))).expect_listed()  # type: ignore[arg-type]
