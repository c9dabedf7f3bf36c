"""What Moodle's page Environment says of the server, as 4.5.6 draws it, and what of it is a finding."""

from typing import Any

import pytest
from bs4 import BeautifulSoup

from checks.server import Server
from clients.errors import NotCheckable

ROW = (
    "<tr><td class='name cell c0'>{}</td><td class='info cell c1'>{}</td><td class='report cell c2'><div><a href='#'>{}"
    "</a></div></td><td class='plugin cell c3'></td><td class='status cell c4'><span class='badge {}'>OK</span></td>"
    "</tr>"
)


def server(*rows: tuple[str, str, str, str]) -> Server:
    class Site:
        def open(self, step: str, path: str, **_: Any) -> BeautifulSoup:
            table = "<table class='admintable environmenttable'><tbody>{}</tbody></table>"
            drawn = table.format("".join(ROW.format(*row) for row in rows)) if rows else "<p>Nothing</p>"
            return BeautifulSoup(f"<body>{drawn}</body>", "lxml")

    return Server(Site())  # type: ignore[arg-type]


def runs(version: str) -> Server:
    return server(("php", "", f"version 8.1.0 is required and you are running {version}", "bg-success"))


def test_a_version() -> None:
    assert runs("8.2.29").expect_version("php", "PHP", "7.4") == "8.2.29"
    assert runs("10.0").expect_version("php", "PHP", "7.4") == "10.0"
    moodle = server(
        ("moodle", "", "version 4.1.2 is required and you are running 4.5.6 (Build: 20250811)", "bg-success")
    )
    assert moodle.expect_version("moodle", "Moodle", "3.9") == "4.5.6"
    with pytest.raises(AssertionError, match=r"expected PHP 7\.4 or higher, seen 7\.3\.33"):
        runs("7.3.33").expect_version("php", "PHP", "7.4")


def test_what_the_page_does_not_say() -> None:
    with pytest.raises(NotCheckable, match="does not say which PHP runs, seen “unknown”"):
        server(("php", "", "unknown", "bg-success")).expect_version("php", "PHP", "7.4")
    with pytest.raises(NotCheckable, match="does not name php_extension curl"):
        runs("8.2").expect_extension("curl")
    with pytest.raises(AssertionError, match="expected the table of the page"):
        server()


@pytest.mark.parametrize("good", ["bg-success text-white", "badge-success"])
def test_an_extension(good: str) -> None:
    server(("php_extension", "curl", "must be installed and enabled", good)).expect_extension("curl")
    with pytest.raises(AssertionError, match="expected PHP's extension curl to be installed"):
        server(("php_extension", "curl", "must be installed and enabled", "bg-danger")).expect_extension("curl")
