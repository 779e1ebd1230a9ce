"""What an expression of a stream map uses, found without evaluating it."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

RECORD = ("record", "_")
"""The names of the whole record in an expression."""

CONFIG = ("config",)
"""The name of `stream_map_config` in an expression."""


@dataclass(frozen=True)
class Expression:
    """An expression, and what it uses.

    Attributes:
        names: Properties and variables, but no functions.
        calls: Functions.
        config: Keys of `stream_map_config` that it cannot do without.
        kinds: The kinds of its parts, as in `ast`.
        is_plain: Whether it is a property as it is, under whatever name.
    """

    names: frozenset[str]
    calls: frozenset[str]
    config: frozenset[str]
    kinds: frozenset[type]
    is_plain: bool

    @classmethod
    def parse(cls, text: str) -> Expression:
        """Read an expression.

        Raises:
            ValueError: It is none; the text says why and quotes nothing.
        """
        try:
            tree = ast.parse(text, mode="eval").body
        except SyntaxError as error:
            where = f"character {error.offset}: " if error.offset else ""
            msg = f"not an expression ({where}{error.msg})"
            raise ValueError(msg) from None
        except (RecursionError, MemoryError):
            msg = "too deeply nested for an expression"
            raise ValueError(msg) from None
        found = _Finder()
        found.visit(tree)
        return cls(
            names=frozenset(found.names - found.bound),
            calls=frozenset(found.calls),
            config=frozenset(found.config),
            kinds=frozenset(found.kinds),
            is_plain=isinstance(tree, ast.Name) or _member(tree, RECORD) is not None,
        )


class _Finder(ast.NodeVisitor):
    """Collects what an expression uses."""

    def __init__(self) -> None:
        self.names: set[str] = set()
        self.bound: set[str] = set()
        self.calls: set[str] = set()
        self.config: set[str] = set()
        self.kinds: set[type] = set()

    def visit(self, node: ast.AST) -> None:
        if isinstance(node, ast.expr) and not isinstance(node, ast.Starred):
            self.kinds.add(type(node))
        of_record, of_config = _member(node, RECORD), _member(node, CONFIG)
        rest: list[ast.AST] = list(ast.iter_child_nodes(node))
        if of_record or of_config:
            # `config.get` can do without the key
            is_call = isinstance(node, ast.Call)
            rest = list(node.args[1:]) if isinstance(node, ast.Call) else []
            if of_record:
                self.names.add(of_record)
            elif of_config and not is_call:
                self.config.add(of_config)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            self.calls.add(node.func.id)
            rest = [*node.args, *node.keywords]
        elif isinstance(node, ast.Name):
            is_bound = isinstance(node.ctx, ast.Store)
            (self.bound if is_bound else self.names).add(node.id)
        for part in rest:
            self.visit(part)


def _member(node: ast.AST, owners: Collection[str]) -> str | None:
    """The name in `owner['name']`, `owner.name` or `owner.get('name')`, if any."""
    owner: ast.AST
    key: ast.AST | None
    if (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "get"
    ):
        owner, key = node.func.value, node.args[0] if node.args else None
    elif isinstance(node, ast.Subscript):
        owner, key = node.value, node.slice
    elif isinstance(node, ast.Attribute) and not hasattr(dict, node.attr):
        owner, key = node.value, ast.Constant(node.attr)
    else:
        return None
    if not (isinstance(owner, ast.Name) and owner.id in owners):
        return None
    if isinstance(key, ast.Constant) and isinstance(key.value, str):
        return key.value
    return None
