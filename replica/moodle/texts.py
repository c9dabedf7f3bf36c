"""Numbers and times in words, as Moodle's English pages write them."""

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
