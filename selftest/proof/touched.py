"""The faults that a change touches: those whose lines a changed piece of the suite helps to judge, told by names.

What changed is a function, a class, a constant, or a function of a page's script. Whoever names one of them is touched,
and whoever names these, up to the tests; there a name in the body of `with line("2.8.7", …)` touches that line, one
outside every line the whole test. A method is known by its name alone: where two classes have it, too many faults are
proven. Of the replica, a fault is touched that stands in the file that changed, or whose entry did.

What a fixture alone asks for is set-up, and `runner/` and `checklist/` lead every run: they touch no fault more than
another, and are for a third of the proof.
"""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from runner.configuration.replica import CHECKOUT
from selftest.proof.outcome import Expectation
from selftest.proof.suite import Suite

ROOMS = ("tests", "pages", "checks", "network", "clients", "media")

HUNK = re.compile(r"^@@ -\S+ \+(\d+)(?:,(\d+))? @@")

Changes = Mapping[str, frozenset[int]]
"""Numbers of changed lines by file, as they are now; of what was taken out, the lines around it."""


Name = tuple[str, str]
"""A module and what it calls something; of a method "" and its name, for who has it is not told by names."""


def changes(since: str, root: Path = CHECKOUT) -> Changes:
    """What differs from that revision in the checkout. Raises subprocess.CalledProcessError."""
    command = ["git", "diff", "--unified=0", "--no-color", "--no-ext-diff", since, "--"]
    told = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout
    found: dict[str, set[int]] = {}
    for line in told.splitlines():
        if line.startswith("+++ "):
            mine = found.setdefault(line[4:].removeprefix("b/").rstrip(), set())
        elif hunk := HUNK.match(line):
            first, number = int(hunk[1]), int(hunk[2] or 1)
            mine |= set(range(first, first + number)) if number else {first, first + 1}
    return {file: frozenset(lines) for file, lines in found.items() if (root / file).is_file()}


def touched(changed: Changes, expected: Mapping[str, Expectation], suite: Suite, root: Path = CHECKOUT) -> list[str]:
    """The names of the faults that a change touches, in the catalogue's order."""
    names = {name for file, lines in changed.items() for name in _changed_names(root / file, lines)}
    lines = _lines(names, suite, root) if names else {}
    named = {name for file, numbers in changed.items() for name in _faults(root, file, numbers)}
    return [
        name
        for name, fault in expected.items()
        if name in named
        or any(set(fault.lines) & of_test for test, of_test in lines.items() if fault.test in ("", test))
    ]


def _changed_names(file: Path, lines: frozenset[int]) -> Iterator[Name]:
    """The names of what changed, of a file in one of the rooms that judge."""
    root = _root_of(file)
    if root is None:
        return
    text, module = file.read_text(encoding="utf-8"), _module(file, root)
    if file.suffix == ".js":
        yield from ((module, name) for name in _functions_of_script(text, lines))
    elif file.suffix == ".py":
        for name, node in _definitions(ast.parse(text), module):
            if lines & set(range(_first(node), (node.end_lineno or node.lineno) + 1)):
                yield name


def _module(file: Path, root: Path) -> str:
    return ".".join(file.relative_to(root).with_suffix("").parts).removesuffix(".__init__")


def _root_of(file: Path) -> Path | None:
    """The checkout of a file that stands in one of the rooms that judge."""
    return next((parent.parent for parent in file.parents if parent.name in ROOMS), None)


def _functions_of_script(text: str, lines: frozenset[int]) -> set[str]:
    """The exported functions that changed; all of them when what they share did."""
    found, exported = set[str](), set(re.findall(r"^export .*?function (\w+)", text, re.M))
    last = ""
    for number, line in enumerate(text.splitlines(), 1):
        if head := re.match(r".*?function (\w+)", line):
            last = head[1] if not line.startswith(" ") else last
        if number in lines:
            found |= {last} & exported or exported
    return found


def _definitions(tree: ast.Module, module: str) -> Iterator[tuple[Name, ast.stmt]]:
    """What has a name in a module: functions, methods, constants; of a class, what is no method goes by its name."""
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            for part in node.body:
                if isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef) and not part.name.startswith("__"):
                    yield _attribute(part.name, module), part
                else:
                    yield (module, node.name), part
            yield from (((module, node.name), head) for head in _heads(node))
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield (module, node.name), node
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            for one in node.targets if isinstance(node, ast.Assign) else [node.target]:
                yield from (((module, name.id), node) for name in ast.walk(one) if isinstance(name, ast.Name))


def _attribute(name: str, module: str) -> Name:
    """Whose it is nobody tells; what is private is asked for in its module alone."""
    return module if name.startswith("_") else "", name


def _heads(node: ast.ClassDef) -> Iterator[ast.stmt]:
    for one in (*node.decorator_list, *node.bases):
        yield ast.copy_location(ast.Expr(one), one)


def _first(node: ast.stmt) -> int:
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min([node.lineno, *(one.lineno for one in decorators)])


def _lines(names: set[Name], suite: Suite, root: Path) -> dict[str, set[str]]:
    """The lines of each test that are touched by what has these names."""
    pieces, scopes = [], dict[str, _Scope]()
    for file in sorted(one for room in ROOMS for one in (root / room).rglob("*.py")):
        tree, module = ast.parse(file.read_text(encoding="utf-8")), _module(file, root)
        here = scopes[module] = _Scope(tree, module, scopes)
        pieces += [(name, node, here) for name, node in _definitions(tree, module)]
    uses = [(name, set(here.used(node)), node, here) for name, node, here in pieces]
    reached, known = set(names), set[Name]()
    while reached != known:
        known = set(reached)
        reached |= {name for name, used, *_ in uses if name[1] not in suite and used & known}
    return {
        name[1]: set(suite[name[1]].lines) if name in names else _of_test(node, here, reached, suite[name[1]].lines)
        for name, used, node, here in uses
        if name[1] in suite and (used & reached or name in names)
    }


def _of_test(test: ast.AST, here: _Scope, reached: set[Name], lines: Iterable[str]) -> set[str]:
    every, found = set(lines), set()

    def look(node: ast.AST, line: str) -> None:
        if isinstance(node, ast.With | ast.AsyncWith):
            line = next(filter(None, (_settled(item.context_expr) for item in node.items)), line)
        if set(here.own(node)) & reached:
            found.update({line} if line else every)
        for child in ast.iter_child_nodes(node):
            look(child, line)

    look(test, "")
    return found & every


def _settled(call: ast.expr) -> str:
    """The line that `line("2.8.7", …)` settles."""
    match call:
        case ast.Call(func=ast.Name(id="line"), args=[ast.Constant(value=str(line)), *_]):
            return line
    return ""


class _Scope:
    """What the names in a module mean: its own, those it imports, and the attributes of anything."""

    def __init__(self, tree: ast.Module, module: str, scopes: Mapping[str, _Scope]) -> None:
        self._module, self._scopes = module, scopes
        self._imported: dict[str, Name] = {}
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom):
                self._imported |= {one.asname or one.name: (node.module or "", one.name) for one in node.names}
            elif isinstance(node, ast.Import):
                self._imported |= {one.asname or one.name: (one.name, "") for one in node.names}

    def meant(self, name: str) -> Name:
        """Where a name of the module is defined: what is imported may have come there by an import, too."""
        of = self._imported.get(name)
        if of is None:
            return self._module, name
        return self._scopes[of[0]].meant(of[1]) if of[0] in self._scopes and of[1] else of

    def used(self, node: ast.AST) -> Iterator[Name]:
        for one in ast.walk(node):
            yield from self.own(one)

    def own(self, node: ast.AST) -> Iterable[Name]:
        match node:
            case ast.Name(id=name, ctx=ast.Load()):
                return (self.meant(name),)
            case ast.Attribute(value=ast.Name(id=of), attr=name) if of in self._imported:
                module = ".".join(filter(None, self._imported[of]))
                found = self._scopes[module].meant(name) if module in self._scopes else (module, name)
                return _attribute(name, self._module), found
            case ast.Attribute(attr=name):
                return (_attribute(name, self._module),)
            case ast.Constant(value=str(text)) if text.isidentifier():  # a function of the script beside the module
                return ((self._module, text),)
        return ()


def _faults(root: Path, file: str, numbers: frozenset[int]) -> set[str]:
    """The faults that stand in a file of the replica; in the catalogue, those whose entries changed."""
    path = root / file
    if not file.startswith("replica/") or path.suffix not in (".py", ".js", ".html", ".toml", ".css"):
        return set()
    text = path.read_text(encoding="utf-8")
    if file != "replica/faults.toml":
        return set(re.findall(r"""(?:on|fault)\(\s*["']([\w-]+)["']""", text))
    found, entry = set(), ""
    for number, line in enumerate(text.splitlines(), 1):
        if head := re.match(r"\[([\w-]+)", line):
            entry = head[1]
        if number in numbers and entry:
            found.add(entry)
    return found
