"""Small static pages for page objects, and what they say about one that is not as it should be."""

import re

import pytest

from pages.base import Moodle

SITE, STORE = "https://moodle.example.edu", "https://s3.example.edu"
MOODLE = Moodle(SITE, page=0.5, upload=0.5, play=1)
LOADING = 10_000
"""Milliseconds for what is not under test."""


def says(*words: str) -> pytest.RaisesExc:
    return pytest.raises(AssertionError, match="(?s)" + ".*".join(map(re.escape, words)))
