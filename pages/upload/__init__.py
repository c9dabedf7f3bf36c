"""The plugin's upload widget, and one upload through it."""

from pages.upload.attempt import Upload
from pages.upload.requests import Receipt
from pages.upload.widget import UploadWidget

__all__ = ["Receipt", "Upload", "UploadWidget"]
