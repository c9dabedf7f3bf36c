"""What the audit of step 4.4 takes for a finding: direct access, bent queries, markup, a limit, cookies and HTTPS."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
import requests

from checks import rate_limits
from checks.direct_access import Folder, expect_not_served, expect_refused, expect_silent
from checks.https import Addresses, Https
from checks.rate_limits import RateLimit, expect_free, expect_lowered
from checks.sql_injection import PageParameters, expect_keys_literal
from checks.xss import NAME, ON_ITS_WAY, expect_page_shows_as_text, expect_shown_as_text
from clients.addresses import DASHBOARD, MANAGE_VIDEOS
from clients.errors import NotCheckable
from clients.http_result import HttpResult
from selftest.unit.visitors import REFUSED, SITE, FakeSite, FakeWire, answer, rendered, response, video_in

ROW = "<td>videos/7/1764_0a1b2c3d/clip.mp4</td>"
LIST = MANAGE_VIDEOS


class Asked(FakeSite):
    """A site that answers by what stands in the parameters of a request."""

    def __init__(self, **answers: object) -> None:
        super().__init__()
        self.session = self.wire = FakeWire(lambda path: response("", 200, path, {}))
        self._answers = answers

    def get(self, path: str, **params: Any) -> requests.Response:
        asked = " ".join(map(str, params.values()))
        found = (body for part, body in self._answers.items() if part in asked)
        return response(next(found, ""), 200, path, {})


def test_a_parameter_that_is_taken_as_it_is() -> None:
    assert PageParameters(Asked(**{"1": ROW})).expect_literal(DASHBOARD, 7) == ["range"]
    assert "search" in PageParameters(Asked()).expect_literal(LIST, 7)


def test_others_upload_meanwhile() -> None:
    class Busy(Asked):
        def get(self, path: str, **params: Any) -> requests.Response:
            self.looks = getattr(self, "looks", 0) + 1
            return response(ROW if self.looks > 1 else "", 200, path, {})

    assert PageParameters(Busy()).expect_literal(DASHBOARD, 7) == ["range"]


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ({"OR 1=1": ROW}, "courseid=2147483646 OR 1=1 to find what 2147483646 finds, 0 videos, seen 1 video"),
        ({"'1'='1": ROW}, "status=nosuchthing' OR '1'='1 to find what nosuchthing finds"),
        ({"thing\\": "Error reading from database"}, r"status=nosuchthing\\ .*seen an error of the database"),
    ],
)
def test_a_parameter_that_bends_a_query(answers: dict[str, object], said: str) -> None:
    with pytest.raises(AssertionError, match=said):
        PageParameters(Asked(**answers)).expect_literal(LIST, 7)


def test_a_parameter_that_is_shown_as_text_or_becomes_markup() -> None:
    assert "search" in PageParameters(Asked(**{NAME: NAME.replace("<", "&lt;")})).expect_text(LIST, 7)
    with pytest.raises(AssertionError, match="to show the parameter courseid as text, seen it become <img>"):
        PageParameters(Asked(**{NAME: f"<p>No videos: {NAME}</p>"})).expect_text(LIST, 7)


class Uploads(FakeSite):
    """Confirms what it is asked to where `confirms` says so, and answers in JSON to whatever else."""

    def __init__(self, confirms: Callable[[str], bool], refusal: str = "No such upload.") -> None:
        super().__init__(body={"success": False, "error": refusal})
        self._confirms = confirms

    def post(self, path: str, data: Mapping[str, object], **params: Any) -> requests.Response:
        if self._confirms(str(data.get("s3_key", ""))):
            return response({"success": True, "data": {}}, 200, path, {})
        return response(self.wire.get(f"{SITE}{path}").json(), 200, path, {})


def test_a_key_that_bends_a_query(tmp_path: Path) -> None:
    video = video_in(tmp_path)
    assert "s3_key of a confirmation" in expect_keys_literal(Uploads(lambda key: False), video)
    with pytest.raises(
        AssertionError, match=r"confirmation=nosuchthing' OR '1'='1 to be answered as nosuchthing is, “No"
    ):
        expect_keys_literal(Uploads(lambda key: "'1'='1" in key), video)
    with pytest.raises(AssertionError, match="seen an error of the database: reading from database"):
        expect_keys_literal(Uploads(lambda key: False, "Error reading from database"), video)


def test_a_page_that_does_not_open() -> None:
    with pytest.raises(NotCheckable, match=r"dashboard.php does not open: You have no permission"):
        PageParameters(Asked(**{"1": REFUSED})).expect_literal(DASHBOARD, 7)
    with pytest.raises(NotCheckable, match=r"dashboard.php does not open: You have no permission"):
        PageParameters(Asked(**{NAME: REFUSED})).expect_text(DASHBOARD, 7)
    with pytest.raises(NotCheckable, match="the dashboard does not open"):
        expect_page_shows_as_text(rendered(""), "the dashboard")
    for page in ("<p>Videos</p>", "<div id=notice>Are you sure?</div>"):
        expect_page_shows_as_text(replace(answer(page), rendered=page), "the list, and what it asks")


@pytest.mark.parametrize("body", ["", REFUSED], ids=["nothing", "a refusal"])
def test_files_that_say_nothing_to_who_asks_for_them(body: str) -> None:
    expect_silent(FakeSite(body=body), Folder().scripts)


@pytest.mark.parametrize("said", ["Fatal error: in /var/www/lib.php", "<h2>S3 Video Dashboard</h2>"])
def test_files_and_pages_that_tell_something(said: str) -> None:
    with pytest.raises(AssertionError, match=r"lib\.php to tell nobody anything, seen (Fatal|S3 Video)"):
        expect_silent(FakeSite(body=said), Folder().scripts)


def test_pages_of_administrators() -> None:
    assert len(expect_refused(FakeSite(body=REFUSED), "a student")) == 2
    with pytest.raises(AssertionError, match=r"a student to be refused, seen .*dashboard.php"):
        expect_refused(FakeSite(body=ROW), "a student")


@pytest.mark.parametrize(
    ("html", "made"),
    [
        (NAME.replace("<", "&lt;"), ""),
        (f'<input value="{NAME.replace(chr(34), "&quot;")}">', ""),
        (NAME, "<img>"),
        (f'<input value="{NAME}">', "<img>"),
        ("<script>name = 's3videoHarm'</script>", "<script>"),
        (f'<span title="{ON_ITS_WAY.replace(chr(34), "&quot;")}">7 MB</span>', ""),
        (f'<span title="{ON_ITS_WAY}">7 MB</span>', "onmouseover of <span>"),
    ],
)
def test_a_name_that_is_markup(html: str, made: str) -> None:
    if not made:
        expect_shown_as_text(html, "the list")
        return
    with pytest.raises(AssertionError, match=f"the list to show the file's name as text, seen it become {made}"):
        expect_shown_as_text(html, "the list")


def limited(*answers: object, limit: int = 2) -> RateLimit:
    said = iter(answers)
    return RateLimit("upload URL", "upload_rate_limit", str(limit), lambda: cast(Any, next(said)))


def test_a_file_that_is_served_and_one_that_is_refused() -> None:
    expect_not_served(FakeSite(body=REFUSED), ["README.md"])
    expect_not_served(FakeSite(body="<html><title>Log in</title><body id=x></body>"), ["README.md"])
    with pytest.raises(AssertionError, match=r"no internal files, or .*, seen these given to anybody: README\.md"):
        expect_not_served(FakeSite(body="# The plugin"), ["README.md"])


@pytest.mark.parametrize("kind", ["folder", "ZIP"])
def test_a_release_brings_its_own_list_of_files(tmp_path: Path, kind: str) -> None:
    names = ["lib.php", "classes/deep/one.php", "PENTEST_2026.md", "docs/manual.md", "styles.css", ".gitignore"]
    release = tmp_path / "s3video"
    for name in names:
        (release / name).parent.mkdir(parents=True, exist_ok=True)
        (release / name).write_text("x")
    if kind == "ZIP":
        release = Path(shutil.make_archive(str(tmp_path / "release"), "zip", tmp_path, "s3video"))
    files = Folder.with_release(release)
    assert "classes/deep/one.php" in files.scripts
    assert {"PENTEST_2026.md", ".gitignore", ".git/HEAD"} <= set(files.inside)
    assert {"docs/manual.md", "README.md"} <= set(files.documents)
    assert "styles.css" not in (*files.scripts, *files.inside, *files.documents)
    (tmp_path / "text.zip").write_text("no archive")
    with pytest.raises(NotCheckable, match=r"text\.zip, is no folder and no ZIP file"):
        Folder.with_release(tmp_path / "text.zip")


def to_a_request(data: dict[str, object]) -> Any:
    return SimpleNamespace(data=data, succeeded=bool(data["success"]), seen=data.get("error"))


YES, NO = (
    to_a_request({"success": True}),
    to_a_request({"success": False, "error": "Too many requests.", "guidance": "Wait."}),
)


def test_a_limit_is_one_for_all_sessions_of_a_person() -> None:
    limit = limited(YES, YES, NO)
    limit.expect_reached()
    limit.expect_in_every_session(lambda: NO)
    with pytest.raises(AssertionError, match="to be refused in every session of one person, seen it given in another"):
        limit.expect_in_every_session(lambda: YES)


def test_a_limit_that_is_lowered_is_in_force() -> None:
    def asked(*answers: object) -> Callable[[], Any]:
        said = iter(answers)
        return lambda: next(said)

    expect_free("upload URL", asked(YES))
    assert expect_lowered("upload URL", 2, asked(YES, NO)) == NO.data["error"]
    assert expect_lowered("upload URL", 2, asked(YES, YES, NO)) == NO.data["error"]
    with pytest.raises(AssertionError, match="the upload URL after 2 within a minute to be refused, as the settings"):
        expect_lowered("upload URL", 2, asked(YES, YES, YES))
    with pytest.raises(NotCheckable, match="the upload URL is refused before its limit is lowered"):
        expect_free("upload URL", asked(NO))


def test_a_limit_that_is_in_force() -> None:
    assert limited(YES, YES, NO).expect_reached() == "Too many requests. Wait."
    with pytest.raises(
        AssertionError, match="expected 2 upload URLs within a minute, seen a refusal after 1: Too many"
    ):
        limited(YES, NO).expect_reached()
    with pytest.raises(AssertionError, match="the upload URL after 2 within a minute to be refused, seen it given"):
        limited(YES, YES, YES).expect_reached()
    with pytest.raises(NotCheckable, match="upload_rate_limit is 1000: to reach it would be load"):
        limited(limit=1000)


def test_a_limit_that_lifts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("checks.rate_limits.MINUTE", -rate_limits.CLOCKS)
    soon, never = limited(YES, YES, NO, NO, YES), limited(YES, YES, NO, NO, NO)
    for limit in (soon, never):
        limit.expect_reached()
    rate_limits.expect_lifted([soon])
    with pytest.raises(AssertionError, match="the next upload URL a minute later, seen a refusal: Too many requests"):
        rate_limits.expect_lifted([never])
    with pytest.raises(NotCheckable, match="no limit was reached"):
        rate_limits.expect_lifted([limited()])


def on(plain: str = "http://lms.example.edu", **headers: str) -> Https:
    site = FakeSite()
    site.session = site.wire = FakeWire(lambda path: response("", 200, path, headers))
    site.session.cookies.set("MoodleSessionx", "abc", secure=True, rest={"HttpOnly": None})
    return Https(site, plain, 1)


def plainly(monkeypatch: pytest.MonkeyPatch, status: int, **headers: str) -> None:
    monkeypatch.setattr(requests, "get", lambda url, **_: response("", status, "/", headers))


def test_a_site_by_https_only(monkeypatch: pytest.MonkeyPatch) -> None:
    plainly(monkeypatch, 301, Location="https://lms.example.edu/")
    assert on().expect_enforced() == "leads to https://lms.example.edu/"
    assert on(**{"Strict-Transport-Security": "max-age=63072000; preload"}).expect_strict() == 63072000
    assert on().expect_secure_cookies() == ["MoodleSessionx"]
    on().expect_hidden_session()


def test_a_port_at_which_nothing_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    def silent(*_: object, **__: object) -> None:
        raise requests.ConnectionError

    monkeypatch.setattr(requests, "get", silent)
    assert on().expect_enforced() == "nothing answers"
    plainly(monkeypatch, 502)
    assert on().expect_enforced() == "nothing answers: status 502 (Bad Gateway)", "as a proxy says it"


def test_a_site_without_tls_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    plainly(monkeypatch, 200)
    with pytest.raises(AssertionError, match=r"expected http://\S+ to lead to https, seen status 200"):
        on().expect_enforced()
    plainly(monkeypatch, 302, Location="http://lms.example.edu/my/")
    with pytest.raises(AssertionError, match=r"seen status 302 \(Found\) to http://lms"):
        on().expect_enforced()
    with pytest.raises(NotCheckable, match="plain_url"):
        on(plain="").expect_enforced()


@pytest.mark.parametrize("said", ["", "max-age=0"])
def test_browsers_that_are_not_told(said: str) -> None:
    with pytest.raises(AssertionError, match=f"with a max-age, seen {said or 'no such header'}"):
        on(**({"Strict-Transport-Security": said} if said else {})).expect_strict()


def test_cookies_that_are_open() -> None:
    open_ = on()
    open_._site.session.cookies.set("MoodleSession", "abc", rest={})
    with pytest.raises(AssertionError, match="to be Secure, seen MoodleSession without it"):
        open_.expect_secure_cookies()
    with pytest.raises(AssertionError, match="to be HttpOnly, seen MoodleSession without it"):
        open_.expect_hidden_session()
    open_._site.session.cookies.clear()
    with pytest.raises(AssertionError, match="expected a cookie MoodleSession, seen none"):
        open_.expect_hidden_session()


def given(text: str, kind: str = "text/html", **headers: str) -> HttpResult:
    said = {"Content-Type": kind, **headers}
    return HttpResult(status=200, hops=["https://lms"], headers=[said], body=text.encode(), text=text)


PLAIN_ONES = {
    "JSON of the plugin": given('{"success": true, "data": {"url": "http:\\/\\/any.example"}}', "application/json"),
    "a link in a page": given('<a href="http://lms.example.edu/mod">Watch</a>'),
    "a script in a page": given("<script>let at = 'http://d1.cloudfront.example/videos/1'</script>"),
    "a video in a page": given("<video><source src='http://elsewhere.example/a.mp4'></video>"),
    "a redirect": given("", Location="http://lms.example.edu/x"),
}
OURS = Addresses(("https://lms.example.edu:8443/moodle", "d1.cloudfront.example"))


@pytest.mark.parametrize("what", PLAIN_ONES)
def test_an_address_without_tls(what: str) -> None:
    with pytest.raises(AssertionError, match=rf"by https, seen http://\S+ in {what}"):
        OURS.expect_https({what: PLAIN_ONES[what]})


def test_addresses_of_others_are_theirs() -> None:
    page = '<svg xmlns="http://www.w3.org/2000/svg"></svg><a href="http://moodle.example">Moodle</a>'
    json = '{"success": true, "data": {"url": "https://any.example"}}'
    answers = {
        "a page": given(page),
        "JSON": given(json, "application/json"),
        "a link": given("<p>https://lms.example.edu</p>"),
    }
    assert OURS.expect_https(answers) == [*answers]
