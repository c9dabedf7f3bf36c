"""Files made when they are asked for: other containers, marked clips, and large videos that really play."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Literal

import av
from av.bitstream import BitStreamFilterContext
from filelock import FileLock
from platformdirs import user_cache_path

from media.clip import MP4, WEBM, Clip, grow
from media.film import FPS, H264, VP9, encode
from media.mark import boxes

SMALLEST_LARGE = 16 << 20
SOURCE_SECONDS = 8
SMALL_SECONDS = 20


@cache
def _recipe() -> str:
    files = sorted(Path(__file__).parent.glob("*.*"))
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


def cached(name: str, make: Callable[[Path], None]) -> Clip:
    """The file `name` of the user's cache folder, made anew if absent, damaged or of an older version of this code."""
    folder = user_cache_path("s3video-acceptance", ensure_exists=True)
    path, stamp, draft = folder / name, folder / f"{name}.sha256", folder / f"draft-{name}"
    with FileLock(folder / f"{name}.lock"):
        clip = Clip(path)
        if path.is_file() and stamp.is_file() and stamp.read_text() == f"{_recipe()} {clip.sha256}":
            return clip
        make(draft)
        stamp.write_text(f"{_recipe()} {Clip(draft).sha256}")
        draft.replace(path)
        return Clip(path)


def in_container(extension: Literal["mp4", "mov", "avi", "mkv", "webm"]) -> Clip:
    """The small clip as a file of that type, under 400 KB. Browsers play mp4 and webm; what else they play differs."""
    if extension in ("mp4", "webm"):
        return MP4 if extension == "mp4" else WEBM
    return cached(f"clip.{extension}", _convert)


def marked(clip: Clip, mark: int) -> Clip:
    """A clip like the small `clip`, MP4 or WebM, whose picture shows the number `mark`. Cached, under 500 KB."""
    suffix = clip.path.suffix
    codecs, options = {
        ".mp4": (H264, {"preset": "ultrafast"}),
        ".webm": (VP9, {"deadline": "realtime", "cpu-used": "8", "lag-in-frames": "0"}),
    }[suffix]

    def make(path: Path) -> None:
        encode(path, codecs, options | {"b": "90k"}, SMALL_SECONDS, "640x360", drawn=boxes(mark))

    return replace(cached(f"clip-{mark}{suffix}", make), mark=mark)


def _convert(path: Path) -> None:
    with av.open(MP4.path) as source, av.open(path, "w", container_options={"fflags": "+bitexact"}) as target:
        streams = [target.add_stream_from_template(stream) for stream in source.streams]
        start_codes = None
        if path.suffix == ".avi":
            # AVI has one slot a frame, and holds H.264 with start codes (its Annex B) where MP4 has lengths.
            streams[0].time_base = Fraction(1, FPS)
            start_codes = BitStreamFilterContext("h264_mp4toannexb", source.streams.video[0], streams[0])
        for packet in source.demux():
            if packet.dts is None:
                continue
            stream = streams[packet.stream.index]
            video = packet.stream.type == "video"
            for copy in start_codes.filter(packet) if start_codes and video else [packet]:
                copy.stream = stream
                target.mux(copy)


def with_index_at_end(size: int, kind: Literal["mp4", "webm"] = "mp4") -> Clip:
    """A video of about `size` bytes, as `large` makes it, its index behind the pictures as phones write it. Cached."""
    return cached(f"index-at-end-{size}.{kind}", lambda path: _repeat(_source(kind), path, size, index_in_front=False))


def large(size: int, kind: Literal["mp4", "webm"] = "mp4") -> Clip:
    """A video of exactly `size` bytes at 3 to 8 Mbit/s, as a lecture is filmed, index in front for seeking. Cached.

    At least 99% of it is picture and sound, the rest padding. Raises ValueError below 16 MiB.
    """
    if size < SMALLEST_LARGE:
        raise ValueError(f"{size} bytes is too small for a large video; use padded(), or ask for {SMALLEST_LARGE}")

    def make(path: Path) -> None:
        _repeat(_source(kind), path, size)
        grow(path, size)

    return cached(f"large-{size}.{kind}", make)


def _source(kind: Literal["mp4", "webm"]) -> Clip:
    codecs, options = {
        "mp4": (H264, {"preset": "ultrafast", "b": "6M"}),
        "webm": (VP9, {"deadline": "realtime", "cpu-used": "8", "lag-in-frames": "0", "b": "5M"}),
    }[kind]
    return cached(f"source.{kind}", lambda path: encode(path, codecs, options, SOURCE_SECONDS, "1280x720", noise=10))


def _repeat(source: Clip, path: Path, size: int, *, index_in_front: bool = True) -> None:
    """Copy the source's packets over and over, up to 0.5% below `size` bytes: the container's own tables need 0.1%."""
    room = size * 995 // 1000
    front = {"movflags": "+faststart", "cues_to_front": "1"} if index_in_front else {}
    with (
        av.open(source.path) as container,
        av.open(path, "w", container_options=front) as target,
    ):
        streams = [target.add_stream_from_template(stream) for stream in container.streams]
        start = 0
        while True:
            container.seek(0)
            for packet in container.demux():
                if packet.dts is None or packet.pts is None:
                    continue
                at = packet.pts * packet.time_base
                if not 0 <= at < SOURCE_SECONDS:  # an encoder's lead-in and tail
                    continue
                room -= packet.size
                if room < 0:
                    return
                shift = round(start / packet.time_base)
                packet.pts += shift
                packet.dts += shift
                packet.stream = streams[packet.stream.index]
                target.mux(packet)
            start += SOURCE_SECONDS
