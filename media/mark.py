"""A number that the picture of a clip shows: who sees it knows which clip it is, whatever its address says.

A band across the top of the picture has a white cell, a black one, and one for each bit: white for 1.
"""

from __future__ import annotations

import io

import av

MARKS = 8
"""How many numbers there are, from 0."""

HEIGHT = 1 / 8
"""Of the band, as a part of the picture."""

BITS = (4, 2, 1)

CELLS = 2 + len(BITS)

CONTRAST = 60
"""Between white and black, of 255, at the least: under less there is no band."""


def boxes(mark: int) -> list[tuple[str, str]]:
    """Filters of ffmpeg that draw the band."""
    white = [True, False, *(bool(mark & bit) for bit in BITS)]
    return [
        ("drawbox", f"x=iw*{cell}/{CELLS}:y=0:w=iw/{CELLS}+1:h=ih*{HEIGHT}:t=fill:color={'white' if on else 'black'}")
        for cell, on in enumerate(white)
    ]


def read(png: bytes, left: float = 0, top: float = 0, width: float = 1, height: float = 1) -> int | None:
    """The number that a picture in PNG shows; None when it shows none.

    Where the picture is but a part of it: where that part begins, and how large it is, as parts of the whole.
    """
    with av.open(io.BytesIO(png), "r", format="png_pipe") as container:
        frame = next(container.decode(video=0)).reformat(format="gray")
    plane = frame.planes[0]
    grey, line = bytes(plane), plane.line_size

    def brightness(cell: int) -> float:
        x = [round((left + width * (cell + at) / CELLS) * frame.width) for at in (0.35, 0.65)]
        y = [round((top + height * HEIGHT * at) * frame.height) for at in (0.3, 0.7)]
        seen = [grey[row * line + column] for row in range(y[0], y[1] + 1) for column in range(x[0], x[1] + 1)]
        return sum(seen) / len(seen)

    white, black, *bits = map(brightness, range(CELLS))
    if white - black < CONTRAST:
        return None
    return sum(value for value, seen in zip(BITS, bits, strict=True) if seen > (white + black) / 2)
