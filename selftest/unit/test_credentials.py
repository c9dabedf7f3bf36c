"""Whether a student is told a credential: in a page, in a script that it names, in JSON, in any spelling."""

import json

import pytest

from checks.credentials import Credentials
from clients.addresses import ASSIGNMENT, UPLOAD_URL, VIDEO_PAGE
from clients.errors import NotCheckable
from clients.plugin.api import Video
from selftest.unit.visitors import SITE, FakeSite, FakeWire, response

KEY = 'wJalrXUtnFEMI/K7MDENG+bPx"&RfiCYEXAMPLEKEY'
PEM = f"-----BEGIN RSA PRIVATE KEY-----\n{'MIIEpAIBAAKCAQEA7bq8' * 3}\n-----END RSA PRIVATE KEY-----\n"
FORM = """<script src="/theme/uploader.js"></script><script src="https://cdn.example.org/MathJax.js"></script>
<script>require(["assignsubmission_s3video/uploader"], run)</script> AKIAIOSFODNN7EXAMPLE"""
MODULE = "/lib/requirejs.php/-1/assignsubmission_s3video/uploader.js"


class Student(FakeSite):
    """A session on a site where every address answers with `texts`, or with nothing; keeps what it asked for."""

    def __init__(self, **texts: str) -> None:
        super().__init__()
        there = {ASSIGNMENT: FORM} | texts
        self.session = self.wire = FakeWire(lambda path: response(there.get(path, ""), 200, f"{path}?id=7", {}))


def look(student: Student, video: Video) -> list[str]:
    return Credentials({"aws_secret_key": KEY, "cloudfront_private_key": PEM}).expect_untold(student, video)


def test_nothing_is_told(video: Video) -> None:
    student = Student()
    assert look(student, video) == [SITE + path for path in student.wire.paths]
    assert {ASSIGNMENT, VIDEO_PAGE, UPLOAD_URL, "/theme/uploader.js", MODULE} <= set(student.wire.paths)
    assert not any("MathJax" in path for path in student.wire.paths)


@pytest.mark.parametrize(
    ("path", "text", "name"),
    [
        (ASSIGNMENT, f"<div data-secret='{KEY.replace('&', '&amp;').replace(chr(34), '&quot;')}'>", "aws_secret_key"),
        ("/theme/uploader.js", f"config = {json.dumps(KEY)}", "aws_secret_key"),
        (MODULE, f"config = {json.dumps(PEM)}", "cloudfront_private_key"),
        (UPLOAD_URL, json.dumps({"key": PEM}).replace("/", "\\/"), "cloudfront_private_key"),
    ],
)
def test_what_is_told_is_named_with_its_place(path: str, text: str, name: str, video: Video) -> None:
    with pytest.raises(AssertionError, match=f"seen {name} in {SITE}{path}"):
        look(Student(**{path: text}), video)


def test_a_site_without_secrets_of_its_own(video: Video) -> None:
    with pytest.raises(NotCheckable, match="show no secret"):
        Credentials({}).expect_untold(Student(), video)


def test_the_key_s_id_is_for_the_presigned_form_alone(video: Video) -> None:
    credentials = Credentials({"aws_secret_key": KEY}, "AKIAIOSFODNN7EXAMPLE")
    with pytest.raises(AssertionError, match=f"seen aws_access_key in {SITE}{ASSIGNMENT}"):
        credentials.expect_untold(Student(), video)
    assert credentials.expect_untold(Student(**{ASSIGNMENT: "", UPLOAD_URL: "AKIAIOSFODNN7EXAMPLE"}), video)


def test_what_a_teacher_is_told(video: Video) -> None:
    credentials = Credentials({"aws_secret_key": KEY})
    assert f"{SITE}{VIDEO_PAGE}" in credentials.expect_untold_to_grader(Student(), video)
    with pytest.raises(AssertionError, match=f"in what a teacher gets, seen a private key in {SITE}{VIDEO_PAGE}"):
        credentials.expect_untold_to_grader(Student(**{VIDEO_PAGE: PEM}), video)
