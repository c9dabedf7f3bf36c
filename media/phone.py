"""Videos as phones send them: each has something that the small clip, which an encoder on a desk has made, has not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
from av.video.stream import VideoStream

from media.clip import MP4, MP4_CODECS, Clip
from media.film import H264, Codecs, encode
from media.remux import cached

HEVC = Codecs("libx265", "aac", {"x265-params": "log-level=none"}, "hvc1")

MATRIX = 40
"""Bytes from a track header's flags to its matrix, in version 0 (ISO/IEC 14496-12, 8.3.2)."""

ENTRIES = 9
"""Numbers of four bytes of a matrix."""

UPRIGHT = (0, 1 << 16, 0, -1 << 16, 0, 0, 0, 0, 1 << 30)
"""A turn by 90°, as a phone writes it that is held upright."""


@dataclass(frozen=True)
class PhoneVideo:
    """`what` it is to people, `codecs` what it takes to decode it, for `canPlayType`; `moves` where a picture does."""

    clip: Clip
    what: str
    codecs: str = MP4_CODECS
    moves: bool = True


def phone_videos() -> list[PhoneVideo]:
    """All of them, 20 s each at most and under 1 MB. Cached."""
    return [
        PhoneVideo(cached("upright.mp4", _upright), "A video that was filmed upright"),
        PhoneVideo(cached("uneven.mp4", _uneven), "A video with an uneven rate of frames"),
        PhoneVideo(
            cached("sound.mp4", _sound_only), "A recording without pictures", 'audio/mp4; codecs="mp4a.40.2"', False
        ),
        PhoneVideo(
            cached("IMG_0002.MOV", _hevc),
            "A video in HEVC that was filmed upright",
            'video/mp4; codecs="hvc1.1.6.L93.B0"',
        ),
        PhoneVideo(cached("4k.mp4", _large), "A video in 4K", 'video/mp4; codecs="avc1.42C033, mp4a.40.2"'),
        PhoneVideo(cached("moment.mp4", _moment), "A video of a single picture", moves=False),
    ]


def _upright(path: Path) -> None:
    path.write_bytes(MP4.path.read_bytes())
    _turn(path)


def _turn(path: Path) -> None:
    content = bytearray(path.read_bytes())
    at = content.index(b"tkhd") + MATRIX + len(b"tkhd")
    content[at : at + 4 * ENTRIES] = b"".join(number.to_bytes(4, "big", signed=True) for number in UPRIGHT)
    path.write_bytes(content)


def _copy(path: Path, kinds: tuple[str, ...], moved: Callable[[av.Packet[Any], int], int | None]) -> None:
    """The small clip's streams of these kinds; `moved` gives each packet's time, told which one of its stream it is.

    A packet that has none is left out.
    """
    with av.open(MP4.path) as source, av.open(path, "w", container_options={"fflags": "+bitexact"}) as target:
        streams = {one.index: target.add_stream_from_template(one) for one in source.streams if one.type in kinds}
        seen = dict.fromkeys(streams, 0)
        for packet in source.demux():
            index = packet.stream.index
            if packet.dts is None or packet.pts is None or index not in streams:
                continue
            time = moved(packet, seen[index])
            seen[index] += 1
            if time is None:
                continue
            packet.pts = packet.dts = time
            packet.stream = streams[index]
            target.mux(packet)


def _uneven(path: Path) -> None:
    def moved(packet: av.Packet[Any], number: int) -> int:
        late = packet.duration or 0
        return int(packet.pts or 0) + (late * (number % 3) // 4 if isinstance(packet.stream, VideoStream) else 0)

    _copy(path, ("video", "audio"), moved)


def _sound_only(path: Path) -> None:
    _copy(path, ("audio",), lambda packet, _: int(packet.pts or 0))


def _hevc(path: Path) -> None:
    encode(path, HEVC, {"preset": "ultrafast", "b": "200k"}, 10, "640x360")
    _turn(path)


def _large(path: Path) -> None:
    encode(path, H264, {"preset": "ultrafast", "b": "1M"}, 4, "3840x2160")


def _moment(path: Path) -> None:
    _copy(path, ("video",), lambda packet, number: None if number else int(packet.pts or 0))
