"""The catalogue of faults is complete: each is described, takes effect somewhere, and is no skeleton any more."""

from dataclasses import astuple

import pytest

from replica.faults import CATALOGUE, Fault
from runner.configuration.replica import CHECKOUT
from selftest.new_check import TO_BE_WRITTEN

SOURCES = "".join(
    path.read_text(encoding="utf-8")
    for path in (CHECKOUT / "replica").rglob("*")
    if path.suffix in (".py", ".js", ".html") and path.name != "faults.py"
)


@pytest.mark.parametrize("fault", CATALOGUE.values(), ids=CATALOGUE.keys())
def test_every_fault_is_described_and_takes_effect(fault: Fault) -> None:
    assert all(text.strip() for text in astuple(fault))
    assert f'"{fault.name}"' in SOURCES, f'nothing in replica/ asks for faults.on("{fault.name}")'


def test_nothing_is_left_to_be_written() -> None:
    files = [CHECKOUT / "replica/faults.toml", *(CHECKOUT / "tests").rglob("*.py"), *(CHECKOUT / "pages").rglob("*.py")]
    left = [
        f"{file.relative_to(CHECKOUT)}:{number}"
        for file in files
        for number, text in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1)
        if TO_BE_WRITTEN in text
    ]
    assert left == [], "make new-check wrote a skeleton there: fill it in"
