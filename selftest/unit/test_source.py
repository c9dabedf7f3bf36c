"""Secrets in the history of a repository, tags, install.xml, and the file of the private key."""

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from checks.source import TABLES, KeyFile, Source
from clients import repository as module
from clients.errors import NotCheckable
from clients.repository import Repository
from runner.pytest_plugin.preparation import suite_revision
from selftest.unit.environment_files import pem

pytestmark = pytest.mark.skipif(not shutil.which("git"), reason="there is no git on this machine")

SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYzExampleOne"

TABLE = '<TABLE NAME="{}"><FIELDS><FIELD NAME="id" TYPE="int"/></FIELDS><KEYS>{}</KEYS></TABLE>'

PRIMARY = '<KEY NAME="primary" TYPE="primary" FIELDS="id"/>'

Commit = Callable[[str, str], None]


def new_key() -> str:
    return pem(rsa.generate_private_key(public_exponent=65537, key_size=2048))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    git(tmp_path, "init", "--quiet", "--initial-branch=main")
    return tmp_path


@pytest.fixture
def commit(folder: Path) -> Commit:
    def commit(name: str, content: str) -> None:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content, encoding="utf-8")
        git(folder, "add", "--all")
        git(folder, "commit", "--quiet", "--message", f"Change {name}")

    return commit


def git(folder: Path, *arguments: str) -> None:
    own = ("-c", "user.name=x", "-c", "user.email=x@example.invalid")
    subprocess.run(["git", "-C", str(folder), *own, *arguments], check=True, capture_output=True)


def source(folder: Path) -> Source:
    return Source(Repository(folder))


@pytest.mark.parametrize(
    "spelled",
    [SECRET, f'{{"key": "{SECRET.replace("/", chr(92) + "/")}"}}', "wJalrXUtnFEMI%2FK7MDENG%2BbPxRfiCYzExampleOne"],
)
def test_a_secret_that_the_next_commit_took_away(folder: Path, commit: Commit, spelled: str) -> None:
    commit("conf/aws ä.json", spelled)
    commit("conf/aws ä.json", "")
    with pytest.raises(AssertionError, match=r"seen it in conf/aws ä\.json \([0-9a-f]{10}\): replace that key") as told:
        source(folder).expect_never_committed("AWS secret key", SECRET)
    assert SECRET[:10] not in str(told.value)


def test_a_secret_on_a_branch_that_was_deleted(folder: Path, commit: Commit) -> None:
    commit("a", "nothing")
    git(folder, "checkout", "--quiet", "-b", "try")
    commit("b", SECRET)
    git(folder, "checkout", "--quiet", "main")
    git(folder, "branch", "-D", "try")
    with pytest.raises(AssertionError, match="seen it in b "):
        source(folder).expect_never_committed("AWS secret key", SECRET)


def test_a_secret_in_a_message(folder: Path, commit: Commit) -> None:
    commit("a", "nothing")
    git(folder, "commit", "--quiet", "--allow-empty", "--message", f"Use {SECRET}")
    with pytest.raises(AssertionError, match=r"seen it in commit \("):
        source(folder).expect_never_committed("AWS secret key", SECRET)


def test_a_private_key_in_whatever_lines(folder: Path, commit: Commit) -> None:
    key = new_key()
    commit("php", key.replace("\n", "\\n"))
    with pytest.raises(AssertionError, match="the private key in nothing that was ever committed, seen it in php"):
        source(folder).expect_never_committed("private key", key)
    assert source(folder).expect_never_committed("private key", new_key()) == 3


def test_a_secret_across_two_pieces_of_a_large_file(
    folder: Path, commit: Commit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "CHUNK", 100)
    commit("large", "x" * 90 + SECRET + "x" * 90)
    with pytest.raises(AssertionError, match="seen it in large"):
        source(folder).expect_never_committed("AWS secret key", SECRET)


def test_git_is_told_no_secret(folder: Path, commit: Commit, monkeypatch: pytest.MonkeyPatch) -> None:
    commit("a", "nothing")
    monkeypatch.setenv("S3V_SECRET", SECRET)
    asked: list[object] = []
    for name in ("run", "Popen"):
        call = getattr(subprocess, name)

        def noted(*arguments: object, call: Callable[..., object] = call, **options: object) -> object:
            asked.append((arguments, options))
            return call(*arguments, **options)

        monkeypatch.setattr(module.subprocess, name, noted)  # type: ignore[attr-defined]
    source(folder).expect_never_committed("AWS secret key", SECRET)
    assert asked
    assert SECRET not in str(asked)


def test_git_runs_nothing_that_a_repository_names(folder: Path, tmp_path: Path, commit: Commit) -> None:
    """A partial clone has a part of its objects fetched when they are asked for, by whatever its settings name."""
    commit("a", "nothing")
    ran, blob = tmp_path / "ran", subprocess.check_output(["git", "-C", str(folder), "rev-parse", "HEAD:a"], text=True)
    (folder / ".git/objects" / blob[:2] / blob[2:].strip()).unlink()
    for name, value in {
        "core.repositoryFormatVersion": "1",
        "extensions.partialClone": "origin",
        "remote.origin.promisor": "true",
        "remote.origin.url": f"ext::touch {ran}",
        "protocol.ext.allow": "always",
        "core.fsmonitor": f"touch {ran}",
        "core.pager": f"touch {ran}",
    }.items():
        git(folder, "config", name, value)
    for lazy in ({}, {"GIT_NO_LAZY_FETCH": "0"}):  # older ones know no such variable
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(module, "ALONE", module.ALONE | lazy)
            with pytest.raises(NotCheckable, match="is a partial clone"):
                source(folder).expect_never_committed("AWS secret key", SECRET)
        assert not ran.exists()


def test_a_partial_clone_is_whole_when_the_rest_is_fetched(folder: Path, tmp_path: Path, commit: Commit) -> None:
    commit("a", SECRET)
    commit("a", "nothing")
    git(folder, "config", "uploadpack.allowFilter", "true")
    partial = tmp_path / "partial"
    git(folder, "clone", "--quiet", "--filter=blob:none", f"file://{folder}", str(partial))
    with pytest.raises(NotCheckable, match=r"a partial clone.*\(git fetch --refetch --no-filter\)"):
        source(partial).expect_never_committed("AWS secret key", SECRET)
    git(partial, "fetch", "--quiet", "--refetch", "--no-filter")
    with pytest.raises(AssertionError, match="seen it in a "):
        source(partial).expect_never_committed("AWS secret key", SECRET)


@pytest.mark.parametrize("commits", [0, 1])
def test_a_folder_that_the_repository_around_it_has_never_held(folder: Path, commit: Commit, commits: int) -> None:
    for _ in range(commits):
        commit("a", "nothing")
    plugin = folder / "ignored" / "s3video"
    plugin.mkdir(parents=True)
    (plugin / "version.php").write_text("<?php", encoding="utf-8")
    with pytest.raises(NotCheckable, match=f"s3video is no repository, and the one around it, {folder.name}, has"):
        source(plugin)


def test_a_folder_that_was_held_once_is_the_history_of_its_repository(folder: Path, commit: Commit) -> None:
    commit("s3video/config.php", SECRET)
    shutil.move(folder / "s3video/config.php", folder / "elsewhere.php")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "Move it")
    (folder / "s3video").mkdir(exist_ok=True)
    with pytest.raises(AssertionError, match=r"seen it in elsewhere\.php "):
        source(folder / "s3video").expect_never_committed("AWS secret key", SECRET)


@pytest.mark.parametrize(
    ("ends", "words"),
    [
        ("exit 128", "git cannot read .*: it ends in the middle of the history; try git fsck"),
        ('printf "%040d missing\\n" 0', "git cannot read .*: the object 0{40} is missing; clone it anew"),
    ],
)
def test_a_history_that_cannot_be_read_to_its_end(
    folder: Path, tmp_path: Path, commit: Commit, monkeypatch: pytest.MonkeyPatch, ends: str, words: str
) -> None:
    commit("a", "nothing")
    real, other = shutil.which("git"), tmp_path / "bin" / "git"
    other.parent.mkdir()
    other.write_text(f'#!/bin/sh\ncase "$*" in *cat-file*) {ends};; *) exec {real} "$@";; esac\n', encoding="utf-8")
    other.chmod(0o755)
    monkeypatch.setenv("PATH", f"{other.parent}:{os.environ['PATH']}")
    with pytest.raises(NotCheckable, match=words):
        source(folder).expect_never_committed("AWS secret key", SECRET)


def test_an_install_xml_in_another_encoding(folder: Path, commit: Commit) -> None:
    commit("db/install.xml", "")
    xml = f'<?xml version="1.0" encoding="ISO-8859-1"?><XMLDB COMMENT="für">{TABLE.format("x", PRIMARY)}</XMLDB>'
    (folder / "db/install.xml").write_bytes(xml.encode("latin-1"))
    git(folder, "commit", "--all", "--quiet", "--message", "latin")
    with pytest.raises(AssertionError, match=r"expected db/install\.xml to describe .*, seen x"):
        source(folder).expect_install_xml()


def test_the_plugins_folder_in_moodles_own_repository(folder: Path, commit: Commit) -> None:
    tables = "".join(TABLE.format(name, PRIMARY) for name in TABLES)
    commit("mod/assign/submission/s3video/db/install.xml", f"<XMLDB>{tables}</XMLDB>")
    assert source(folder / "mod/assign/submission/s3video").expect_install_xml() == [*TABLES]


def test_what_cannot_be_told(folder: Path, tmp_path: Path, commit: Commit) -> None:
    with pytest.raises(NotCheckable, match="has no commit"):
        source(folder).expect_never_committed("AWS secret key", SECRET)
    commit("a", "nothing")
    commit("a", "more")
    with pytest.raises(NotCheckable, match="do not show the AWS secret key"):
        source(folder).expect_never_committed("AWS secret key", "")
    shallow = tmp_path / "shallow"
    git(folder, "clone", "--quiet", "--depth=1", f"file://{folder}", str(shallow))
    with pytest.raises(NotCheckable, match="git fetch --unshallow"):
        source(shallow)
    with pytest.raises(NotCheckable, match="git cannot read nowhere"):
        source(tmp_path / "nowhere")


def test_no_git(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(NotCheckable, match="there is no git on this machine"):
        source(folder)


def test_tags(folder: Path, commit: Commit) -> None:
    commit("a", "nothing")
    git(folder, "tag", "v0.9.0")
    with pytest.raises(AssertionError, match=r"a tag of version 1\.0\.0 or 2025102600, seen v0\.9\.0"):
        source(folder).expect_tag(["1.0.0", "2025102600"])
    git(folder, "tag", "1.0.0")
    assert source(folder).expect_tag(["1.0.0", "2025102600"]) == "1.0.0"


@pytest.mark.parametrize("place", ["db/install.xml", "mod/assign/submission/s3video/db/install.xml"])
def test_install_xml(folder: Path, commit: Commit, place: str) -> None:
    tables = [TABLE.format(name, PRIMARY) for name in ("assignsubmission_s3video", "assignsubmission_s3v_log")]
    commit(place, f"<XMLDB><TABLES>{''.join(tables)}</TABLES></XMLDB>")
    assert source(folder).expect_install_xml() == ["assignsubmission_s3video", "assignsubmission_s3v_log"]


@pytest.mark.parametrize(
    ("log", "words"),
    [
        ("", "to describe assignsubmission_s3v_log, seen assignsubmission_s3video"),
        (TABLE.format("assignsubmission_s3v_log", ""), "seen no primary key of assignsubmission_s3v_log"),
        (
            TABLE.format("assignsubmission_s3v_log", PRIMARY + '<KEY NAME="k" TYPE="foreign" FIELDS="user"/>'),
            "a key of assignsubmission_s3v_log on user, which it has not",
        ),
        (
            TABLE.format("assignsubmission_s3v_log", PRIMARY).replace('"int"', '"integer"'),
            r"seen the type integer of assignsubmission_s3v_log\.id",
        ),
        ("<TABLE>", "to be XML, seen: mismatched tag"),
    ],
)
def test_mistakes_in_install_xml(folder: Path, commit: Commit, log: str, words: str) -> None:
    commit(
        "db/install.xml", f"<XMLDB><TABLES>{TABLE.format('assignsubmission_s3video', PRIMARY)}{log}</TABLES></XMLDB>"
    )
    with pytest.raises(AssertionError, match=words):
        source(folder).expect_install_xml()


def test_a_repository_without_install_xml(folder: Path, commit: Commit) -> None:
    commit("a", "nothing")
    with pytest.raises(AssertionError, match=r"the plugin's db/install\.xml in the repository, seen none at HEAD"):
        source(folder).expect_install_xml()


def test_the_file_of_the_private_key(tmp_path: Path) -> None:
    key, file = new_key(), tmp_path / "pk-K1.pem"
    with pytest.raises(NotCheckable, match=r"local\.key_file, pk-K1\.pem, cannot be read"):
        KeyFile(file).expect_for_owner_only()
    file.write_text(key, encoding="utf-8")
    file.chmod(0o640)
    with pytest.raises(AssertionError, match="with the mode 600, seen 640"):
        KeyFile(file).expect_for_owner_only()
    file.chmod(0o400)
    assert KeyFile(file).expect_for_owner_only() == "400"
    KeyFile(file).expect_key(key)
    with pytest.raises(AssertionError, match="seen another one"):
        KeyFile(file).expect_key(new_key())
    with pytest.raises(NotCheckable, match="do not show"):
        KeyFile(file).expect_key("")


def test_what_is_no_file_of_a_private_key(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    for name in ("pipe", "folder"):
        for ask in (KeyFile(tmp_path / name).expect_for_owner_only, partial(KeyFile(tmp_path / name).expect_key, "x")):
            with pytest.raises(NotCheckable, match=rf"local\.key_file, {name}, .*folder, or no file"):
                ask()


def test_the_suite_s_revision_is_its_own(folder: Path, commit: Commit, monkeypatch: pytest.MonkeyPatch) -> None:
    commit("a", "of somebody else")
    inside = folder / "suite"
    inside.mkdir()
    monkeypatch.setattr("runner.configuration.replica.CHECKOUT", inside)
    assert suite_revision() == "no git revision"
    git(inside, "init", "--quiet")
    git(inside, "commit", "--quiet", "--allow-empty", "--message", "Begin")
    own = suite_revision()
    monkeypatch.setenv("GIT_DIR", str(folder / ".git"))  # as in a hook of theirs
    assert suite_revision() == own
    assert re.fullmatch("[0-9a-f]{7,}", suite_revision())
