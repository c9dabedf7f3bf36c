import base64
import html
import json
import re
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from redaction.secret_patterns import BLOCK, MARK, SHORTEST_SECRET
from redaction.secrets import redact
from selftest.unit.leaks import KEY, PEM, SECRET, kinds, quick

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


@quick
@given(secrets, spellings, st.text(), st.text())
def test_any_spelling_is_found_and_redacted(secret: str, spell: Callable[[str], str], before: str, after: str) -> None:
    text = before + spell(secret) + after
    assert kinds(text, [secret])
    clean = redact(text, [secret])
    assert not kinds(clean, [secret])
    assert MARK in clean


@quick
@given(secrets, st.binary(), st.binary(), st.sampled_from([base64.b64encode, base64.urlsafe_b64encode]))
def test_base64_at_any_alignment_is_found_and_redacted(
    secret: str, before: bytes, after: bytes, encode: Callable[[bytes], bytes]
) -> None:
    text = encode(before + secret.encode() + after).decode()
    assert "secret in base64" in kinds(text, [secret])
    assert not kinds(redact(text, [secret]), [secret])


@quick
@given(st.lists(secrets, min_size=2, max_size=4), st.data())
def test_overlapping_secrets_leave_no_end_behind(values: list[str], data: st.DataObject) -> None:
    cut = data.draw(st.integers(1, len(values[0]) - 1))
    overlapping = values[0][cut:] + values[1]
    assert redact(values[0] + values[1], [*values, overlapping]) == MARK


@quick
@given(st.text(), st.lists(secrets))
def test_redaction_is_stable(text: str, values: list[str]) -> None:
    clean = redact(text, values)
    assert redact(clean, values) == clean


@quick
@given(st.text())
def test_text_without_secrets_stays_as_it_is(text: str) -> None:
    assume(not kinds(text, []))
    assert redact(text, ["something else"]) == text


def test_a_secret_inside_a_longer_one_does_not_shorten_the_redaction() -> None:
    assert redact("x secret-and-more y", ["secret", "secret-and-more"]) == f"x {MARK} y"


def test_as_many_secrets_as_a_long_run_has_are_all_redacted() -> None:
    values = [f"secret-{number}!" for number in range(3 * BLOCK + 1)]
    assert redact(" ".join(values), values) == " ".join([MARK] * len(values))


def test_secrets_that_overlap_are_one_however_many_lie_between_them() -> None:
    values = ["begin-middle", *(f"secret-{number}!" for number in range(2 * BLOCK)), "middle-end"]
    assert redact("x begin-middle-end y", values) == f"x {MARK} y"


def test_values_too_short_to_tell_from_text_are_ignored() -> None:
    assert redact("abcde", ["abcde", ""]) == "abcde"


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
def test_what_nobody_registered_is_known_by_its_form(text: str, secret: str, kind: str) -> None:
    assert kinds(text, []) == [kind]
    clean = redact(text, [])
    assert secret not in clean
    assert MARK in clean
    assert not kinds(clean, [])


def test_a_redacted_address_keeps_what_is_public() -> None:
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
def test_ordinary_words_raise_no_alarm(text: str) -> None:
    assert not kinds(text, [])
    assert redact(text, []) == text


@pytest.mark.parametrize("inner", [f"sesskey={KEY} and more text", f"password {SECRET} and more text"])
def test_embedded_data_is_read_and_stays_readable(inner: str) -> None:
    page = f'<a href="data:text/plain;base64,{base64.b64encode(inner.encode()).decode()}">log</a>'
    assert kinds(page, [SECRET])
    clean = redact(page, [SECRET])
    assert not kinds(clean, [SECRET])
    embedded = clean.split(";base64,")[1].split('"')[0]
    assert base64.b64decode(embedded).decode() == inner.replace(KEY, MARK).replace(SECRET, MARK)


def test_innocent_embedded_data_stays_as_it_is() -> None:
    page = "data:image/png;base64," + base64.b64encode(bytes(range(256))).decode()[:-1]
    assert redact(page, [SECRET]) == page


def test_a_report_of_pytest_html_is_read() -> None:
    blob = html.escape(json.dumps({"tests": {"log": html.escape(f"logged in with {SECRET}")}}))
    page = f'<div data-jsonblob="{blob}"></div>'
    assert kinds(page, [SECRET]) == ["secret"]
    assert not kinds(redact(page, [SECRET]), [SECRET])


def test_a_private_key_is_found_by_any_of_its_lines() -> None:
    assert "secret" in kinds(PEM.splitlines()[1], [PEM])
