"""Where a version of Moodle has its pages from: its own folder, that of a version it is drawn as, or 4.5."""

from dataclasses import replace
from types import MappingProxyType

import pytest

from replica import versions
from replica.versions import VERSIONS, Moodle

DRAWN_ANEW = [file.name for file in (versions.TEMPLATES / "5.1").iterdir()]


def next_after(version: Moodle, name: str) -> Moodle:
    return replace(version, name=name, drawn_as=version.name)


@pytest.mark.parametrize("template", DRAWN_ANEW)
def test_a_new_version_is_drawn_as_the_one_before(template: str, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = VERSIONS["5.1"].template(template)
    newer = next_after(VERSIONS["5.1"], "98.0")
    monkeypatch.setattr(versions, "VERSIONS", MappingProxyType({**VERSIONS, newer.name: newer}))
    assert drawn
    assert newer.template(template) == next_after(newer, "99.0").template(template) == drawn


def test_what_no_folder_has_is_that_of_4_5() -> None:
    newer = next_after(VERSIONS["5.1"], "98.0")
    assert newer.template("course.html") == VERSIONS["5.1"].template("course.html")
    assert newer.template("no-such-page.html") is None
