"""What counts as a video: by name, declared type, size, and by the first bytes of what was stored."""

import re
import unicodedata

from replica.faults import Faults
from replica.moodle import texts
from replica.moodle.storage import MAX_SIZE

TYPES = {
    "mp4": "video/mp4",
    "mov": "video/quicktime",
    "avi": "video/x-msvideo",
    "mkv": "video/x-matroska",
    "webm": "video/webm",
    "mpeg": "video/mpeg",
    "mpg": "video/mpeg",
    "ogv": "video/ogg",
    "3gp": "video/3gpp",
    "flv": "video/x-flv",
}
MAX_NAME = 255
_ISO_BOXES = {b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"}


def problem(filename: str, size: int, mime_type: str, faults: Faults) -> str:
    """Why a file may not be uploaded, in words for a student; empty when it may."""
    if faults.on("size-overflow-4-gib"):
        size &= 2**32 - 1
    extension = filename.rpartition(".")[2] if "." in filename else ""
    if not faults.on("extension-in-capitals-refused"):
        extension = extension.lower()
    limit = f"{texts.size(MAX_SIZE)} ({MAX_SIZE:,} bytes)"
    rules = [
        (size >= 2**20 or not faults.on("small-files-refused"), "The file is too small to be a video."),
        (filename.strip(), "The file has no name."),
        (filename.isascii() or not faults.on("name-characters-refused"), "Use plain letters for the file's name."),
        (
            len(filename) <= MAX_NAME or faults.on("long-name-accepted"),
            f"The file name is too long: {len(filename)} characters, at most {MAX_NAME} are allowed.",
        ),
        (
            extension in TYPES or faults.on("type-checked-in-browser-only") or faults.on("type-by-mime-only"),
            f"This file type is not supported. Choose a video file: {', '.join(TYPES)}.",
        ),
        (
            re.fullmatch(r"video/[\w.+-]+", mime_type)
            or faults.on("type-checked-in-browser-only")
            or faults.on("type-by-extension-only"),
            "Invalid data provided. Please check your input and try again.",
        ),
        (
            size > 0
            or (size == 0 and faults.on("empty-file-accepted"))
            or (size < 0 and faults.on("size-negative-accepted")),
            "The file is empty. Choose another file.",
        ),
        (
            size <= MAX_SIZE or faults.on("size-checked-in-browser-only"),
            "[[error_large.mp4]]"
            if faults.on("size-refused-without-words")
            else f"The file is too large: it has {size:,} bytes, the maximum is {limit}.",
        ),
    ]
    return next((message for kept, message in rules if not kept), "")


def is_video(start: bytes) -> bool:
    """Whether the first bytes are those of a known container: MP4/MOV/3GP, AVI, Matroska/WebM, FLV, MPEG, Ogg."""
    return (
        start[4:8] in _ISO_BOXES
        or (start[:4] == b"RIFF" and start[8:12] == b"AVI ")
        or start[:4] in (b"\x1a\x45\xdf\xa3", b"OggS", b"\x00\x00\x01\xba", b"\x00\x00\x01\xb3")
        or start[:3] == b"FLV"
        or (start[:1] == b"\x47" and start[188:189] == b"\x47")
    )


NAMES_UNESCAPED = ("name-runs-in-list", "name-runs-in-grader", "name-runs-on-dashboard")
"""Faults by which a file keeps a name that is markup, and a page takes it for some."""


def safe_name(filename: str, faults: Faults) -> str:
    """The name under which a file is stored: as given, without what breaks paths, markup and headers."""
    if any(map(faults.on, NAMES_UNESCAPED)):
        return filename
    plain = unicodedata.normalize("NFC", filename)
    kept = "".join(
        c for c in plain if c not in "\\/&<>\"'`|?*:#%" and unicodedata.category(c) not in ("Cc", "Cf", "Cs")
    )
    stem, _, extension = kept.strip().rpartition(".")
    stem = stem.strip() or "video"
    while len(stem.encode()) > 180:
        stem = stem[:-1]
    return f"{stem}.{extension}"
