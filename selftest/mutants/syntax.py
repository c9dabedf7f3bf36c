"""PHP and JavaScript taken apart: what can be changed in a file, and which statements a test executes. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import tree_sitter_javascript
import tree_sitter_php
from tree_sitter import Language, Node, Parser

CONDITION = "condition negated"
STATEMENT = "statement dropped"
CONSTANT = "constant changed"
CHECK = "check removed"
ARGUMENTS = "arguments swapped"
RETURN = "return forced"
STRING = "string emptied"
OPERATOR = "operator changed"

KINDS = (CONDITION, STATEMENT, CONSTANT, CHECK, ARGUMENTS, RETURN, STRING, OPERATOR)

GUARDS = {"require_login", "require_course_login", "require_sesskey", "require_capability", "admin_externalpage_setup"}
"""Calls that let nobody past who may not: a statement each."""

QUESTIONS = {"has_capability", "has_any_capability", "is_siteadmin", "confirm_sesskey", "isloggedin"}
"""Calls that ask whether somebody may."""

OPERATORS = {
    "===": "!==", "!==": "===", "==": "!=", "!=": "==", "<": "<=", "<=": "<", ">": ">=", ">=": ">", "&&": "||",
    "||": "&&", "+": "-", "-": "+", "*": "/", "/": "*",
}  # fmt: skip

LONGEST = 1500
"""Bytes of a statement that is dropped: a longer one is most of a file."""

CONSTANTS = {"integer", "float", "number", "boolean", "true", "false"}
STRINGS = {"string", "encapsed_string", "template_string"}
BLOCKS = {"program", "compound_statement", "statement_block", "case_statement", "default_statement", "switch_case"}
BLOCKS |= {"switch_default", "colon_block"}
NOT_EXECUTED = {
    "function_definition", "function_declaration", "class_declaration", "interface_declaration", "trait_declaration",
    "namespace_definition", "namespace_use_declaration", "declare_statement", "const_declaration", "php_tag", "text",
    "text_interpolation", "comment", "import_statement", "export_statement", "empty_statement", "compound_statement",
    "statement_block", "generator_function_declaration",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Change:
    """The bytes from `start` to `end` become `new`."""

    kind: str
    start: int
    end: int
    new: str


@dataclass(frozen=True, slots=True)
class Mutant:
    """A `change` of a `file` of the plugin; `old` and `new` are the lines that differ, for people."""

    file: str
    change: Change
    line: int
    old: str
    new: str

    @property
    def id(self) -> str:
        told = f"{self.file} {self.change.start} {self.change.end} {self.change.new} {self.old}"
        return f"{self.file}:{self.line}:{hashlib.sha256(told.encode()).hexdigest()[:8]}"

    def applied(self, source: bytes) -> bytes:
        return source[: self.change.start] + self.change.new.encode() + source[self.change.end :]


@dataclass(frozen=True, slots=True)
class Statement:
    """What a probe stands before; `number` within its file."""

    number: int
    start: int
    end: int


def is_php(file: str) -> bool:
    return file.endswith(".php")


@cache
def _parser(php: bool) -> Parser:
    return Parser(Language(tree_sitter_php.language_php() if php else tree_sitter_javascript.language()))


def _root(file: str, source: bytes) -> Node:
    return _parser(is_php(file)).parse(source).root_node


def _walk(node: Node) -> Iterator[Node]:
    yield node
    for child in node.children:
        yield from _walk(child)


def _text(node: Node | None) -> str:
    return node.text.decode() if node is not None and node.text is not None else ""


# -- what can be changed --------------------------------------------------------------------------


def mutants(file: str, source: bytes) -> list[Mutant]:
    """All that can be made of a file, each of which a parser can still read."""
    root = _root(file, source)
    php = is_php(file)
    found = []
    for change in dict.fromkeys(change for node in _walk(root) for change in _changes(node, php)):
        mutant = _mutant(file, source, change)
        if root.has_error or not _root(file, mutant.applied(source)).has_error:
            found.append(mutant)
    return found


def _mutant(file: str, source: bytes, change: Change) -> Mutant:
    line = source.count(b"\n", 0, change.start)
    mutated = source[: change.start] + change.new.encode() + source[change.end :]
    first = source.rfind(b"\n", 0, change.start) + 1
    last, new_last = (source.find(b"\n", change.end), mutated.find(b"\n", change.start + len(change.new.encode())))
    old = source[max(first, change.start - 120) : min(last if last >= 0 else len(source), change.end + 120)]
    new = mutated[
        max(first, change.start - 120) : min(
            new_last if new_last >= 0 else len(mutated), change.start + len(change.new.encode()) + 120
        )
    ]
    return Mutant(file, change, line + 1, old.decode(errors="replace").strip(), new.decode(errors="replace").strip())


def _changes(node: Node, php: bool) -> Iterator[Change]:
    if _is_left_alone(node):
        return
    for found in (_condition, _statement, _constant, _check, _arguments, _return, _string, _operator):
        yield from found(node, php)


def _is_left_alone(node: Node) -> bool:
    """What a file cannot be loaded without: its includes, the modules it names, the guard of Moodle's own files."""
    above: Node | None = node
    while above is not None:
        if above.type in ("require_once_expression", "require_expression", "include_once_expression", "namespace_name"):
            return True
        if above.type == "namespace_use_declaration":
            return True
        if above.type == "expression_statement" and "MOODLE_INTERNAL" in _text(above)[:80]:
            return True
        if above.type == "array" and _callee(above.parent.parent if above.parent else None) == "define":
            return True
        above = above.parent
    return False


def _callee(call: Node | None) -> str:
    """The name of a function that is called, or nothing."""
    if call is None or call.type not in ("function_call_expression", "call_expression"):
        return ""
    return _text(call.child_by_field_name("function")).lstrip("\\")


def _replaced(kind: str, node: Node, new: str) -> Change:
    return Change(kind, node.start_byte, node.end_byte, new)


def _condition(node: Node, php: bool) -> Iterator[Change]:
    asks = ("if_statement", "else_if_clause", "conditional_expression", "ternary_expression")
    condition = node.child_by_field_name("condition") if node.type in asks else None
    if condition is not None:
        yield _replaced(CONDITION, condition, f"(!({_text(condition)}))")


def _statement(node: Node, php: bool) -> Iterator[Change]:
    dropped = ("expression_statement", "echo_statement", "throw_statement", "unset_statement")
    if node.type not in dropped or node.end_byte - node.start_byte > LONGEST or not node.named_children:
        return
    does = node.named_children[0]
    if _callee(does) in ({*GUARDS, "define"} if php else {"define"}) or does.type in STRINGS:
        return
    if _is_left_alone(does):
        return
    yield _replaced(STATEMENT, node, ";")


def _constant(node: Node, php: bool) -> Iterator[Change]:
    if node.type not in CONSTANTS or node.child_count:
        return
    text = _text(node)
    if text.lower() in ("true", "false"):
        yield _replaced(CONSTANT, node, "false" if text.lower() == "true" else "true")
    elif text in ("0", "1"):
        yield _replaced(CONSTANT, node, "1" if text == "0" else "0")
    elif text.replace(".", "", 1).isdigit():
        yield _replaced(CONSTANT, node, f"({text} * 10)")
        yield _replaced(CONSTANT, node, f"({text} / 10)")


def _check(node: Node, php: bool) -> Iterator[Change]:
    if not php:
        return
    if node.type == "expression_statement" and node.named_children and _callee(node.named_children[0]) in GUARDS:
        yield _replaced(CHECK, node, ";")
    elif _callee(node) in QUESTIONS:
        yield _replaced(CHECK, node, "true")


def _arguments(node: Node, php: bool) -> Iterator[Change]:
    if node.type != "arguments" or _callee(node.parent) == "define":
        return
    for one, other in pairwise(child for child in node.named_children if child.type != "comment"):
        first, second = _text(one), _text(other)
        if first != second and other.end_byte - one.start_byte < LONGEST:
            between = node.text or b""
            kept = between[one.end_byte - node.start_byte : other.start_byte - node.start_byte].decode()
            yield Change(ARGUMENTS, one.start_byte, other.end_byte, f"{second}{kept}{first}")


def _return(node: Node, php: bool) -> Iterator[Change]:
    if node.type != "return_statement" or not node.named_children:
        return
    value = node.named_children[0]
    if value.type in CONSTANTS or value.end_byte - value.start_byte > LONGEST or _text(value) in ("null", "undefined"):
        return
    yield _replaced(RETURN, value, "null")


def _string(node: Node, php: bool) -> Iterator[Change]:
    if node.type in STRINGS and node.end_byte - node.start_byte > 2 and _callee_around(node) != "defined":
        outer = node.parent
        if outer is not None and outer.type == "expression_statement":  # a directive, such as 'use strict'
            return
        yield _replaced(STRING, node, "''")


def _callee_around(node: Node) -> str:
    above = node.parent
    while above is not None and above.type in ("argument", "arguments"):
        above = above.parent
    return _callee(above)


def _operator(node: Node, php: bool) -> Iterator[Change]:
    operator = node.child_by_field_name("operator") if node.type == "binary_expression" else None
    if operator is not None and (new := OPERATORS.get(_text(operator))):
        yield _replaced(OPERATOR, operator, new)


# -- which statements are executed ----------------------------------------------------------------


def statements(file: str, source: bytes) -> list[Statement]:
    """Those before which a probe can stand, in their order."""
    found = []
    for node in _walk(_root(file, source)):
        if node.type in BLOCKS:
            value = node.child_by_field_name("value")
            found += [
                child
                for child in node.named_children
                if child.type not in NOT_EXECUTED and child != value and _is_statement(child)
            ]
    found.sort(key=lambda node: (node.start_byte, -node.end_byte))
    return [Statement(number, node.start_byte, node.end_byte) for number, node in enumerate(found)]


def _is_statement(node: Node) -> bool:
    if node.type == "expression_statement" and node.named_children and node.named_children[0].type in STRINGS:
        return False
    return node.type.endswith(("_statement", "_declaration"))


def probed(file: str, source: bytes, name: str, head: str) -> bytes:
    """The source with a probe before each statement; `head` comes before the first, and defines what probes call."""
    parts, at = [], 0
    call = "\\s3v_hit" if is_php(file) else "window.s3vHit"
    for statement in statements(file, source):
        start = head if statement.number == 0 else ""
        parts += [source[at : statement.start], f'{start}{call}("{name}:{statement.number}");'.encode()]
        at = statement.start
    return b"".join([*parts, source[at:]])


def at(found: list[Statement], offset: int) -> int | None:
    """The number of the innermost statement in which a byte is."""
    around = [one for one in found if one.start <= offset < one.end]
    return min(around, key=lambda one: one.end - one.start).number if around else None
