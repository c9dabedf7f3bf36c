"""Prerequisites: what the server runs, as Moodle tells its administrator."""

import pytest

from checks.server import Server
from runner.pytest_plugin.lines import Lines
from runner.reservation.workspace import Workspace

pytestmark = pytest.mark.production


@pytest.mark.lines("P.1.1", "P.1.2", "P.1.4", "P.1.5", "P.1.6", "P.1.7", "P.3.1")
def test_prerequisites(workspace: Workspace, once: Lines) -> None:
    """An administrator looks at Site administration > Server > Environment."""
    workspace.site.log_in_again()
    with once("P.3.1", "The administrator's account opens Site administration", blocks=True):
        server = Server(workspace.site)
    with once("P.1.1", "Moodle is 3.9 or higher") as evidence:
        evidence["version"] = server.expect_version("moodle", "Moodle", "3.9")
    with once("P.1.2", "PHP is 7.4 or higher") as evidence:
        evidence["version"] = server.expect_version("php", "PHP", "7.4")
    for line, name in (("P.1.4", "curl"), ("P.1.5", "openssl"), ("P.1.6", "json"), ("P.1.7", "mbstring")):
        with once(line, f"PHP has the extension {name}"):
            server.expect_extension(name)
