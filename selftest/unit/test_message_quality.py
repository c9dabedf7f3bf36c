"""Messages for students: plain words pass, the vocabulary of storage does not, wherever it stands."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.message_quality import (
    advises,
    expect_advice,
    expect_no_words_of_aws,
    expect_plain,
    expect_translatable,
    jargon,
)
from clients.errors import NotCheckable

PLAIN = [
    "Video uploads do not work on this site at the moment. Keep your file and try again later. "
    "Please tell your teacher or the site administrator about it.",
    "The S3 Video plugin needs attention. Contact your teacher.",
    "The file is too large (5.1 GB). The maximum is 5 GB. Choose another file.",
    "The file name is too long: 256 characters, at most 255 are allowed.",
    "This file type is not supported. Choose a video file: mp4, mov, avi, mkv, webm, mpeg, mpg, ogv, 3gp, flv.",
    "That was a lot of requests in a short time. Please wait 42 seconds, then try again.",
    "Use QuickTime or WebM. Your file has 500 MB. It was sent at 12:45:10 on 2026-11-22.",
    "Your session has ended. Log in again in another tab, reload this page, and choose the video again.",
    "Error: the connection was interrupted. 403 of 500 students have handed in.",
]
NOT_PLAIN = {
    "[[emptyfile]]": "an unfinished text",
    "[[error_clip.mp4]]": "an unfinished text",
    "[[]]": "an unfinished text",
    "S3 upload failed": "the name of a service",
    "AWS service temporarily unavailable": "the name of a service",
    "SignatureDoesNotMatch": "an error code",
    "Error: AccessDenied": "an error code",
    "s3_auth_failed": "an error code",
    "net::ERR_TUNNEL_CONNECTION_FAILED": "an error code",
    "failed with status: 403": "an HTTP status",
    "HTTP 503": "an HTTP status",
    "error code 500": "an HTTP status",
    "403 Forbidden": "an HTTP status",
    "The store said no (403)": "an HTTP status",
    "<Error><Code>NoSuchKey</Code></Error>": "markup or JSON",
    '{"error": "no"}': "markup or JSON",
    "https://example.invalid/videos": "an address",
    "acme-videos.s3.amazonaws.com": "an address",
    "d123.cloudfront.net": "an address",
    "127.0.0.1": "an address",
    "arn:aws:s3:::acme": "an address",
    "the bucket is gone": "a word of storage",
    "the secret key is wrong": "a word of storage",
    "AKIAIOSFODNN7EXAMPLE": "a key id",
    "Request ID: 4442587FB7D0A2F9": "a request id",
    "4442587fb7d0a2f9": "a request id",
    "0d5a5d4e-0f1a-4f5e-9a4e-0e5f6a7b8c9d": "a request id",
    "x-amz-request-id": "a request id",
    "Exception in /var/www/locallib.php on line 42": "a stack trace",
    "at upload (uploader.js:712:13)": "a stack trace",
}
WORDS = st.lists(st.sampled_from(["please", "your", "video", "was not sent", "try again later", "the file"])).map(
    " ".join
)


@pytest.mark.parametrize("text", PLAIN)
def test_plain_words_pass(text: str) -> None:
    assert jargon(text) == []
    expect_plain(text)


@pytest.mark.parametrize(("text", "what"), NOT_PLAIN.items())
def test_names_what_is_wrong(text: str, what: str) -> None:
    assert any(found.startswith(what) for found in jargon(text)), jargon(text)


@given(before=WORDS, text=st.sampled_from(sorted(NOT_PLAIN)), after=WORDS)
def test_finds_it_anywhere_in_a_message(before: str, text: str, after: str) -> None:
    assert any(found.startswith(NOT_PLAIN[text]) for found in jargon(f"{before} {text}. {after}"))


@given(before=st.text(), name=st.text("abcdefghij-", min_size=3), after=st.text())
def test_finds_the_names_of_the_site_in_any_case(before: str, name: str, after: str) -> None:
    assert f"a name of this site's storage: {name}" in jargon(before + name.upper() + after, [name])


@given(WORDS)
def test_harmless_words_never_alarm(text: str) -> None:
    assert jargon(text) == []


def test_the_message_is_in_the_complaint() -> None:
    with pytest.raises(
        AssertionError, match=r"seen one that shows “status: 403” \(an HTTP status\): “Failed with status: 403”"
    ):
        expect_plain("Failed with status: 403")


def test_words_of_aws_are_told_with_their_page() -> None:
    expect_no_words_of_aws({"the form": ["Upload your S3 video", "The key of success", "50%"]})
    with pytest.raises(AssertionError, match=r"seen bucket in “In a bucket” \(the form\); S3 in “To S3” \(the page\)"):
        expect_no_words_of_aws({"the form": ["In a bucket"], "the page": ["To S3", "Select"]})


def test_a_text_of_no_language_pack_is_told() -> None:
    form = ["Select {select/core}", "0%", "313.3 KB", "(0.3 KB {sizekb/})", "clip-1.mp4"]
    assert expect_translatable({"the form": form}) == 4
    with pytest.raises(AssertionError, match=r"seen “Drop it here” \(the form\)$"):
        expect_translatable({"the form": [*form, "Drop it here"]})
    with pytest.raises(NotCheckable, match="does not tell where any text comes from"):
        expect_translatable({"the form": ["Select", "Drop it here"]})


@pytest.mark.parametrize("text", ["Try again later.", "Please contact your teacher.", "Check your connection."])
def test_advice(text: str) -> None:
    assert advises(text)


@pytest.mark.parametrize("text", ["", "The upload failed.", "Retry Upload (1/3)", "An error occurred."])
def test_no_advice(text: str) -> None:
    with pytest.raises(AssertionError, match="tells the student what to do"):
        expect_advice(text)
