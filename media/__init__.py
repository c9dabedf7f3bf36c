"""Video files for the tests: small committed clips, and grown, large, converted and odd files made from them."""

from media.clip import MP4, WATCHED_BYTES, WEBM, Clip, choose, digest, oversized, padded
from media.odd import OddFile, odd_files
from media.remux import in_container, large, with_index_at_end

__all__ = [
    "MP4",
    "WATCHED_BYTES",
    "WEBM",
    "Clip",
    "OddFile",
    "choose",
    "digest",
    "in_container",
    "large",
    "odd_files",
    "oversized",
    "padded",
    "with_index_at_end",
]
