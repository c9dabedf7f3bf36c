"""What is typed on a site goes to the site's own origin only: passwords, session keys, forms."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from clients.errors import ConfigurationError, LoginRefused
from clients.moodle.client import MoodleClient

PASSWORD = "Right-Horse-7-Battery"

LOG_IN = """<html><body><form id="login" method="post" action="{action}">
<input name="logintoken" type="hidden" value="t"><input id="username" name="username">
<input id="password" name="password" type="password"></form></body></html>"""


class Host:
    """A server on loopback that keeps the bodies it was sent."""

    def __init__(self) -> None:
        self.bodies: list[str] = []
        self.action = "/login/index.php"
        self.redirect = ""
        self.url = ""

    @contextmanager
    def serving(self) -> Iterator["Host"]:
        host = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = LOG_IN.format(action=host.action).encode()
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
