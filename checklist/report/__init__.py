"""`report.html`: what a run came to, in one file for whoever reads, signs, or mends."""

from checklist.report.page import FILE, render, write

__all__ = ["FILE", "render", "write"]
