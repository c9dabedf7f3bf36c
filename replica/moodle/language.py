"""Another language: buttons, headings, links, labels and heads of tables come out changed; what people wrote does not.

It is no real one: vowels get marks, so that whoever looks for the English words does not find them. Templates are read
with their fixed labels handed to the filter `tr`; labels made in Python are handed to it where templates print them.
"""

import re
from contextvars import ContextVar

from jinja2 import pass_context
from jinja2.ext import Extension
from jinja2.runtime import Context
from markupsafe import Markup

_MARKED = str.maketrans("aeiouAEIOU", "äëïöüÄËÏÖÜ")
_TEXT = r"[^<>{}\"]*[A-Za-z][^<>{}\"]*"
_FIXED = re.compile(
    rf"""(<(?:a|button|h[1-6]|label|legend|th)\b[^<>]*>)({_TEXT})(?=<)"""
    rf"""|(<input (?=[^<>]*type="submit")[^<>]*value=")({_TEXT})(?=")"""
)
_TITLE = re.compile(rf"""( (?:title|aria-label)=")({_TEXT})(?=")""")
_ENTITY = re.compile(r"(&#?\w+;)")
_spoken: ContextVar[str] = ContextVar("language", default="en")


def speak(language: str) -> None:
    """The language of the page that is made next."""
    _spoken.set(language)


@pass_context
def tr(_: Context, label: str) -> str:
    """A label in that language; markup stays markup. It takes the context so that Jinja keeps no answer of it."""
    if _spoken.get() == "en":
        return label
    changed = "".join(part if _ENTITY.fullmatch(part) else part.translate(_MARKED) for part in _ENTITY.split(label))
    return Markup(changed) if isinstance(label, Markup) else changed


class Labels(Extension):
    """Hands the fixed labels of each template to `tr`."""

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        source = _FIXED.sub(lambda m: (m[1] or m[3]) + _call(m[2] or m[4]), source)
        return _TITLE.sub(lambda m: m[1] + _call(m[2]), source)


def _call(text: str) -> str:
    return "{{ " + repr(text) + "|safe|tr }}"
