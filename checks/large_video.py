"""How large the video of step 2.12 has to be."""

from clients.errors import NotCheckable

SMALLEST = 1024**3
"""Bytes: the checklist asks for 1 to 2 GB."""


def expect_large(size: int) -> None:
    """Raises NotCheckable for a video of so many bytes that is smaller than the checklist asks for."""
    if size < SMALLEST:
        raise NotCheckable(
            f"the checklist asks for a video of 1 to 2 GB, and this one has {size // 1024**2} MiB; "
            "whoever runs this suite can say --large 1GiB"
        )
