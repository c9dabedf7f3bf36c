"""Moodle's forms as data; templates/form.html draws them with Moodle's ids, names and classes."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from replica.moodle.state import midnight, token
from replica.moodle.web import Web

Options = list[tuple[str, str]]
YES_NO: Options = [("0", "No"), ("1", "Yes")]
_MONTHS = [date(2000, month, 1).strftime("%B") for month in range(1, 13)]


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
        moment = datetime.fromtimestamp(self.value or midnight(), UTC)
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

    def field(self, name: str) -> Field:
        return next(f for f in self.fields if f.name == name)

    def submitted(self, web: Web) -> bool:
        """Whether this request sends the form; if so its fields take the values sent."""
        if not (web.posted and web.has(self.marker)):
            return False
        web.require_sesskey()
        for f in self.fields:
            if f.kind == "static":
                continue
            if f.kind == "date":
                f.value = _read_date(web, f)
            elif f.kind == "checkbox":
                f.value = int(web.param(f.name, "0") == "1")
            else:
                f.value = web.param(f.name, str(f.value))
        return True


def _read_date(web: Web, field: Field) -> int:
    if field.optional and web.param(f"{field.name}[enabled]", "0") != "1":
        return 0
    parts = {part: web.number(f"{field.name}[{part}]", 0) for part in ("year", "month", "day", "hour", "minute")}
    try:
        return int(datetime(**parts, tzinfo=UTC).timestamp())
    except ValueError:
        return 0
