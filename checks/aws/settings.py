"""A setting of the AWS account beside the one that was decided."""

from __future__ import annotations


def expect_equal(what: str, seen: object, wanted: object) -> None:
    if seen != wanted:
        raise AssertionError(f"expected {what} to be {_shown(wanted)}, seen {_shown(seen)}")


def _shown(value: object) -> str:
    if value is None:
        return "none"
    return ", ".join(map(str, value)) or "none" if isinstance(value, list) else str(value) or "empty"


def on_or_off(wanted: bool) -> str:
    return "Enabled" if wanted else "Disabled"
