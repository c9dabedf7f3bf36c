import base64
import gzip
import html
import io
import json
import re
import stat
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from services.secrecy import MARK, SHORTEST_SECRET, Secrets, redact, redact_zip, scan

SECRET = "Pa$s\"w&rd/1'+é"
PEM = (
    "-----BEGIN PRIVATE KEY-----\n"
    "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7\nabcd\n"
    "-----END PRIVATE KEY-----\n"
)

quick = settings(deadline=None, max_examples=60)
secrets = st.text(min_size=SHORTEST_SECRET, max_size=40).filter(lambda secret: secret not in MARK)
spellings = st.sampled_from(
    [
        str,
        html.escape,
        quote,
        quote_plus,
        lambda secret: quote(secret, safe=""),
        lambda secret: re.sub("%..", lambda match: match[0].lower(), quote(secret)),
        lambda secret: json.dumps(secret)[1:-1],
        lambda secret: json.dumps(secret, ensure_ascii=False)[1:-1],
        lambda secret: html.escape(json.dumps(html.escape(secret))[1:-1]),
    ]
)


def kinds(content: bytes | str, values: list[str], name: str = "file") -> list[str]:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, name).write_bytes(content if isinstance(content, bytes) else content.encode())
        return [leak.kind for leak in scan(Path(folder), values)]


def zipped(**members: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


@quick
@given(secrets, spellings, st.text(), st.text())
def test_any_spelling_is_found_and_redacted(secret, spell, before, after):
    text = before + spell(secret) + after
    assert kinds(text, [secret])
    clean = redact(text, [secret])
    assert not kinds(clean, [secret])
    assert MARK in clean


@quick
@given(secrets, st.binary(), st.binary(), st.sampled_from([base64.b64encode, base64.urlsafe_b64encode]))
def test_base64_at_any_alignment_is_found_and_redacted(secret, before, after, encode):
    text = encode(before + secret.encode() + after).decode()
    assert "secret in base64" in kinds(text, [secret])
    assert not kinds(redact(text, [secret]), [secret])


@quick
@given(st.lists(secrets, min_size=2, max_size=4), st.data())
def test_overlapping_secrets_leave_no_end_behind(values, data):
    cut = data.draw(st.integers(1, len(values[0]) - 1))
    overlapping = values[0][cut:] + values[1]
    assert redact(values[0] + values[1], [*values, overlapping]) == MARK


@quick
@given(st.text(), st.lists(secrets))
def test_redaction_is_stable(text, values):
    clean = redact(text, values)
    assert redact(clean, values) == clean


@quick
@given(st.text())
def test_text_without_secrets_stays_as_it_is(text):
    assume(not kinds(text, []))
    assert redact(text, ["something else"]) == text


def test_a_secret_inside_a_longer_one_does_not_shorten_the_redaction():
    assert redact("x secret-and-more y", ["secret", "secret-and-more"]) == f"x {MARK} y"


def test_values_too_short_to_tell_from_text_are_ignored():
    assert redact("abcde", ["abcde", ""]) == "abcde"


KEY = "aB3dE5gH7j"
SIGNATURE = "0f" * 32
COOKIE = "q2n7u1t6c0v5p3k8m4s9r2e1d7"
POLICY = base64.b64encode(json.dumps({"expiration": "2030-01-01T00:00:00Z", "conditions": [["x"]]}).encode()).decode()

BY_FORM = [
    (f"https://m.test/x?id=1&sesskey={KEY}&b=2", KEY, "session key"),
    (f"returnurl=x%3Fsesskey%3D{KEY}", KEY, "session key"),
    (f'<input name="sesskey" type="hidden" value="{KEY}" />', KEY, "session key"),
    (f'M.cfg = {{"wwwroot":"x","sesskey":"{KEY}"}}', KEY, "session key"),
    (json.dumps(json.dumps({"sesskey": KEY})), KEY, "session key"),
    (html.escape(json.dumps({"sesskey": KEY})), KEY, "session key"),
    (json.dumps({"name": "sesskey", "value": KEY}), KEY, "session key"),
    (json.dumps(["INPUT", {"type": "hidden", "name": "sesskey", "value": KEY}]), KEY, "session key"),
    (f'Content-Disposition: form-data; name="sesskey"\r\n\r\n{KEY}\r\n--', KEY, "session key"),
    (json.dumps(f'form-data; name="sesskey"\r\n\r\n{KEY}\r\n--'), KEY, "session key"),
    (f"username=a&logintoken={COOKIE}", COOKIE, "login token"),
    (f"Cookie: MoodleSession={COOKIE}; a=b", COOKIE, "session cookie"),
    (f'{{"name":"MoodleSessionstaging","value":"{COOKIE}","domain":"x"}}', COOKIE, "session cookie"),
    (f"https://s3.test/?X-Amz-Signature={SIGNATURE}", SIGNATURE, "signature"),
    (f'{{"x-amz-signature":"{SIGNATURE}"}}', SIGNATURE, "signature"),
    (f"<SignatureProvided>{SIGNATURE}</SignatureProvided>", SIGNATURE, "signature"),
    (f"https://cdn.test/v.mp4?Expires=1&Signature=aB3~{COOKIE}__&Key-Pair-Id=K1", f"aB3~{COOKIE}__", "signature"),
    (f"X-Amz-Security-Token={COOKIE}AB", COOKIE, "security token"),
    ("X-Amz-Credential=AKIA123%2F20300101%2Fus-east-1%2Fs3%2Faws4_request&b", "AKIA123", "credential"),
    (r'"X-Amz-Credential":"AKIA123\/20300101\/us-east-1\/s3\/aws4_request"', "AKIA123", "credential"),
    (f'name="policy"\r\n\r\n{POLICY}\r\n', POLICY, "policy"),
    (f'"Policy":"{POLICY}"', POLICY, "policy"),
    (PEM, "MIIEvQ", "private key"),
    (PEM.replace("\n", "\r\n"), "MIIEvQ", "private key"),
    (json.dumps(PEM), "MIIEvQ", "private key"),
    (quote_plus(PEM), "MIIEvQ", "private key"),
]


@pytest.mark.parametrize(("text", "secret", "kind"), BY_FORM)
def test_what_nobody_registered_is_known_by_its_form(text, secret, kind):
    assert kinds(text, []) == [kind]
    clean = redact(text, [])
    assert secret not in clean
    assert MARK in clean
    assert not kinds(clean, [])


def test_a_redacted_address_keeps_what_is_public():
    address = f"https://cdn.test/v.mp4?Expires=1&Signature={COOKIE}Z&Key-Pair-Id=K1"
    assert redact(address, []) == f"https://cdn.test/v.mp4?Expires=1&Signature={MARK}&Key-Pair-Id=K1"


@pytest.mark.parametrize(
    "text",
    [
        "Incorrect sesskey submitted, form not accepted!",
        "the page shows no sesskey: expected one",
        '"&sesskey=" + config.sesskey',
        f"sesskey={MARK}",
        "Set-Cookie: MoodleSession=deleted; expires=Thu, 01-Jan-1970",
        "SignatureDoesNotMatch: the request signature we calculated does not match",
        "Paste it with the line -----BEGIN PRIVATE KEY----- and all that follows into the settings",
        "Key-Pair-Id=K2JCJMDEHXQW5F",
        'policy: "the privacy policy of this site"',
    ],
)
def test_ordinary_words_raise_no_alarm(text):
    assert not kinds(text, [])
    assert redact(text, []) == text


@pytest.mark.parametrize("inner", [f"sesskey={KEY} and more text", f"password {SECRET} and more text"])
def test_embedded_data_is_read_and_stays_readable(inner):
    page = f'<a href="data:text/plain;base64,{base64.b64encode(inner.encode()).decode()}">log</a>'
    assert kinds(page, [SECRET])
    clean = redact(page, [SECRET])
    assert not kinds(clean, [SECRET])
    embedded = clean.split(";base64,")[1].split('"')[0]
    assert base64.b64decode(embedded).decode() == inner.replace(KEY, MARK).replace(SECRET, MARK)


def test_innocent_embedded_data_stays_as_it_is():
    page = "data:image/png;base64," + base64.b64encode(bytes(range(256))).decode()[:-1]
    assert redact(page, [SECRET]) == page


def test_a_report_of_pytest_html_is_read():
    blob = html.escape(json.dumps({"tests": {"log": html.escape(f"logged in with {SECRET}")}}))
    page = f'<div data-jsonblob="{blob}"></div>'
    assert kinds(page, [SECRET]) == ["secret"]
    assert not kinds(redact(page, [SECRET]), [SECRET])


def test_a_private_key_is_found_by_any_of_its_lines():
    assert "secret" in kinds(PEM.splitlines()[1], [PEM])


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
def test_archives_are_opened(content):
    assert kinds(content, [SECRET])


@pytest.mark.parametrize(
    "content",
    [zipped(member=b"x" * 100)[:-30], gzip.compress(b"x" * 100)[:-9], b"PK\x03\x04"],
    ids=["torn zip", "torn gzip", "start of a zip"],
)
def test_an_archive_that_cannot_be_read_is_reported(content):
    assert kinds(content, []) == ["archive that cannot be read"]


def test_a_leak_says_where_but_not_what(tmp_path):
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


def test_empty_files_links_and_clean_folders_are_no_leaks(tmp_path):
    (tmp_path / "empty").touch()
    (tmp_path / "latest").symlink_to(tmp_path)
    (tmp_path / "broken").symlink_to(tmp_path / "absent")
    assert scan(tmp_path, [SECRET]) == []


def test_a_folder_that_is_not_there_is_not_clean(tmp_path):
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
def test_a_rewritten_trace_holds_no_secret(archive):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "trace.zip")
        path.write_bytes(zipped(**archive))
        redact_zip(path, [SECRET, KEY])
        assert scan(Path(folder), [SECRET, KEY]) == []
        with zipfile.ZipFile(path) as rewritten:
            assert rewritten.testzip() is None
            assert len(rewritten.infolist()) == len(archive)


def test_a_rewritten_trace_keeps_everything_else(tmp_path):
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


def test_a_damaged_member_is_blanked(tmp_path):
    path = tmp_path / "trace.zip"
    path.write_bytes(zipped(body=gzip.compress(SECRET.encode())[:-4]))
    redact_zip(path, [SECRET])
    assert scan(tmp_path, [SECRET]) == []


def test_a_damaged_trace_is_refused_and_left_alone(tmp_path):
    path = tmp_path / "trace.zip"
    path.write_bytes(b"PK\x03\x04 and no more")
    with pytest.raises(zipfile.BadZipFile):
        redact_zip(path, [])
    assert list(tmp_path.iterdir()) == [path]


def test_secrets_are_shared_by_processes_and_private(tmp_path):
    path = tmp_path / "state" / "secrets"
    collected = Secrets(path)
    assert collected.values() == []
    for value in (PEM, "short", "", SECRET, SECRET):
        collected.add(value)
    code = (
        "import sys, pathlib; from services.secrecy import Secrets; "
        "Secrets(pathlib.Path(sys.argv[1]), sys.argv[2]).add('from-worker')"
    )
    subprocess.run([sys.executable, "-c", code, str(path), collected.key], check=True, cwd=Path(__file__).parents[2])
    assert collected.values() == [PEM, SECRET, "from-worker"]
    assert SECRET.encode() not in path.read_bytes()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
