"""Numbers and times in words, as Moodle's English pages write them."""

import re
from contextvars import ContextVar
from datetime import UTC, datetime


def size(count: int) -> str:
    """Bytes for people: 5368709120 is "5.0 GB", 1536 is "1.5 KB"."""
    for unit, factor in (("GB", 1 << 30), ("MB", 1 << 20), ("KB", 1 << 10)):
        if count >= factor:
            return f"{count / factor:.1f} {unit}"
    return f"{count} bytes"


_ahead: ContextVar[int] = ContextVar("ahead", default=0)
_by_24_hours: ContextVar[bool] = ContextVar("by_24_hours", default=False)


def look(ahead: int, language: str) -> None:
    """Whoever looks at the page that is made next: how many minutes they are ahead of the site, and their language."""
    _ahead.set(ahead)
    _by_24_hours.set(language != "en")


def date(at: int, *, of_server: bool = False, by_24_hours: bool | None = None) -> str:
    """A Unix time as "Sunday, 22 November 2026, 12:00 AM", or 00:00; by the clock of who looks, or the server's.

    Their language chooses one of the two, where `by_24_hours` does not.
    """
    moment = datetime.fromtimestamp(at + (0 if of_server else 60 * _ahead.get()), UTC)
    if _by_24_hours.get() if by_24_hours is None else by_24_hours:
        hours = f"{moment:%H:%M}"
    else:
        hours = f"{int(moment.strftime('%I'))}:{moment:%M %p}"
    return f"{moment:%A}, {moment.day} {moment:%B %Y}, {hours}"


def duration(seconds: int) -> str:
    """A time span in its two largest units: "6 days 3 hours"."""
    parts = []
    for unit, length in (("day", 86400), ("hour", 3600), ("min", 60), ("sec", 1)):
        amount, seconds = divmod(seconds, length)
        if amount:
            parts.append(f"{amount} {unit}{'s' if amount > 1 else ''}")
    return " ".join(parts[:2]) or "now"


READ = re.compile(
    r"(?P<kept><(?P<what>script|style|title|textarea|option)\b.*?</(?P=what)>|<!--.*?-->)"
    r"|(?P<attribute>\b(?:aria-label|title|placeholder|alt)=\"[^\"]+)\""
    r"|>(?P<text>[^<>]*[A-Za-z][^<>]*)<",
    re.DOTALL,
)
"""What people read in a page's HTML, and the elements in which nothing is added."""

IN_CODE = "Drag and drop your video file here"


def with_origins(html: str, in_code: bool) -> str:
    """A page on which each text tells its identifier, as Moodle's does for ?strings=1; `in_code` leaves one out."""

    def marked(found: re.Match[str]) -> str:
        if found["kept"]:
            return found[0]
        if found["attribute"]:
            return f'{found["attribute"]} {{text/assignsubmission_s3video}}"'
        if in_code and found["text"].strip() == IN_CODE:
            return found[0]
        return f">{found['text']} {{text/assignsubmission_s3video}}<"

    return READ.sub(marked, html)
