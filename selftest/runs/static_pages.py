"""Small static pages for page objects, and what they say about one that is not as it should be."""

import re
from typing import Protocol

import pytest
from playwright.sync_api import Page

from pages.base import Moodle

SITE, STORE = "https://moodle.example.edu", "https://s3.example.edu"
MOODLE = Moodle(SITE, page=0.5, upload=0.5, play=1)
LOADING = 10_000
"""Milliseconds for what is not under test."""


class Show(Protocol):
    """Shows a page's HTML at a path of the site, which answers with this status."""

    def __call__(self, html: str, path: str = "/", status: int = 200) -> Page: ...


def says(*words: str) -> pytest.RaisesExc:
    return pytest.raises(AssertionError, match="(?s)" + ".*".join(map(re.escape, words)))
