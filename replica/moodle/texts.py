"""Numbers and times in words, as Moodle's English pages write them."""

import re
from datetime import UTC, datetime


def size(count: int) -> str:
    """Bytes for people: 5368709120 is "5.0 GB", 1536 is "1.5 KB"."""
    for unit, factor in (("GB", 1 << 30), ("MB", 1 << 20), ("KB", 1 << 10)):
        if count >= factor:
            return f"{count / factor:.1f} {unit}"
    return f"{count} bytes"


def date(at: int) -> str:
    """A Unix time as "Sunday, 22 November 2026, 12:00 AM", in the site's time zone (UTC)."""
    moment = datetime.fromtimestamp(at, UTC)
    return f"{moment:%A}, {moment.day} {moment:%B %Y}, {int(moment.strftime('%I'))}:{moment:%M %p}"


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
