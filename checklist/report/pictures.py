"""Pictures as they stand in the report's one file: WebP, small enough to be sent, large enough to be read."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from PIL import Image, UnidentifiedImageError

from checklist.sound import is_picture_of_the_run

EMBEDDED = 2_400_000
"""Bytes of the file that are pictures. Of a run with thirty defects its texts have half as much."""

LARGE, SMALL = 900, 480
"""Pixels across; the page shows both as small ones, and as they are on a click."""

TALLEST = 2.5
"""Of what it is wide: a list of the whole site says no more for being longer."""

QUALITY = 50


@dataclass
class Pictures:
    """The pictures of a run's folder, as addresses for `src`. The first are large, the last are left out."""

    folder: Path
    left: int = field(default=EMBEDDED)

    def __call__(self, path: str) -> str:
        """Nothing, where the picture is not there, cannot be read, or has no room, or is no picture below the folder:
        whoever wrote the results may have meant any file of this machine.
        """
        file = self.folder / path
        below = is_picture_of_the_run(path) and file.resolve().is_relative_to(self.folder.resolve())
        if not below or not file.is_file() or self.left <= 0:
            return ""
        width = LARGE if self.left > EMBEDDED // 2 else SMALL
        address = _address(file, file.stat().st_mtime_ns, width)
        has_room = len(address) <= self.left
        self.left = self.left - len(address) if has_room else 0
        return address if has_room else ""


@lru_cache(maxsize=400)
def _address(file: Path, _: int, width: int) -> str:
    try:
        with Image.open(file) as image:
            tall = min(image.height, round(image.width * TALLEST))
            picture = image.crop((0, 0, image.width, tall)).convert("RGB")
    except (UnidentifiedImageError, OSError):
        return ""
    picture.thumbnail((width, 10_000), reducing_gap=2.0)
    content = io.BytesIO()
    picture.save(content, "WEBP", quality=QUALITY, method=2)
    return f"data:image/webp;base64,{base64.b64encode(content.getvalue()).decode()}"


def distinct(folder: Path, paths: Iterable[str]) -> list[str]:
    """The paths whose pictures differ."""
    found: dict[str, str] = {}
    for path in paths:
        file = folder / path
        found.setdefault(sha256(file.read_bytes()).hexdigest() if file.is_file() else path, path)
    return [*found.values()]
