"""Cuts what is known to differ out of the bytes of rows, and checks the rest."""

from __future__ import annotations

import re
from collections import Counter
from itertools import groupby
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import UNSET, Raw, UnsetType

from tap_mews.records.drift import ENTRIES
from tap_mews.records.fast_path import attributes_of, compile_fast_path
from tap_mews.records.finder import ObjectFinder, Values
from tap_mews.records.scalars import Day, coerced_type

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from tap_mews.records.drift import Drift, LearnedDrift, Path

MOST_MEMBERS = 64
"""Members or entries of a value that is cut, since `re` remembers each of them."""

DEEPEST = 2
"""Levels of objects and arrays in a value that is cut."""

_NAME = re.compile(r"\w")
"""Begins a name that is cut: nothing like it can follow the end of a string."""

_STRING = rb'"[^"\\\x00-\x1f]*"'
_NUMBER = rb"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?"
"""As JSON has them; strings that hold an escape are not cut."""


class CutPath:
    """Cuts members by name and value, wherever in a row they are.

    That is right, since the schema has no member of such a name, and the rest must pass
    the fast path: so every one has been cut, and each whole.
    """

    def __init__(
        self, schema: Mapping[str, Any], learned: LearnedDrift, kept: str | None
    ) -> None:
        """Compile; only where `can_cut` says so.

        Args:
            schema: Of the rows.
            learned: How they may differ.
            kept: Property to put undocumented properties into, or None to drop them.
        """
        names = {path[-1] for path in learned.unknown}
        self._split = _members_named(names).split if names else None
        self._tails = [_tail_of(path[-1]).sub for path in learned.coerced]
        self._decode = compile_fast_path(schema)
        self._kept = msgspec.json.encode(kept)
        self._keeps = kept is not None
        self._locate = msgspec.json.Decoder(_places(schema, learned.tree)).decode
        self._find = ObjectFinder(schema, learned.tree).find

    def pass_on(self, row: bytes) -> tuple[bytes, bool]:
        """Check a row.

        Returns:
            The row without undocumented properties, or with those that are kept in
            their place; whether it had any.

        Raises:
            msgspec.DecodeError, UnicodeDecodeError, RecursionError: The row needs a
                closer look.
        """
        around = self._split(row) if self._split else [row]
        rest = b"".join(around) if len(around) > 1 else row
        for replace in self._tails:
            rest = replace(b"", rest)
        self._decode(rest)
        if len(around) == 1:
            return rest, False
        _ = row.isascii() or row.decode()  # nothing else checks what was cut
        if self._keeps:
            rest = self._with_values(row, rest, len(around) - 1)
        return rest, True

    def _with_values(self, row: bytes, rest: bytes, count: int) -> bytes:
        """The rest of a row, with what was cut out of it."""
        values: Values = {}
        self._find(self._locate(row), "", values)
        if len(values) != count or not rest.endswith(b"}"):
            msg = "some of it was cut elsewhere"
            raise msgspec.ValidationError(msg)
        return b"%b,%b:%b}" % (rest[:-1], self._kept, msgspec.json.encode(values))


def can_cut(schema: Mapping[str, Any], learned: LearnedDrift) -> bool:
    """Whether names are enough to know what differs."""
    names = Counter(_names(schema))
    return (
        None not in names
        and all(
            names[path[-1]] == 0 and _NAME.match(path[-1]) for path in learned.unknown
        )
        and all(
            names[path[-1]] == 1 and coerced_type(_rule_of(schema, path)) is Day
            for path in learned.coerced
        )
    )


def _names(schema: Mapping[str, Any]) -> Iterator[str | None]:
    """Each name of a schema, at any depth; None for a place where any name can be."""
    if schema.get("additionalProperties"):
        yield None
    for name, rule in (schema.get("properties") or {}).items():
        yield name
        yield from _names(rule)
    if "items" in schema:
        yield from _names(schema["items"])


def _members_named(names: Iterable[str]) -> re.Pattern[bytes]:
    """Matches the members of an object that have one of these names, but the first.

    Names are grouped by their first character, which makes many three times as fast.
    """
    groups = [
        b"%b(?:%b)" % (_escaped(first), b"|".join(_escaped(name[1:]) for name in group))
        for first, group in groupby(sorted(names), lambda name: name[:1])
    ]
    return re.compile(rb',"(?:%b)":%b(?=[,}])' % (b"|".join(groups), _value(DEEPEST)))


def _escaped(text: str) -> bytes:
    return re.escape(text.encode())


def _value(depth: int) -> bytes:
    """Matches a value that is written without white space."""
    scalar = rb"%b|%b|true|false|null" % (_STRING, _NUMBER)
    if depth == 0:
        return rb"(?:%b)" % scalar
    inner, most = _value(depth - 1), MOST_MEMBERS
    members = rb'\{(?:%b:%b(?:,(?=")|(?=\}))){0,%d}\}' % (_STRING, inner, most)
    entries = rb"\[(?:%b(?:,(?!\])|(?=\]))){0,%d}\]" % (inner, most)
    return rb"(?:%b|%b|%b)" % (scalar, members, entries)


def _tail_of(name: str) -> re.Pattern[bytes]:
    """Matches the midnight behind the day that is the value of a property."""
    before = rb'(?<=%b:"[0-9-]{10}T00:00:00)' % re.escape(msgspec.json.encode(name))
    return re.compile(rb'T00:00:00%b(?:\.0+)?(?:Z|\+00:00)?(?=")' % before)


def _rule_of(schema: Mapping[str, Any], path: Path) -> Mapping[str, Any]:
    """What a schema says of a property."""
    for name in path:
        schema = schema["items"] if name == ENTRIES else schema["properties"][name]
    return schema


def _places(schema: Mapping[str, Any], drift: Drift) -> Any:  # noqa: ANN401 - a type expression
    """The type of a row in which only what is undocumented counts."""
    if not drift:
        return Raw
    if "properties" not in schema:
        return list[_places(schema["items"], drift[ENTRIES])] | None  # type: ignore[misc]
    rules, attributes = schema["properties"], attributes_of(schema, drift)
    fields = [
        (
            attributes[name],
            _places(rules.get(name, {}), below) | UnsetType,
            msgspec.field(name=name, default=UNSET),
        )
        for name, below in drift.items()
    ]
    return msgspec.defstruct("Places", fields, gc=False) | None
