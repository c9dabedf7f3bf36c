"""Video files for the tests: small committed clips, and grown, large, converted and odd files made from them."""

from media.clip import MP4, WATCHED_BYTES, WEBM, Clip, digest, named, oversized, padded, plays_h264
from media.mark import MARKS
from media.odd import OddFile, odd_files
from media.phone import PhoneVideo, phone_videos
from media.remux import in_container, large, marked, with_index_at_end

__all__ = [
    "MARKS",
    "MP4",
    "WATCHED_BYTES",
    "WEBM",
    "Clip",
    "OddFile",
    "PhoneVideo",
    "digest",
    "in_container",
    "large",
    "marked",
    "named",
    "odd_files",
    "oversized",
    "padded",
    "phone_videos",
    "plays_h264",
    "with_index_at_end",
]
