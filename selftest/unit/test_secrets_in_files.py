"""Secrets in files: folders, archives, traces that are rewritten, and the file that the processes of a run share."""

import base64
import gzip
import stat
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redaction.secret_patterns import MARK
from redaction.secrets import Secrets, redact_zip, scan
from selftest.unit.leaks import KEY, PEM, SECRET, kinds, quick, zipped


@pytest.mark.parametrize(
    "content",
    [
        zipped(member=SECRET.encode()),
        gzip.compress(SECRET.encode()),
        zipped(outer=zipped(inner=gzip.compress(f"sesskey={KEY}".encode()))),
        zipped(**{SECRET.replace("/", ""): b""}) + SECRET.encode(),
    ],
    ids=["zip", "gzip", "gzip in a zip in a zip", "behind a zip"],
)
def test_archives_are_opened(content: bytes) -> None:
    assert kinds(content, [SECRET])


@pytest.mark.parametrize(
    "content",
    [zipped(member=b"x" * 100)[:-30], gzip.compress(b"x" * 100)[:-9], b"PK\x03\x04"],
    ids=["torn zip", "torn gzip", "start of a zip"],
)
def test_an_archive_that_cannot_be_read_is_reported(content: bytes) -> None:
    assert kinds(content, []) == ["archive that cannot be read"]


def test_a_leak_says_where_but_not_what(tmp_path: Path) -> None:
    name = "hunter2-hunter2"
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / f"{name}.txt").write_text(name)
    (tmp_path / "trace.zip").write_bytes(zipped(**{"trace.network": name.encode(), name: b""}))
    leaks = scan(tmp_path, [name])
    assert {leak.path for leak in leaks} == {
        f"deep/{MARK}.txt",
        "trace.zip",  # its directory of members holds the name
        "trace.zip > trace.network",
        f"trace.zip > {MARK}",
    }
    assert name not in repr(leaks)


def test_empty_files_links_and_clean_folders_are_no_leaks(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    (tmp_path / "latest").symlink_to(tmp_path)
    (tmp_path / "broken").symlink_to(tmp_path / "absent")
    assert scan(tmp_path, [SECRET]) == []


def test_a_folder_that_is_not_there_is_not_clean(tmp_path: Path) -> None:
    with pytest.raises(NotADirectoryError):
        scan(tmp_path / "absent", [])


contents = st.lists(
    st.one_of(
        st.binary(),
        st.just(f"sesskey={KEY}".encode()),
        st.just(PEM.encode()),
        st.just(SECRET.encode()),
        st.just(base64.b64encode(SECRET.encode())),
        st.just(b";base64," + base64.b64encode(f"sesskey={KEY}; ".encode())),
    )
).map(b"".join)
members = st.recursive(
    contents,
    lambda inner: st.one_of(inner.map(gzip.compress), inner.map(lambda content: zipped(member=content))),
    max_leaves=3,
)


@quick
@given(st.dictionaries(st.sampled_from(["trace.trace", "trace.network", f"resources-{KEY}"]), members))
def test_a_rewritten_trace_holds_no_secret(archive: dict[str, bytes]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "trace.zip")
        path.write_bytes(zipped(**archive))
        redact_zip(path, [SECRET, KEY])
        assert scan(Path(folder), [SECRET, KEY]) == []
        with zipfile.ZipFile(path) as rewritten:
            assert rewritten.testzip() is None
            assert len(rewritten.infolist()) == len(archive)


def test_a_rewritten_trace_keeps_everything_else(tmp_path: Path) -> None:
    path = tmp_path / "trace.zip"
    picture = bytes(range(256)) * 4
    path.write_bytes(zipped(picture=picture, page=f"before {SECRET} after".encode()))
    path.chmod(0o640)
    redact_zip(path, [SECRET])
    with zipfile.ZipFile(path) as archive:
        assert archive.read("picture") == picture
        assert archive.read("page").decode() == f"before {MARK} after"
        assert {info.compress_type for info in archive.infolist()} == {zipfile.ZIP_DEFLATED}
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert list(tmp_path.iterdir()) == [path]


def test_a_damaged_member_is_blanked(tmp_path: Path) -> None:
    path = tmp_path / "trace.zip"
    path.write_bytes(zipped(body=gzip.compress(SECRET.encode())[:-4]))
    redact_zip(path, [SECRET])
    assert scan(tmp_path, [SECRET]) == []


def test_a_damaged_trace_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "trace.zip"
    path.write_bytes(b"PK\x03\x04 and no more")
    with pytest.raises(zipfile.BadZipFile):
        redact_zip(path, [])
    assert list(tmp_path.iterdir()) == [path]


def test_secrets_are_shared_by_processes_and_private(tmp_path: Path) -> None:
    path = tmp_path / "state" / "secrets"
    collected = Secrets(path)
    assert collected.values() == []
    for value in (PEM, "short", "", SECRET, SECRET):
        collected.add(value)
    code = (
        "import sys, pathlib; from redaction.secrets import Secrets; "
        "Secrets(pathlib.Path(sys.argv[1]), sys.argv[2]).add('from-worker')"
    )
    subprocess.run([sys.executable, "-c", code, str(path), collected.key], check=True, cwd=Path(__file__).parents[2])
    assert collected.values() == [PEM, SECRET, "from-worker"]
    assert b"from-worker" not in path.read_bytes()
    assert SECRET.encode() not in path.read_bytes()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
