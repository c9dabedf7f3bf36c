"""What access a line takes, as docs/coverage.md counts it."""

import pytest

from checklist.lines import LINES, Kind
from selftest.proof.coverage import by_access
from selftest.proof.reach import accesses


@pytest.mark.parametrize(
    ("line", "taken"),
    [
        ("2.7.15", set()),
        ("2.12.4", set()),
        ("2.14.3", set()),
        ("1.1.7", {"`[audit]`"}),
        ("3.11.6", {"`[audit]`", "`[monitoring]`"}),
        ("4.5.1", {"`[audit]`", "`[monitoring]`"}),
        ("1.5.11", {"`[local]`"}),
        ("3.11.1", {"`[server]`"}),
        ("2.2.6", {"`[server]`"}),
        ("3.3.4", {"`[server]`", "`[decided] release`"}),
        ("3.7.2", {"`smoke = true`"}),
        ("3.7.5", {"`smoke = true`", "`[server]`"}),
        ("4.1.4", {"`test_site = false`"}),
        ("1.1.3", {"`[audit]`"}),
    ],
)
def test_a_line_takes(line: str, taken: set[str]) -> None:
    assert accesses()[line] == taken


def test_every_box_that_is_not_for_people_is_counted_once() -> None:
    kinds = [line.kind for line in LINES.values() if not line.id.startswith("X.")]
    assert sum(judged for _, judged, _ in by_access()) == kinds.count(Kind.JUDGED)
    assert sum(follows for _, _, follows in by_access()) == kinds.count(Kind.FOLLOWS)
