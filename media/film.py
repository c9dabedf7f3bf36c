"""Films a test picture with sound."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import av.filter
from av import AudioFrame, Packet, VideoFrame
from av.audio.stream import AudioStream
from av.video.stream import VideoStream

FPS = 25
RATE = 48_000


@dataclass(frozen=True)
class Codecs:
    video: str
    audio: str
    options: dict[str, str] = field(default_factory=dict)
    tag: str = ""
    """By which a container names the video's codec, where it has several names for one."""


H264 = Codecs("libx264", "aac", {"profile": "baseline", "bf": "0"})
VP9 = Codecs("libvpx-vp9", "libopus", {"cpu-used": "4"})


def encode(
    path: Path,
    codecs: Codecs,
    options: dict[str, str],
    seconds: int,
    size: str,
    noise: int = 0,
    drawn: Iterable[tuple[str, str]] = (),
) -> None:
    """Film ffmpeg's test picture with the frame number as its counter, a keyframe and a beep every second.

    `options` are the video encoder's, `size` is "WIDTHxHEIGHT", `noise` (0 to 100) makes frames hard to compress,
    `drawn` are filters that draw into the picture.
    """
    picture = [("testsrc", f"size={size}:rate=1:duration={seconds * FPS}"), ("format", "yuv420p"), *drawn]
    if noise:
        picture.append(("noise", f"alls={noise}:allf=t"))
    beep = [
        ("sine", f"frequency=220:beep_factor=4:sample_rate={RATE}:duration={seconds}"),
        ("aformat", "channel_layouts=mono"),
    ]
    index_in_front = {"movflags": "+faststart", "cues_to_front": "1"}
    with av.open(path, "w", container_options={"fflags": "+bitexact", **index_in_front}) as container:
        video = container.add_stream(codecs.video, FPS, options={**codecs.options, **options})
        audio = container.add_stream(codecs.audio, RATE, layout="mono")
        assert isinstance(video, VideoStream)
        assert isinstance(audio, AudioStream)
        width, height = size.split("x")
        video.width, video.height, video.pix_fmt = int(width), int(height), "yuv420p"
        video.gop_size = FPS
        if codecs.tag:
            video.codec_context.codec_tag = codecs.tag
        audio.bit_rate = 32_000
        both = heapq.merge(_film(video, picture), _record(audio, beep), key=_decode_time)
        for packet in both:
            container.mux(packet)


def _film(stream: VideoStream, filters: list[tuple[str, str]]) -> Iterator[Packet[Any]]:
    for number, frame in enumerate(_pull(filters, "buffersink")):
        assert isinstance(frame, VideoFrame)
        frame.pts, frame.time_base, frame.pict_type = number, Fraction(1, FPS), 0
        yield from stream.encode(frame)
    yield from stream.encode(None)


def _record(stream: AudioStream, filters: list[tuple[str, str]]) -> Iterator[Packet[Any]]:
    for frame in _pull(filters, "abuffersink"):
        assert isinstance(frame, AudioFrame)
        yield from stream.encode(frame)
    yield from stream.encode(None)


def _pull(filters: list[tuple[str, str]], sink: str) -> Iterator[object]:
    graph = av.filter.Graph()
    graph.link_nodes(*(graph.add(name, arguments) for name, arguments in filters), graph.add(sink)).configure()
    while True:
        try:
            frame = graph.pull()
        except EOFError:
            return
        yield frame


def _decode_time(packet: Packet[Any]) -> Fraction:
    assert packet.dts is not None
    return packet.dts * packet.time_base
