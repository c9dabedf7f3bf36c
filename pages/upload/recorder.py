"""The recorder's functions, as the browser takes them."""

from pages.script import scripts

_SCRIPTS = scripts(__file__)

RECORD = _SCRIPTS["record"]
RECORDED = _SCRIPTS["recorded"]
SAID = _SCRIPTS["said"]
SPOIL = _SCRIPTS["spoil"]
WARNS = _SCRIPTS["warns"]
