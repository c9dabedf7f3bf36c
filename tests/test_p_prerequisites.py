"""Prerequisites: what the server runs, as Moodle tells its administrator."""

import pytest

from checks.server import Server
from checks.server_files import expect_composer, expect_room, expect_site
from clients.server.host import Host
from runner.configuration.environment import Environment
from runner.pytest_plugin.lines import Lines
from runner.reservation.workspace import Workspace

pytestmark = pytest.mark.production


@pytest.mark.lines("P.1.1", "P.1.2", "P.1.4", "P.1.5", "P.1.6", "P.1.7", "P.3.1")
def test_prerequisites(workspace: Workspace, line: Lines) -> None:
    """An administrator looks at Site administration > Server > Environment."""
    workspace.site.log_in_again()
    with line("P.3.1", "The administrator's account opens Site administration", blocks=True):
        server = Server(workspace.site)
    with line("P.1.1", "Moodle is 3.9 or higher") as evidence:
        evidence["version"] = server.expect_version("moodle", "Moodle", "3.9")
    with line("P.1.2", "PHP is 7.4 or higher") as evidence:
        evidence["version"] = server.expect_version("php", "PHP", "7.4")
    for box, name in (("P.1.4", "curl"), ("P.1.5", "openssl"), ("P.1.6", "json"), ("P.1.7", "mbstring")):
        with line(box, f"PHP has the extension {name}"):
            server.expect_extension(name)


@pytest.mark.lines("P.3.2")
def test_server_access(any_host: Host, environment: Environment, line: Lines) -> None:
    """Whoever installs the plugin logs in to the server."""
    with line("P.3.2", "The shell leads to this site's Moodle, and PHP there reads its config.php") as evidence:
        evidence["server"] = expect_site(any_host, environment.base_url)


@pytest.mark.lines("P.1.8", "P.1.10")
def test_server_prerequisites(host: Host, line: Lines) -> None:
    """The server has what the installation takes."""
    with line("P.1.8", "The server has Composer") as evidence:
        evidence["path"] = expect_composer(host)
    with line("P.1.10", "The server's disk has room for the plugin's files") as evidence:
        evidence["MiB"] = expect_room(host) // 1024**2
