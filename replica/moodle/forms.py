"""Moodle's forms as data; templates/form.html draws them with Moodle's ids, names and classes."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from replica.moodle.state import token

Options = list[tuple[str, str]]
YES_NO: Options = [("0", "No"), ("1", "Yes")]
_MONTHS = "January February March April May June July August September October November December".split()


@dataclass
class Field:
    """One row: kind is text, password, textarea, checkbox, select, date, static or html."""

    name: str
    label: str
    kind: str = "text"
    value: Any = ""
    options: Options = field(default_factory=list)
    required: bool = False
    optional: bool = False
    error: str = ""
    note: str = ""

    @property
    def id(self) -> str:
        return "id_" + self.name.removesuffix("[text]")

    @property
    def parts(self) -> list[tuple[str, Options, str]]:
        """The selects of a date: (part, options, chosen)."""
        moment = datetime.fromtimestamp(self.value or _soon(), UTC)
        return [
            ("day", [(str(n), str(n)) for n in range(1, 32)], str(moment.day)),
            ("month", [(str(n), name) for n, name in enumerate(_MONTHS, 1)], str(moment.month)),
            ("year", [(str(n), str(n)) for n in range(1900, 2051)], str(moment.year)),
            ("hour", [(str(n), f"{n:02}") for n in range(24)], str(moment.hour)),
            ("minute", [(str(n), f"{n:02}") for n in range(60)], str(moment.minute)),
        ]


@dataclass
class Form:
    """A whole form. `buttons` are (name, label, class); `identity` is the hidden marker that says it was submitted."""

    action: str
    identity: str
    fields: list[Field]
    hidden: dict[str, Any] = field(default_factory=dict)
    buttons: list[tuple[str, str, str]] = field(default_factory=lambda: [("submitbutton", "Save changes", "primary")])
    legend: str = "General"
    id: str = field(default_factory=lambda: f"mform1_{token(15)}")

    @property
    def marker(self) -> str:
        return f"_qf__{self.identity}"

    @property
    def failed(self) -> bool:
        return any(f.error for f in self.fields)


def _soon() -> int:
    return int(datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0).timestamp())


def read_date(web: Any, name: str, optional: bool = True) -> int:
    """The Unix time that the selects of a date say; 0 when it is switched off or impossible."""
    if optional and web.param(f"{name}[enabled]", "0") != "1":
        return 0
    parts = {part: web.number(f"{name}[{part}]", 0) for part in ("year", "month", "day", "hour", "minute")}
    try:
        return int(datetime(**parts, tzinfo=UTC).timestamp())
    except ValueError:
        return 0
