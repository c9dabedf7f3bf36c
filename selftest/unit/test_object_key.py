import pytest

from clients.plugin.object_key import CLOCKS_APART, belongs_to

START = 1_795_000_000


@pytest.mark.parametrize(
    ("key", "user", "belongs"),
    [
        (f"videos/7/{START}_0123abcd/clip.mp4", 7, True),
        (f"videos/7/{START - CLOCKS_APART}_0123abcd/clip.mp4", 7, True),
        ("videos/7/another-scheme/clip.mp4", 7, True),
        (f"videos/424242/{START}_0123abcd/thesis.mp4", 7, False),
        (f"videos/77/{START}_0123abcd/clip.mp4", 7, False),
        (f"videos/7/{START - 86400}_0123abcd/lecture.mp4", 7, False),
        ("backup.zip", 7, False),
        ("", 7, False),
        (f"videos/0/{START}_0123abcd/clip.mp4", 0, False),
    ],
)
def test_a_run_may_delete_what_its_own_people_were_promised(key: str, user: int, belongs: bool) -> None:
    assert belongs_to(key, user, since=START) is belongs
