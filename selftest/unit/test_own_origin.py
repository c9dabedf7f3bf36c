"""What is typed on a site goes to the site's own origin only: passwords, session keys, forms."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from clients import http
from clients.errors import ConfigurationError, LoginRefused
from clients.http import Session
from clients.moodle.client import MoodleClient

PASSWORD = "Right-Horse-7-Battery"

LOG_IN = """<html><head>{head}</head><body><form id="login" method="{method}" action="{action}">
<input name="logintoken" type="hidden" value="t"><input id="username" name="username">
<input id="password" name="password" type="password"></form></body></html>"""


class Host:
    """A server on loopback that keeps the bodies it was sent."""

    def __init__(self) -> None:
        self.bodies: list[str] = []
        self.asked: list[str] = []
        self.signed: list[str] = []
        self.action = "/login/index.php"
        self.method = "post"
        self.head = ""
        self.redirect = ""
        self.url = ""

    @contextmanager
    def serving(self) -> Iterator["Host"]:
        host = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                host.asked.append(self.path)
                host.signed.append(self.headers.get("Authorization", ""))
                body = LOG_IN.format(head=host.head, method=host.method, action=host.action).encode()
                self.send_response(200)
                self.send_header("Content-Type", "text/html")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_POST(self) -> None:
                host.bodies.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
                if not host.redirect:
                    return self.do_GET()
                self.send_response(int(host.redirect.split()[0]))
                self.send_header("Location", host.redirect.split()[1])
                self.send_header("Content-Length", "0")
                return self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                pass

        with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
            server.daemon_threads = True
            self.url = f"http://127.0.0.1:{server.server_port}"
            Thread(target=server.serve_forever, args=(0.01,)).start()
            yield self
            server.shutdown()


@pytest.fixture
def elsewhere() -> Iterator[Host]:
    with Host().serving() as host:
        yield host


@pytest.fixture
def home() -> Iterator[Host]:
    with Host().serving() as host:
        yield host


@pytest.fixture
def site(home: Host) -> MoodleClient:
    site = MoodleClient(home.url)
    site.session.trust_env = False
    return site


def test_a_log_in_form_that_posts_elsewhere_gets_no_password(home: Host, elsewhere: Host, site: MoodleClient) -> None:
    home.action = f"{elsewhere.url}/login/index.php"
    with pytest.raises(ConfigurationError, match=r"would send what is typed there to http://127.0.0.1:\d+\. Nothing"):
        site.login("admin", PASSWORD)
    assert elsewhere.bodies == []


@pytest.mark.parametrize("method", ["get", "GET", "dialog", ""])
def test_a_log_in_form_that_asks_in_an_address_gets_no_password(
    home: Host, elsewhere: Host, site: MoodleClient, method: str
) -> None:
    home.method, home.action = method, f"{elsewhere.url}/login/index.php"
    with pytest.raises(ConfigurationError, match=r"as a part of an address\. Nothing was sent"):
        site.login("admin", PASSWORD)
    assert elsewhere.asked == []
    assert not [asked for asked in home.asked if PASSWORD in asked]


def test_the_base_of_a_page_leads_no_password_elsewhere(home: Host, elsewhere: Host, site: MoodleClient) -> None:
    home.head, home.action = f'<base href="{elsewhere.url}/">', "login/index.php"
    with suppress(LoginRefused):
        site.login("admin", PASSWORD)
    assert (elsewhere.bodies, elsewhere.asked) == ([], [])


def test_the_log_in_of_the_web_server_is_for_the_site_alone(home: Host, elsewhere: Host, site: MoodleClient) -> None:
    site.session.auth = ("staging", PASSWORD)
    site.get("/")
    site.session.get(f"{elsewhere.url}/script.js")
    assert home.signed[0].startswith("Basic ")
    assert elsewhere.signed == [""]


@pytest.mark.parametrize("ask", [http.request, Session(True, 5).request], ids=["once", "session"])
def test_no_log_in_of_the_machine_s_user_is_sent(
    elsewhere: Host, home: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ask: Callable[..., object]
) -> None:
    (tmp_path / ".netrc").write_text("default login ada password Right-Horse-7-Battery\n", "utf-8")
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    home.redirect = f"303 {elsewhere.url}/script.js"
    ask("GET", f"{elsewhere.url}/script.js")
    ask("POST", f"{home.url}/", data="x")
    assert elsewhere.signed == ["", ""]


@pytest.mark.parametrize("status", [307, 308])
def test_no_redirect_takes_the_password_along(home: Host, elsewhere: Host, site: MoodleClient, status: int) -> None:
    home.redirect = f"{status} {elsewhere.url}/login/index.php"
    with pytest.raises(LoginRefused, match=f"the site answers {status}"):
        site.login("admin", PASSWORD)
    assert elsewhere.bodies == []


@pytest.mark.parametrize("status", [307, 308])
def test_no_redirect_takes_a_form_along(home: Host, elsewhere: Host, site: MoodleClient, status: int) -> None:
    home.redirect = f"{status} {elsewhere.url}/course/modedit.php"
    with pytest.raises(ConfigurationError, match="Nothing was sent"):
        site.post("/course/modedit.php", {"name": "Test", "sesskey": "k3y"})
    assert elsewhere.bodies == []


def test_a_form_of_the_site_itself_is_sent(home: Host, site: MoodleClient) -> None:
    site.post("/course/modedit.php", {"name": "Test", "sesskey": "k3y"})
    assert home.bodies == ["sesskey=k3y&name=Test"]
