"""JavaScript of the page objects: in `.js` files beside them, where a linter reads it too."""

from __future__ import annotations

import re
from pathlib import Path

EXPORT = re.compile(r"^export (?=(?:async )?function (\w+))", re.M)


def scripts(module: str) -> dict[str, str]:
    """The functions that the `.js` file beside a Python `module` (its `__file__`) exports, by name.

    Each is a text as Playwright's `evaluate` and its like take it. Raises OSError where there is no such file.
    """
    file = Path(module).with_suffix(".js").read_text(encoding="utf-8")
    body = EXPORT.sub("", file)  # what is evaluated is no module, and cannot export
    return {
        name: f'(...given) => (() => {{ "use strict";\n{body}\nreturn {name}; }})()(...given)'
        for name in EXPORT.findall(file)
    }
